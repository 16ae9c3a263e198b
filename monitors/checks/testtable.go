package checks

import (
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"driftwatch/monitors/profile"
)

// tested is a test table with its p-value.
type tested struct {
	table   table
	pearson float64 // without the group of rare categories if that is left out of it
	p       float64
	careful float64 // at least p: what the verdict believes, see skewedTail
	ok      bool    // false: too few values or categories, there is no test
}

// report adds the p-value to a result, and that of the verdict where it matters.
func (t tested) report(r *Result) {
	r.tested(t.p, t.careful)
}

// tested adds a p-value, and the one that the verdict believes where that is
// greater and it matters.
func (r *Result) tested(p, careful float64) {
	r.PValue = ptr(p)
	if p < mayMatter && careful > p {
		r.PVerdict = ptr(careful)
	}
}

// mayMatter is a p-value above which no verdict is given.
const mayMatter = 0.05

// testBins is the number of bins of the table that numbers are tested with. It
// depends on the sizes alone: bins joined because of what the window holds
// would select, and reject too often.
func testBins(nr, nc uint64) uint64 { return min(defaultBins, min(nr, nc)/10) }

// testNumbers tests the bins of numbers. Where many values are equal an edge can
// come to lie just beside them, and the bin between them holds next to nothing of
// the reference: such bins are the rare ones. That too depends on the reference
// alone.
func testNumbers(cells []profile.Cell) tested {
	nr, nc := cellTotals(cells)
	k := testBins(nr, nc)
	if k < 2 {
		return tested{}
	}
	part := float64(min(nr, nc)) / float64(nr)
	return testTable(quantileBins(cells, k).table, func(b bin) bool { return float64(b.r)*part < rareBelow })
}

// rareBelow is the expected count in the smaller sample below which a category
// is too rare for the chi-square approximation.
const rareBelow = 5

// testCategories tests the categories of both samples. Which of them are rare
// depends on their sums over both samples, which say nothing of the difference.
func testCategories(t table) tested {
	r, c := t.totals()
	part := float64(min(r, c)) / (float64(r) + float64(c))
	return testTable(t, func(b bin) bool { return (float64(b.r)+float64(b.c))*part < rareBelow })
}

// testTable is Pearson's test of a table whose rare bins form a group. A group
// that is rare itself is left out of it and put to Fisher's exact test against
// all others, and the p-values of the two are combined by Bonferroni's rule.
func testTable(t table, isRare func(bin) bool) tested {
	var common table
	var rare bin
	for _, b := range t {
		if isRare(b) {
			rare.r, rare.c = rare.r+b.r, rare.c+b.c
		} else {
			common = append(common, b)
		}
	}
	r, c := t.totals()
	all := slices.Concat(common, table{rare})
	switch {
	case rare.r+rare.c == 0:
		return pearsonTest(common)
	case !isRare(rare):
		return pearsonTest(all)
	}
	result := tested{p: 1, careful: 1}
	if len(common) > 0 {
		result = pearsonTest(common)
	}
	apart := fisher(rare.r, r-rare.r, rare.c, c-rare.c)
	result.table, result.ok = all, len(common) >= 1
	result.p, result.careful = min(1, 2*min(result.p, apart)), min(1, 2*min(result.careful, apart))
	return result
}

func pearsonTest(t table) tested {
	if r, c := t.totals(); r == 0 || c == 0 { // all of a side is in the rare group
		return tested{table: t, p: 1, careful: 1}
	}
	x := t.pearson()
	p := chiSquareTail(x, len(t)-1)
	return tested{table: t, pearson: x, p: p, careful: max(p, skewedTail(t, x)), ok: len(t) >= 2}
}

// chiSquareTail is the probability that chi-square with df degrees of freedom
// is at least x.
func chiSquareTail(x float64, df int) float64 {
	if x <= 0 || df <= 0 {
		return 1
	}
	return min(1, max(leastP, distuv.ChiSquared{K: float64(df)}.Survival(x)))
}
