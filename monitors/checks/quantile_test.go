package checks

import (
	"fmt"
	"testing"
)

// TestQuantile: type 7 lies between order statistics.
func TestQuantile(t *testing.T) {
	values := numbers([]float64{1, 2, 3, 10})
	for q, want := range map[float64]float64{0: 2.5, 0.25: 1.75, 0.5: 2.5, 1: 10} {
		near(t, fmt.Sprint("q ", q), compute(t, "quantile", Input{Current: values, Params: Params{Q: q}}).Value, want, 1e-15)
	}
	if r := compute(t, "quantile", Input{Current: numbers(nil)}); r.Skipped != noValues {
		t.Errorf("no values: %+v", r)
	}
}
