package profile

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"
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
	tree  []uint64 // for numbers: the keys as a binary tree, the children of i are 2i and 2i+1
	depth int      // of the tree
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
	n := int(unsafe.Sizeof(*g)) + 8*cap(g.keys) + 8*cap(g.tree) + 16*cap(g.names)
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

// newGuide makes a guide of ascending keys, with their names for categories.
func newGuide(keys []uint64, names []string) *Guide {
	g := &Guide{keys: keys, names: names, depth: bits.Len(uint(len(keys)))}
	if names != nil {
		return g
	}
	g.tree = make([]uint64, 1<<g.depth)
	g.plant(1, keys)
	return g
}

// plant writes keys to the tree in its order and returns those left for the nodes
// to the right; where there are none, nodes are beyond all keys.
func (g *Guide) plant(node int, keys []uint64) []uint64 {
	if node >= len(g.tree) {
		return keys
	}
	keys = g.plant(2*node, keys)
	g.tree[node] = math.MaxUint64
	if len(keys) > 0 {
		g.tree[node], keys = keys[0], keys[1:]
	}
	return g.plant(2*node+1, keys)
}

// cell returns how many of a grid's keys are less than k. There is no branch on
// the data: for random keys each would be mispredicted half of the time.
func (g *Guide) cell(k uint64) int {
	node := uint64(1)
	for range g.depth {
		_, less := bits.Sub64(g.tree[node], k, 0)
		node = 2*node + less
	}
	return int(node) - len(g.tree)
}

// cells4 is cell for four keys at once: each step of a search waits for the one
// before, so the processor has time for the steps of three others.
func (g *Guide) cells4(k *[4]uint64) [4]int {
	a, b, c, d := uint64(1), uint64(1), uint64(1), uint64(1)
	k0, k1, k2, k3 := k[0], k[1], k[2], k[3]
	tree := g.tree
	for range g.depth {
		_, l0 := bits.Sub64(tree[a], k0, 0)
		_, l1 := bits.Sub64(tree[b], k1, 0)
		_, l2 := bits.Sub64(tree[c], k2, 0)
		_, l3 := bits.Sub64(tree[d], k3, 0)
		a, b, c, d = 2*a+l0, 2*b+l1, 2*c+l2, 2*d+l3
	}
	n := len(tree)
	return [4]int{int(a) - n, int(b) - n, int(c) - n, int(d) - n}
}

// count adds keys to the counts of the guide's slots.
func (g *Guide) count(tally, keys []uint64) {
	if g.names == nil {
		for ; len(keys) >= 4; keys = keys[4:] {
			for _, i := range g.cells4((*[4]uint64)(keys)) {
				tally[i]++
			}
		}
	}
	for _, k := range keys {
		tally[g.slot(k)]++
	}
}

// slot returns where key is counted: its cell in a grid; its place in a watch
// list, or the place after the last for names that are not watched.
func (g *Guide) slot(key uint64) int {
	if g.names == nil {
		return g.cell(key)
	}
	if i, ok := slices.BinarySearch(g.keys, key); ok {
		return i
	}
	return len(g.keys)
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
