package checks

import (
	"math"
	"math/rand/v2"
	"testing"

	"driftwatch/monitors/profile"
)

// verdict computes one check and judges it alone.
func verdict(t testing.TB, c Check, in Input, alpha float64) bool {
	t.Helper()
	r := c.Compute(in)
	Judge(c.Floor, alpha, []*Result{&r})
	return r.Drift != nil && *r.Drift
}

// TestFalseShares draws nulls at a low rate against a great reference, where
// chi-square would give 3 % false verdicts.
func TestFalseShares(t *testing.T) {
	const alpha, draws = 0.01, 5000
	rng := rand.New(rand.NewPCG(5, 6))
	side := func(nulls, rows int) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Number})
		p.AddRows(uint64(rows))
		p.AddNull(uint64(nulls))
		return p
	}
	c, _ := Find("nulls")
	ref, alarms := side(1000, 1000000), 0
	for range draws {
		nulls := 0
		for range 30 {
			if rng.Float64() < 0.001 {
				nulls++
			}
		}
		if verdict(t, c, Input{Reference: ref, Current: side(nulls, 30)}, alpha) {
			alarms++
		}
	}
	if limit := draws * (alpha + 3*math.Sqrt(alpha/draws)); float64(alarms) > limit {
		t.Errorf("%d false verdicts in %d windows", alarms, draws)
	}
}

// TestOutlierHidesNothing: one value of 1e6 among 10,000 numbers, on either side,
// would make all others one bin of equal width, and a trifle of the standard
// deviation.
func TestOutlierHidesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	draw := func(shift float64, outlier bool) *profile.Profile {
		v := make([]float64, 10000)
		for i := range v {
			v[i] = rng.NormFloat64() + shift
		}
		if outlier {
			v[17] = 1e6
		}
		return capped(v, profile.DefaultBuckets)
	}
	for _, where := range []struct{ reference, window bool }{{true, false}, {false, true}, {true, true}} {
		ref := draw(0, where.reference)
		for _, name := range []string{"ks", "psi", "kl", "js", "hellinger", "wasserstein"} {
			c, _ := Find(name)
			if !verdict(t, c, Input{Reference: ref, Current: draw(0.5, where.window)}, 0.001) {
				t.Errorf("%s: the shift is not found with outliers %+v", name, where)
			}
			if verdict(t, c, Input{Reference: ref, Current: draw(0, where.window)}, 0.001) {
				t.Errorf("%s: a verdict without a shift with outliers %+v", name, where)
			}
		}
	}
}
