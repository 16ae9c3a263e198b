package profile

import "fmt"

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

func join(r, c []atom) []Cell {
	cells := make([]Cell, 0, max(len(r), len(c)))
	for len(r) > 0 || len(c) > 0 {
		var least, greatest uint64
		if len(c) == 0 || len(r) > 0 && r[0].least <= c[0].least {
			least, greatest = r[0].least, r[0].greatest
		} else {
			least, greatest = c[0].least, c[0].greatest
		}
		var cell Cell
		for {
			if len(r) > 0 && r[0].least <= greatest {
				greatest = max(greatest, r[0].greatest)
				cell.R += r[0].count
				r = r[1:]
			} else if len(c) > 0 && c[0].least <= greatest {
				greatest = max(greatest, c[0].greatest)
				cell.C += c[0].count
				c = c[1:]
			} else {
				break
			}
		}
		cell.Least, cell.Greatest = valueOf(least), valueOf(greatest)
		cells = append(cells, cell)
	}
	return cells
}
