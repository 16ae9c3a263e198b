package profile

import (
	"fmt"
	"math"
)

// Cell is a range of values inside which order is unknown; before, between and
// after cells everything is exact. R and C count the values of the reference and
// of the current profile in it. A single known value has Least == Greatest.
type Cell struct {
	Least, Greatest float64
	R, C            uint64
}

// atom is a range of keys, both ends included, of which only the number of
// values is known.
type atom struct {
	least, greatest uint64
	count           uint64
}

// atoms returns all that is known of the order of a number profile's values:
// buckets, split at their ends and at the edges of the grid. Ascending, disjoint
// and not empty.
func (p *Profile) atoms() []atom {
	buckets := p.hist.sorted()
	a := make([]atom, 0, 3*len(buckets)+len(p.tally))
	g := gridWalk{tally: p.tally}
	if p.tally != nil {
		g.edges = p.guide.keys
	}
	var before uint64 // values in earlier buckets
	for i := range buckets {
		b := &buckets[i]
		a = append(a, atom{b.least, b.least, b.leastN})
		if !b.single() {
			if n := b.inner(); n > 0 {
				a = g.split(a, atom{b.least + 1, b.greatest - 1, n}, before+b.leastN)
			}
			a = append(a, atom{b.greatest, b.greatest, b.greatestN})
		}
		before += b.count
	}
	return a
}

// gridWalk goes through a grid's edges in ascending order.
type gridWalk struct {
	edges, tally []uint64
	next         int
	below        uint64 // values up to the edge before next
}

// split appends gap, cut at the edges inside it. before counts the values below
// the gap.
func (g *gridWalk) split(a []atom, gap atom, before uint64) []atom {
	for ; g.next < len(g.edges) && g.edges[g.next] < gap.greatest; g.next++ {
		g.below += g.tally[g.next]
		edge := g.edges[g.next]
		if edge < gap.least {
			continue
		}
		n := g.below - before
		if n > 0 {
			a = append(a, atom{gap.least, edge, n})
		}
		gap.least, gap.count, before = edge+1, gap.count-n, g.below
	}
	if gap.count > 0 {
		a = append(a, gap)
	}
	return a
}

// Align returns the finest cells, ascending and disjoint, in which the counts of
// both number profiles are known. Each side's order is known but for its atoms,
// so atoms of the two that overlap, directly or through others, are one cell.
func Align(r, c *Profile) ([]Cell, error) {
	if r.kind != c.kind || !r.kind.Numeric() {
		return nil, fmt.Errorf("align profiles of numbers: a %v field and a %v field", r.kind, c.kind)
	}
	return join(r.atoms(), c.atoms()), nil
}

// Cells is Align of a number profile with nothing: C is 0.
func (p *Profile) Cells() []Cell {
	if !p.kind.Numeric() {
		return nil
	}
	return join(p.atoms(), nil)
}

// join makes cells of the overlapping atoms of two ascending lists.
func join(r, c []atom) []Cell {
	cells := make([]Cell, 0, max(len(r), len(c)))
	for len(r)+len(c) > 0 {
		least := uint64(math.MaxUint64)
		for _, a := range [2][]atom{r, c} {
			if len(a) > 0 {
				least = min(least, a[0].least)
			}
		}
		var cell Cell
		greatest := least
		for left := -1; left != len(r)+len(c); {
			left = len(r) + len(c)
			r = absorb(r, &greatest, &cell.R)
			c = absorb(c, &greatest, &cell.C)
		}
		cell.Least, cell.Greatest = valueOf(least), valueOf(greatest)
		cells = append(cells, cell)
	}
	return cells
}

// absorb takes the atoms that begin up to greatest, which grows with them, and
// returns the others.
func absorb(a []atom, greatest, count *uint64) []atom {
	for len(a) > 0 && a[0].least <= *greatest {
		*greatest = max(*greatest, a[0].greatest)
		*count += a[0].count
		a = a[1:]
	}
	return a
}
