package checks

import "driftwatch/monitors/profile"

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

// cellTotals returns the number of values on both sides.
func cellTotals(cells []profile.Cell) (r, c uint64) {
	for _, cell := range cells {
		r, c = r+cell.R, c+cell.C
	}
	return r, c
}
