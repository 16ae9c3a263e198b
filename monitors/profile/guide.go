package profile

import (
	"math/bits"
	"slices"
)

// guideSize is the greatest number of keys of a guide.
const guideSize = 1024

// Guide is what a reference lends to the windows that are judged against it.
// For numbers it is a grid: ascending quantile keys of the reference, which cut
// the line into right-closed cells. For categories it is the watch list: names
// that are counted one by one at any cardinality. It is immutable and may be
// shared by many profiles.
type Guide struct {
	keys  []uint64 // ascending
	names []string // of the keys, for categories; nil for numbers
}

// Edges returns the grid's edges in ascending order, nil for categories.
func (g *Guide) Edges() []float64 {
	if g.names != nil {
		return nil
	}
	edges := make([]float64, len(g.keys))
	for i, k := range g.keys {
		edges[i] = valueOf(k)
	}
	return edges
}

// Names returns the watched names in the order of their hashes, nil for numbers.
func (g *Guide) Names() []string { return slices.Clone(g.names) }

// Size returns the bytes of memory held.
func (g *Guide) Size() int {
	n := 48 + 8*cap(g.keys) + 16*cap(g.names)
	for _, s := range g.names {
		n += len(s)
	}
	return n
}

func (g *Guide) equal(o *Guide) bool {
	if g == nil || o == nil {
		return g == o
	}
	return g == o || slices.Equal(g.keys, o.keys) && slices.Equal(g.names, o.names)
}

// cell returns how many of the guide's keys are less than k. There is no branch
// on the data: for random keys each would be mispredicted half of the time.
func (g *Guide) cell(k uint64) int {
	base, n := 0, len(g.keys)
	for n > 1 {
		half := n >> 1
		_, less := bits.Sub64(g.keys[base+half-1], k, 0)
		base += half & -int(less)
		n -= half
	}
	_, less := bits.Sub64(g.keys[base], k, 0)
	return base + int(less)
}

// slot returns where key is counted: its cell in a grid; its place in a watch
// list, or the place after the last for names that are not watched.
func (g *Guide) slot(key uint64) int {
	i := g.cell(key)
	if g.names != nil && (i == len(g.keys) || g.keys[i] != key) {
		return len(g.keys)
	}
	return i
}

// slots is the number of counts that a profile with this guide keeps.
func (g *Guide) slots() int { return len(g.keys) + 1 }

// watched returns the place of a hash in a watch list.
func (g *Guide) watched(hash uint64) (int, bool) {
	if g == nil {
		return 0, false
	}
	return slices.BinarySearch(g.keys, hash)
}
