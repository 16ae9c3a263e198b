package checks

import (
	"testing"
)

// TestMax finds the greatest of the values.
func TestMax(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"one":   {[]float64{-3}, -3},
		"three": {[]float64{3, -7, 5}, 5},
	} {
		near(t, name, compute(t, "max", Input{Current: numbers(c.values)}).Value, c.want, 1e-15)
	}
	if r := compute(t, "max", Input{Current: numbers(nil)}); r.Skipped != noValues {
		t.Errorf("no values: %+v", r)
	}
}
