package checks

import (
	"math"
	"slices"

	"driftwatch/monitors/profile"
)

// binned is a table of numbers and the edges of its bins.
type binned struct {
	table table
	edges []float64 // between the bins; of bins of equal width also the outer ones
}

// binNumbers divides the numbers of both samples as the parameters say. why says
// why it cannot.
func binNumbers(in Input, cells []profile.Cell) (b binned, why string) {
	if edges := in.Params.Edges; edges != nil {
		return binned{tableUpTo(cells, edges), edges}, ""
	}
	s := spanOf(in)
	if in.Params.Binning == Width {
		return widthBins(cells, s, s.bins(in))
	}
	return quantileBins(cells, s.bins(in)), ""
}

// quantileBins cuts the line into at most k bins of equal frequency in the
// reference. The edges are order statistics of the reference: the i-th is the
// least value with at least i/k of its values at or below it (numpy's
// inverted_cdf). Bins hold their right edge, the outer ones are open, equal
// edges are one and an edge at the reference's maximum is none.
//
// Inside a cell of several values order is unknown. There the edge is the right
// end of the cell, so that the counts are exact for the bins used. A reference's
// grid has edges at the order statistics themselves.
func quantileBins(cells []profile.Cell, k uint64) binned {
	n, _ := cellTotals(cells)
	var (
		b     binned
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
			b.table, b.edges, open = append(b.table, open), append(b.edges, cell.Greatest), bin{}
		}
	}
	b.table = append(b.table, open)
	return b
}

// rankOf is the least number of values that is at least i/k of n.
func rankOf(i, k, n uint64) uint64 {
	whole, rest := n/k, n%k
	return i*whole + (i*rest+k-1)/k
}

// cellTotals returns the number of values on both sides.
func cellTotals(cells []profile.Cell) (r, c uint64) {
	for _, cell := range cells {
		r, c = r+cell.R, c+cell.C
	}
	return r, c
}

// widthBins divides a span into k bins of equal width. As in numpy's histogram,
// whose numbers are to be met, bins hold their left edge and the last one both.
// All values outside the span are one more bin, if there are any.
func widthBins(cells []profile.Cell, s span, k uint64) (binned, string) {
	step := s.width() / float64(k)
	if math.IsInf(step, 0) {
		return binned{}, tooLarge
	}
	edges := make([]float64, 0, k+1)
	for i := range k {
		edges = append(edges, float64(float64(i)*step)+s.least)
	}
	edges = slices.Compact(append(edges, s.greatest))
	upTo := make([]float64, len(edges))
	for i, e := range edges {
		upTo[i] = math.Nextafter(e, math.Inf(-1))
	}
	if upTo[len(upTo)-1] = s.greatest; len(edges) == 1 {
		upTo = []float64{math.Nextafter(s.least, math.Inf(-1)), s.greatest}
	}
	t := tableUpTo(cells, upTo)
	outside := t[0].and(t[len(t)-1])
	if t = t[1 : len(t)-1]; outside != (bin{}) {
		t = append(t, outside)
	}
	return binned{t, edges}, ""
}

// and is two bins as one.
func (b bin) and(o bin) bin {
	return bin{
		r: b.r + o.r, slackR: slack{b.slackR.down + o.slackR.down, b.slackR.up + o.slackR.up},
		c: b.c + o.c, slackC: slack{b.slackC.down + o.slackC.down, b.slackC.up + o.slackC.up},
	}
}

// tableUpTo counts the values up to each of the edges, which ascend, and beyond
// the last. Those of a cell that an edge cuts are divided as if they lay evenly
// in it, with slack, since they may all lie in any of its parts.
func tableUpTo(cells []profile.Cell, edges []float64) table {
	t := make(table, len(edges)+1)
	first := 0
	for _, cell := range cells {
		for first < len(edges) && edges[first] < cell.Least {
			first++
		}
		last := first
		for last < len(edges) && edges[last] < cell.Greatest {
			last++
		}
		divide(t[first:last+1], edges[first:last], cell)
	}
	return t
}

// divide puts the values of a cell into the bins that meet at the edges inside it.
func divide(t table, edges []float64, cell profile.Cell) {
	var r, c uint64
	for i := range t {
		part := 1.0
		if i < len(edges) { // halves, so that no difference is infinite
			part = (edges[i]/2 - cell.Least/2) / (cell.Greatest/2 - cell.Least/2)
		}
		toR, toC := portion(part, cell.R), portion(part, cell.C)
		inR, inC := toR-r, toC-c
		b := bin{r: inR, c: inC}
		if len(edges) > 0 {
			b.slackR, b.slackC = slack{inR, cell.R - inR}, slack{inC, cell.C - inC}
		}
		t[i], r, c = t[i].and(b), toR, toC
	}
}

// portion is a part of n values, rounded.
func portion(part float64, n uint64) uint64 {
	if part >= 1 {
		return n
	}
	return min(n, uint64(math.Round(max(0, part)*float64(n))))
}
