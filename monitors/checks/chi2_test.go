package checks

import (
	"math"
	"testing"
)

func TestChi2Golden(t *testing.T) {
	golden(t, "chi2", []expectation{
		{"category_rare_group_below_5", "pearson_without_rare", "value"},
		{"chi2_join_three", "pearson", "value"},
		{"chi2_join_three", "p_value", "p"},
		{"cramers_v_unbalanced", "pearson", "value"},
		{"cramers_v_unbalanced", "p_value", "p"},
		{"category_plain", "pearson", "value"},
		{"category_plain", "p_value", "p"},
	})
}

// TestChi2Published holds the example of scipy.
func TestChi2Published(t *testing.T) {
	got := testCategories(tableOf([]uint64{10, 10, 20}, []uint64{20, 20, 20}))
	near(t, "x", got.pearson, 2.7777777777777777, 1e-12)
	near(t, "p", got.p, 0.24935220877729619, 1e-12)
}

// TestChi2Effect: it is what is left of Cramer's V at equal sizes after b/4.
func TestChi2Effect(t *testing.T) {
	for name, k := range map[string]float64{"chi2_join_three": 4, "cramers_v_unbalanced": 2} {
		c := goldenCases(t)[name]
		in := Input{Reference: c.side(t, c.Input.Reference), Current: c.side(t, c.Input.Current)}
		nr, nc := float64(in.Reference.Counts().Present), float64(in.Current.Counts().Present)
		b, v := (k-1)*(1/nr+1/nc), c.want(t, "effect_chi2_before_debiasing")
		near(t, name, *compute(t, "chi2", in).Effect, math.Sqrt(v*v-b/4), 1e-12)
	}
}
