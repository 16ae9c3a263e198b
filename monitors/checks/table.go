package checks

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"driftwatch/monitors/profile"
)

// bin counts the values of the reference and of the window in one bin of
// numbers or in one category.
type bin struct {
	r, c   uint64
	joined bool // several categories, of which only the sum is known
}

// table is a contingency table of two samples.
type table []bin

func (t table) totals() (r, c uint64) {
	for _, b := range t {
		r, c = r+b.r, c+b.c
	}
	return r, c
}

// chance is what sampling alone adds to the PSI of two samples of the same
// distribution: (K-1)(1/n_r + 1/n_c) with K bins.
func (t table) chance() float64 {
	r, c := t.totals()
	return float64(len(t)-1) * (1/float64(r) + 1/float64(c))
}

// pearson returns Pearson's chi-square statistic, without Yates' correction.
func (t table) pearson() float64 {
	r, c := t.totals()
	nr, nc := float64(r), float64(c)
	sum := 0.0
	for _, b := range t {
		// The two cells of a bin deviate from their expected counts by the
		// same number d, in opposite directions.
		n := float64(b.r) + float64(b.c)
		d := float64(b.c) - nc/(nr+nc)*n
		sum += float64(d*d) / n * ((nr + nc) / nr) * ((nr + nc) / nc)
	}
	return sum
}

// chiSquareTail is the probability that chi-square with df degrees of freedom
// is at least x.
func chiSquareTail(x float64, df int) float64 {
	switch {
	case x <= 0 || df <= 0:
		return 1
	default:
		return min(1, max(leastP, mathext.GammaIncRegComp(float64(df)/2, x/2)))
	}
}

// numberTable cuts the line into at most k bins of equal frequency in the
// reference. The edges are order statistics of the reference: the i-th is the
// least value with at least i/k of its values at or below it (numpy's
// inverted_cdf). Bins hold their right edge, the outer ones are open, equal
// edges are one and an edge at the reference's maximum is none.
//
// Inside a cell of several values order is unknown. There the edge is the right
// end of the cell, so that the counts are exact for the bins used. A reference's
// grid has edges at the order statistics themselves.
func numberTable(cells []profile.Cell, k uint64) table {
	n, _ := cellTotals(cells)
	var (
		t     table
		open  bin
		below uint64 // reference values up to the end of the cell
		edge  = uint64(1)
	)
	for _, cell := range cells {
		open.r, open.c = open.r+cell.R, open.c+cell.C
		below += cell.R
		isEdge := false
		for ; edge < k && rankOf(edge, k, n) <= below; edge++ {
			isEdge = true
		}
		if isEdge && below < n {
			t, open = append(t, open), bin{}
		}
	}
	return append(t, open)
}

// rankOf is the least number of values that is at least i/k of n.
func rankOf(i, k, n uint64) uint64 {
	whole, rest := n/k, n%k
	return i*whole + (i*rest+k-1)/k
}

// testBins is the number of bins of the table that numbers are tested with. It
// depends on the sizes alone: bins joined because of what the window holds
// would select, and reject too often.
func testBins(nr, nc uint64) uint64 { return min(defaultBins, min(nr, nc)/10) }

// cellTotals returns the number of values on both sides.
func cellTotals(cells []profile.Cell) (r, c uint64) {
	for _, cell := range cells {
		r, c = r+cell.R, c+cell.C
	}
	return r, c
}

// tested is a test table with its p-value.
type tested struct {
	table   table
	pearson float64 // without the group of rare categories if that is left out of it
	p       float64
	ok      bool // false: too few values or categories, there is no test
}

func testNumbers(cells []profile.Cell) tested {
	k := testBins(cellTotals(cells))
	if k < 2 {
		return tested{}
	}
	t := numberTable(cells, k)
	x := t.pearson()
	return tested{table: t, pearson: x, p: chiSquareTail(x, len(t)-1), ok: len(t) >= 2}
}

// rareBelow is the expected count in the smaller sample below which a category
// is too rare for the chi-square approximation.
const rareBelow = 5

// testCategories tests the categories of both samples. Rare ones form a group;
// a group that is rare itself is left out of Pearson's test and put to Fisher's
// exact test against all others, and the p-values of the two are combined by
// Bonferroni's rule. (Which categories are rare depends on their sums over both
// samples, which say nothing of the difference.)
func testCategories(t table) tested {
	r, c := t.totals()
	part := float64(min(r, c)) / (float64(r) + float64(c))
	var common table
	var rare bin
	for _, b := range t {
		if (float64(b.r)+float64(b.c))*part < rareBelow {
			rare.r, rare.c = rare.r+b.r, rare.c+b.c
		} else {
			common = append(common, b)
		}
	}
	if rare.r+rare.c == 0 {
		x := common.pearson()
		return tested{common, x, chiSquareTail(x, len(common)-1), len(common) >= 2}
	}
	all := slices.Concat(common, table{rare})
	if (float64(rare.r)+float64(rare.c))*part >= rareBelow {
		x := all.pearson()
		return tested{all, x, chiSquareTail(x, len(all)-1), len(all) >= 2}
	}
	x := 0.0
	if len(common) > 0 {
		x = common.pearson()
	}
	p := min(chiSquareTail(x, len(common)-1), fisher(rare.r, r-rare.r, rare.c, c-rare.c))
	return tested{all, x, min(1, 2*p), len(all) >= 2}
}

// smoothed returns the shares of each bin in both samples, 0.5 added to both
// counts of the bins that are empty on either side.
func (t table) smoothed() (p, q []float64) {
	p, q = make([]float64, len(t)), make([]float64, len(t))
	var nr, nc float64
	for i, b := range t {
		p[i], q[i] = float64(b.r), float64(b.c)
		if b.r == 0 || b.c == 0 {
			p[i], q[i] = p[i]+0.5, q[i]+0.5
		}
		nr, nc = nr+p[i], nc+q[i]
	}
	for i := range t {
		p[i], q[i] = p[i]/nr, q[i]/nc
	}
	return p, q
}

// shares calls f with the two shares of each bin.
func (t table) shares(f func(p, q float64, joined bool)) {
	r, c := t.totals()
	for _, b := range t {
		f(float64(b.r)/float64(r), float64(b.c)/float64(c), b.joined)
	}
}

func (t table) psi() float64 {
	sum := 0.0
	p, q := t.smoothed()
	for i := range t {
		sum += (q[i] - p[i]) * math.Log(q[i]/p[i])
	}
	return max(0, sum)
}

func (t table) kl() float64 {
	sum := 0.0
	p, q := t.smoothed()
	for i := range t {
		sum += q[i] * math.Log(q[i]/p[i])
	}
	return max(0, sum)
}

// The divergences below can only grow when a bin of several categories is
// divided. So they are known to lie between what the bins give and what they
// would give if no category of a joined bin were in both samples.

// jsd is the Jensen-Shannon divergence in bits.
func (t table) jsd() (low, high float64) {
	return t.bounds(func(p, q float64) float64 {
		sum := 0.0
		if p > 0 {
			sum += p * math.Log2(2*p/(p+q))
		}
		if q > 0 {
			sum += q * math.Log2(2*q/(p+q))
		}
		return sum / 2
	})
}

// hellinger2 is the square of the Hellinger distance: 1 - sum sqrt(p q),
// written so that equal samples give 0.
func (t table) hellinger2() (low, high float64) {
	return t.bounds(func(p, q float64) float64 {
		d := math.Sqrt(p) - math.Sqrt(q)
		return d * d / 2
	})
}

// v2 is the square of Cramer's V as it would be if the samples were of equal
// size.
func (t table) v2() (low, high float64) {
	return t.bounds(func(p, q float64) float64 { return (p - q) * (p - q) / (p + q) / 2 })
}

func (t table) bounds(term func(p, q float64) float64) (low, high float64) {
	t.shares(func(p, q float64, joined bool) {
		x := term(p, q)
		low += x
		if joined {
			x = (p + q) / 2 // what all three terms are at most
		}
		high += x
	})
	return min(1, max(0, low)), min(1, max(0, high))
}
