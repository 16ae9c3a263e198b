package checks

import (
	"math"
	"testing"
)

func TestKLGolden(t *testing.T) {
	golden(t, "kl", []expectation{
		{"number_10_bins", "kl", "value"},
		{"number_three_values", "kl", "value"},
		{"category_empty_and_unseen", "kl", "value"},
		{"category_plain", "kl", "value"},
	})
}

// TestKLPublished holds the example of Hopsworks.
func TestKLPublished(t *testing.T) {
	near(t, "kl", sumOf(klDivergence, hopsworks()), 0.3348, 1e-3)
}

// TestKLTerm: values from their closed forms, and none of the digits is lost
// where the two meet, or near 0.
func TestKLTerm(t *testing.T) {
	near(t, "-1", klTerm(-1), 1, 0)
	near(t, "0", klTerm(0), 0, 0)
	near(t, "1", klTerm(1), 2*math.Ln2-1, 1e-15)
	near(t, "1e-8", klTerm(1e-8), 0.5e-16*(1-1e-8/3), 1e-15)
	near(t, "-1e-8", klTerm(-1e-8), 0.5e-16*(1+1e-8/3), 1e-15)
	for _, x := range []float64{0.05, -0.05} {
		direct := (1+x)*math.Log1p(x) - x
		near(t, "series", klTerm(x), direct, 1e-13)
	}
}
