package profile

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// The greatest number of keys: of a grid, those of a full binary tree.
const (
	treeDepth = 10
	gridSize  = 1<<treeDepth - 1
	watchSize = 1024
	startBits = 10
)

// Guide is what a reference lends to the windows that are judged against it.
// For numbers it is a grid: ascending quantile keys of the reference, which cut
// the line into right-closed cells. For categories it is the watch list: names
// that are counted one by one at any cardinality. It is immutable and may be
// shared by many profiles.
type Guide struct {
	keys   []uint64                  // ascending
	names  []string                  // of the keys, for categories; nil for numbers
	starts *[1<<startBits + 1]uint16 // for categories: where hashes begin with their first bits
	tree   *[gridSize + 1]uint64     // for numbers: the keys as a binary tree; the children of node i are 2i and 2i+1
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
	n := int(unsafe.Sizeof(*g)) + 8*cap(g.keys) + 16*cap(g.names)
	if g.tree != nil {
		n += int(unsafe.Sizeof(*g.tree))
	} else {
		n += int(unsafe.Sizeof(*g.starts))
	}
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

// newGuide makes a guide of ascending keys, at most gridSize or, with names for
// categories, watchSize.
func newGuide(keys []uint64, names []string) *Guide {
	g := &Guide{keys: keys, names: names}
	if names == nil {
		g.tree = new([gridSize + 1]uint64)
		g.plant(1, keys)
		return g
	}
	g.starts = new([1<<startBits + 1]uint16)
	for _, hash := range keys {
		g.starts[hash>>(64-startBits)+1]++
	}
	for i := range 1 << startBits {
		g.starts[i+1] += g.starts[i]
	}
	return g
}

// plant writes keys to the tree from a node down, in its order, and returns those
// left for the nodes to the right. Where there are none, nodes are beyond all
// keys.
func (g *Guide) plant(node int, keys []uint64) []uint64 {
	if node > gridSize {
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
	for range treeDepth {
		_, less := bits.Sub64(g.tree[node&gridSize], k, 0)
		node = 2*node + less
	}
	return int(node & gridSize)
}

// count adds keys to the counts of the guide's slots. It goes through a grid with
// four keys at once: each step of a search waits for the one before, so the
// processor has time for the steps of three others.
func (g *Guide) count(tally, keys []uint64) {
	if tree := g.tree; tree != nil {
		for ; len(keys) >= 4; keys = keys[4:] {
			k0, k1, k2, k3 := keys[0], keys[1], keys[2], keys[3]
			n0, n1, n2, n3 := uint64(1), uint64(1), uint64(1), uint64(1)
			for range treeDepth {
				_, l0 := bits.Sub64(tree[n0&gridSize], k0, 0)
				_, l1 := bits.Sub64(tree[n1&gridSize], k1, 0)
				_, l2 := bits.Sub64(tree[n2&gridSize], k2, 0)
				_, l3 := bits.Sub64(tree[n3&gridSize], k3, 0)
				n0, n1, n2, n3 = 2*n0+l0, 2*n1+l1, 2*n2+l2, 2*n3+l3
			}
			tally[n0&gridSize]++
			tally[n1&gridSize]++
			tally[n2&gridSize]++
			tally[n3&gridSize]++
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
	if i, ok := g.watched(key); ok {
		return i
	}
	return len(g.keys)
}

// slots is the number of counts that a profile with this guide keeps.
func (g *Guide) slots() int { return len(g.keys) + 1 }

// watched returns the place of a hash in a watch list. Hashes are spread evenly, so
// hardly more than one of the list begins with the same bits.
func (g *Guide) watched(hash uint64) (int, bool) {
	if g == nil {
		return 0, false
	}
	first := hash >> (64 - startBits)
	for i := g.starts[first]; i < g.starts[first+1]; i++ {
		if g.keys[i] == hash {
			return int(i), true
		}
	}
	return 0, false
}
