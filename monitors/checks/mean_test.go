package checks

import (
	"testing"
)

// TestMean: the sum is exact; one in floating-point numbers would be 0.
func TestMean(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"one":              {[]float64{3}, 3},
		"one that cancels": {[]float64{1e16, 1, -1e16}, 1.0 / 3},
	} {
		near(t, name, compute(t, "mean", Input{Current: numbers(c.values)}).Value, c.want, 1e-15)
	}
	if r := compute(t, "mean", Input{Current: numbers(nil)}); r.Skipped != noValues {
		t.Errorf("no values: %+v", r)
	}
}
