package checks

import (
	"testing"
)

// TestMin finds the least of the values.
func TestMin(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"one":   {[]float64{3}, 3},
		"three": {[]float64{3, -7, 5}, -7},
	} {
		near(t, name, compute(t, "min", Input{Current: numbers(c.values)}).Value, c.want, 1e-15)
	}
	if r := compute(t, "min", Input{Current: numbers(nil)}); r.Skipped != noValues {
		t.Errorf("no values: %+v", r)
	}
}
