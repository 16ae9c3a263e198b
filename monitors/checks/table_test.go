package checks

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/monitors/profile"
)

func TestTableNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		if seen[c.Name] || c.Summary == "" || c.Compute == nil {
			t.Errorf("%q stands twice or is incomplete", c.Name)
		}
		seen[c.Name] = true
	}
	for _, name := range Expand("schema") {
		if !seen[name] {
			t.Errorf("schema stands for %q, which is no check", name)
		}
	}
	if got := Expand("ks"); len(got) != 1 || got[0] != "ks" {
		t.Errorf("ks stands for %v", got)
	}
	for _, c := range []struct {
		name string
		p    Params
		want string
	}{
		{"quantile", Params{Q: 0.99}, "quantile_0.99"}, {"quantile", Params{Q: 0.5}, "quantile"}, {"quantile", Params{}, "quantile"},
		{"psi", Params{Bins: 20}, "psi_20"}, {"psi", Params{Bins: 10, Q: 0.9}, "psi"}, {"ks", Params{Bins: 20, Q: 0.9}, "ks"},
	} {
		if got := Key(c.name, c.p); got != c.want {
			t.Errorf("%s with %+v: got %q, want %q", c.name, c.p, got, c.want)
		}
	}
	for kind, want := range map[profile.Kind][2]string{
		profile.Number:   {"ks", "unseen"},
		profile.Category: {"chi2", "range"},
		profile.Boolean:  {"unseen", "pattern"},
		profile.Text:     {"pattern", "chi2"},
	} {
		names := strings.Join(Defaults(kind), " ") + " "
		if !strings.Contains(names, want[0]+" ") || strings.Contains(names, want[1]+" ") || strings.Contains(names, "volume") {
			t.Errorf("%v has %s by default", kind, names)
		}
	}
}

// TestEachCheckHasItsFile: a check, its test and its page are found by its name.
func TestEachCheckHasItsFile(t *testing.T) {
	for _, c := range All() {
		source, err := os.ReadFile(c.Name + ".go")
		if err != nil || !bytes.Contains(source, fmt.Appendf(nil, "Name: %q", c.Name)) {
			t.Errorf("%s.go does not hold the row of the check: %v", c.Name, err)
		}
		for _, name := range []string{c.Name + "_test.go", filepath.Join(docs, c.Name+".md")} {
			if _, err := os.Stat(name); err != nil {
				t.Error(err)
			}
		}
	}
}
