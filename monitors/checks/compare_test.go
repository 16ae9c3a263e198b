package checks

import (
	"fmt"
	"strings"
	"testing"

	"driftwatch/monitors/profile"
)

// several returns the profile of n values out of so many, evenly.
func several(n, values int, name string) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Text})
	for i := range n {
		p.AddRows(1)
		p.ObserveCategory(fmt.Appendf(nil, "%s-%d", name, i%values))
	}
	return p
}

// TestTooManyValues: of ids and free text nothing can be said, and that is said;
// of what repeats enough, or changed for certain, it is.
func TestTooManyValues(t *testing.T) {
	constant := several(500, 1, "id")
	for _, c := range []struct {
		name    string
		r, c    *profile.Profile
		skipped bool
	}{
		{"ids", several(30000, 30000, "id"), several(3000, 3000, "new"), true},
		{"few ids", several(1000, 1000, "id"), several(500, 500, "new"), true},
		{"ids that come again", several(60000, 6000, "id"), several(60000, 6000, "id"), true},
		{"ids that are all one", several(30000, 30000, "id"), constant, false},
		{"a constant", constant, constant, false},
		{"a hundred values", several(1000, 100, "id"), several(1000, 100, "id"), false},
		{"a handful once each", several(5, 5, "id"), several(5, 5, "id"), false},
	} {
		for _, check := range []string{"psi", "kl", "js", "hellinger"} {
			r := compute(t, check, Input{Reference: c.r, Current: c.c})
			if strings.HasPrefix(r.Skipped, "too many distinct values") != c.skipped || r.Uncertain {
				t.Errorf("%s of %s: %+v", check, c.name, r)
			}
		}
	}
	r := compute(t, "unseen", Input{Reference: several(30000, 30000, "id"), Current: several(3000, 3000, "new")})
	if !strings.HasPrefix(r.Skipped, "too many distinct values") {
		t.Errorf("unseen ids: %+v", r)
	}
	all := compute(t, "js", Input{Reference: several(30000, 30000, "id"), Current: constant})
	if Judge(distanceFloor, 0.001, []*Result{&all}); !*all.Drift {
		t.Errorf("all became one: %+v", all)
	}
}
