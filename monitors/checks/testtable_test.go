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
