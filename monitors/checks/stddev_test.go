package checks

import (
	"testing"
)

// TestStdDev: it is divided by n, and loses nothing far from 0.
func TestStdDev(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"one":      {[]float64{3}, 0},
		"two":      {[]float64{1, 3}, 1},
		"far away": {[]float64{1e9 + 1, 1e9 + 3}, 1},
	} {
		near(t, name, compute(t, "stddev", Input{Current: numbers(c.values)}).Value, c.want, 1e-15)
	}
	if r := compute(t, "stddev", Input{Current: numbers(nil)}); r.Skipped != noValues {
		t.Errorf("no values: %+v", r)
	}
}
