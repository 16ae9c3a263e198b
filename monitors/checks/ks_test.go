package checks

import (
	"testing"

	"driftwatch/monitors/profile"
)

func TestKSGolden(t *testing.T) {
	golden(t, "ks", []expectation{
		{"ks_ties_exact", "ks", "value"},
		{"ks_ties_exact", "p_value", "p"},
		{"ks_above_1e6", "ks", "value"},
		{"ks_above_1e6", "p_value", "p"},
		{"number_three_values", "ks", "value"},
		{"wasserstein_small", "ks", "value"},
		{"wasserstein_small", "p_value", "p"},
		{"signed_zero", "ks", "value"},
		{"signed_zero", "p_value", "p"},
	})
}

// TestKSPublished: the asymptotic p-value of this example is 0.0493.
func TestKSPublished(t *testing.T) {
	d := distance(align(t,
		[]float64{38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0},
		[]float64{39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8}))
	near(t, "D", d.low, 0.625, 0)
	near(t, "p", d.pValue(), 0.08702408702408701, 1e-12) // the asymptotic one is 0.0493
}

// TestKSUncertain: two constants in one bucket may be the same or not. That is
// said, and is no alarm; two far apart are certain.
func TestKSUncertain(t *testing.T) {
	ks, _ := Find("ks")
	spread := func(from float64) *profile.Profile {
		v := make([]float64, 500)
		for i := range v {
			v[i] = from + float64(i%100)/1000
		}
		return capped(v, 1)
	}
	for _, c := range []struct {
		name             string
		r, c             *profile.Profile
		uncertain, drift bool
	}{
		{"inside one bucket", spread(1), spread(1.03), true, false},
		{"far apart", spread(1), spread(1000), false, true},
	} {
		r := ks.Compute(Input{Reference: c.r, Current: c.c})
		Judge(ks.Floor, 0.001, []*Result{&r})
		if r.Uncertain != c.uncertain || *r.Drift != c.drift {
			t.Errorf("%s: %v in [%v, %v], uncertain %v, drift %v", c.name, r.Value, r.Low, r.High, r.Uncertain, *r.Drift)
		}
	}
}
