package checks

import (
	"testing"
)

func TestDistancesNeedTwentyValues(t *testing.T) {
	nineteen, twenty := make([]float64, 19), make([]float64, 20)
	for i := range twenty {
		twenty[i] = float64(i)
	}
	copy(nineteen, twenty)
	for _, c := range []struct {
		r, c []float64
		test bool
	}{{twenty, twenty, true}, {nineteen, twenty, false}, {twenty, nineteen, false}} {
		got := testNumbers(align(t, c.r, c.c))
		if got.ok != c.test {
			t.Errorf("%d against %d values: tested %v", len(c.c), len(c.r), got.ok)
		}
	}
}

// TestSliverOfABin: 2,990 of 5,000 values are zero, so the edge of the third
// fifth is the tenth value above, and the bin below it expects a tenth of a value
// in a window of 50. Two values there have a probability of 0.0047; Pearson's
// approximation makes it 1e-6.
func TestSliverOfABin(t *testing.T) {
	reference := make([]float64, 5000)
	for i := range reference[2990:] {
		reference[2990+i] = 0.001 + float64(i)/2000
	}
	window := func(zeros, sliver int) []float64 {
		v := make([]float64, 50)
		for i := range v[zeros:] {
			v[zeros+i] = 0.01 + float64(i)/20
		}
		for i := range sliver {
			v[49-2*i] = 0.002
		}
		return v
	}
	for _, c := range []struct {
		zeros, sliver int
		least, most   float64 // of the p-value
	}{{30, 0, 0.9, 1}, {30, 1, 0.1, 0.5}, {30, 2, 0.0047, 0.02}, {30, 8, 0, 1e-9}, {10, 0, 0, 1e-4}} {
		got := testNumbers(align(t, reference, window(c.zeros, c.sliver)))
		if !got.ok || got.p < c.least || got.p > c.most {
			t.Errorf("%d zeros, %d just above: p-value %v, not in [%v, %v]", c.zeros, c.sliver, got.p, c.least, c.most)
		}
	}
}
