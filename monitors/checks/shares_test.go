package checks

import (
	"testing"

	"driftwatch/monitors/profile"
)

// promise is what must come of a limit.
type promise struct {
	limits    Limits
	value     float64
	violation bool
	skipped   string
}

// testPromises computes a share of a window of 100 rows, of which 5 are null, 1
// is invalid, 4 lack the field and 2 are out of range. What the user wrote is
// broken with and without a reference.
func testPromises(t *testing.T, name string, cases []promise) {
	t.Helper()
	cur := profile.New(profile.Options{Kind: profile.Number})
	cur.AddRows(100)
	cur.AddNull(5)
	cur.AddInvalid(1)
	cur.ObserveNumbers(make([]float64, 90))
	cur.AddOutOfRange(2)
	for _, c := range cases {
		for _, ref := range []*profile.Profile{nil, cur} {
			check, _ := Find(name)
			r := check.Compute(Input{Reference: ref, Current: cur, Limits: c.limits})
			Judge(check.Floor, 0.001, []*Result{&r})
			if r.Value != c.value || r.Violation != c.violation || r.Skipped != c.skipped {
				t.Errorf("%s with %+v: got %+v", name, c.limits, r)
			}
			if drift := r.Drift != nil && *r.Drift; drift != c.violation {
				t.Errorf("%s with %+v: drift %v", name, c.limits, drift)
			}
			if tested := r.PValue != nil; tested != (ref != nil && c.skipped == "") {
				t.Errorf("%s with %+v: p-value known: %v", name, c.limits, tested)
			}
		}
	}
}
