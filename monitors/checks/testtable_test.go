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

// TestSkewedTail: it is chi-square's where all counts are great, and greater where
// some are small, as the statistic itself is there.
func TestSkewedTail(t *testing.T) {
	great := tableOf([]uint64{4e8, 3e8, 2e8, 1e8}, []uint64{4e8, 3e8, 2e8, 1e8})
	small := tableOf([]uint64{40000, 1000, 1000, 1000, 1000}, []uint64{200, 5, 5, 5, 5})
	for _, x := range []float64{0.1, 3, 10, 30, 300} {
		near(t, "tail of great counts", skewedTail(great, x), chiSquareTail(x, 3), 1e-4)
	}
	for _, c := range []struct{ x, least, most float64 }{{10, 1, 1.3}, {20, 2, 4}, {30, 5, 15}} {
		if ratio := skewedTail(small, c.x) / chiSquareTail(c.x, 4); ratio < c.least || ratio > c.most {
			t.Errorf("at %v: the tail is %v times that of chi-square", c.x, ratio)
		}
	}
	if p := skewedTail(tableOf([]uint64{3}, []uint64{4}), 0); p != 1 {
		t.Errorf("one bin: %v", p)
	}
}

// TestVerdictTakesTheGreaterPValue: what is reported stays chi-square.
func TestVerdictTakesTheGreaterPValue(t *testing.T) {
	r := tableOf([]uint64{40000, 1000, 1000, 1000, 1000}, []uint64{192, 14, 6, 6, 6})
	got := testCategories(r)
	var result Result
	got.report(&result)
	near(t, "p-value", *result.PValue, chiSquareTail(r.pearson(), 4), 1e-12)
	if result.PVerdict == nil || !(*result.PVerdict > *result.PValue) {
		t.Fatalf("of %v the verdict takes %v", *result.PValue, result.PVerdict)
	}
	result.Effect = ptr(1.0)
	between := (*result.PVerdict + *result.PValue) / 2
	if Judge(0.1, between, []*Result{&result}); *result.Drift {
		t.Errorf("at %v: drift by the smaller of %v and %v", between, *result.PValue, *result.PVerdict)
	}
	if Judge(0.1, *result.PVerdict, []*Result{&result}); !*result.Drift {
		t.Error("no drift at the greater one")
	}
}
