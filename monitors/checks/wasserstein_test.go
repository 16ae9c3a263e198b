package checks

import (
	"testing"
)

func TestWassersteinGolden(t *testing.T) {
	golden(t, "wasserstein", []expectation{
		{"number_10_bins", "wasserstein", "value"},
		{"wasserstein_small", "wasserstein", "value"},
		{"wasserstein_small", "effect_ddof0", "effect"},
	})
}

// TestWassersteinPublished holds the example of scipy.
func TestWassersteinPublished(t *testing.T) {
	low, high := area(align(t, []float64{0, 1, 3}, []float64{5, 6, 8}))
	near(t, "low", low, 5, 1e-15)
	near(t, "high", high, 5, 1e-15)
}
