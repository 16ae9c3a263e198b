package checks

import (
	"testing"

	"driftwatch/monitors/profile"
)

func TestNullsPromise(t *testing.T) {
	zero, some := 0.0, 0.05
	testPromises(t, "nulls", []promise{
		{Limits{}, 0.05, false, ""},
		{Limits{Nulls: &some}, 0.05, false, ""},
		{Limits{Nulls: &zero}, 0.05, true, ""},
	})
}

// TestNullsGolden: the second reference is so great that chi-square would be far
// off.
func TestNullsGolden(t *testing.T) {
	for _, c := range []struct {
		kr, nr, kc, nc uint64
		value, p       float64
	}{
		{5, 2000, 3, 50, 0.06, 0.0007019565298665207},
		{1000, 1000000, 1, 30, 1.0 / 30, 0.029597722251734782},
	} {
		side := func(nulls, rows uint64) *profile.Profile {
			p := profile.New(profile.Options{Kind: profile.Number})
			p.AddRows(rows)
			p.AddNull(nulls)
			return p
		}
		r := compute(t, "nulls", Input{Reference: side(c.kr, c.nr), Current: side(c.kc, c.nc)})
		near(t, "value", r.Value, c.value, 1e-12)
		near(t, "p", *r.PValue, c.p, 1e-9)
	}
}
