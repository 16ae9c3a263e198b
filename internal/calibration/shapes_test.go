package calibration

import "testing"

// TestWidths: bounds hold the truth whatever the shape, and are as narrow as the
// manual promises: of ks 0.005 on smooth values, and 0.002 on all with a grid.
func TestWidths(t *testing.T) {
	for _, w := range Widths(1, 100_000) {
		if !w.Honest {
			t.Errorf("%s, grid %v: an exact statistic is outside its bounds", w.Shape, w.Grid)
		}
		switch {
		case w.Grid && (w.KS > 0.002 || w.Quantile > 0.002):
			t.Errorf("%s with a grid: %+v", w.Shape, w)
		case w.Smooth && (w.KS > 0.005 || w.Quantile > 0.005):
			t.Errorf("%s: %+v", w.Shape, w)
		}
	}
}
