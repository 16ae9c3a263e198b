package profile

import (
	"math/bits"
	"slices"
)

// Limits of the number of buckets of a histogram.
const (
	DefaultBuckets = 2048
	MaxBuckets     = 1 << 15 // a slot of the index is 16 bits wide
)

// bucket holds the keys that are equal after a shift. Order inside it is
// unknown, save for its ends: zeros, sentinels and price points stay exact in a
// coarse bucket when they are its least or its greatest key.
type bucket struct {
	least, greatest uint64
	count           uint64
	leastN          uint64 // how often the least key occurs
	greatestN       uint64
}

// single reports whether the bucket is known to hold one distinct key.
func (b *bucket) single() bool { return b.leastN == b.count }

// inner is the number of keys strictly between the ends.
func (b *bucket) inner() uint64 {
	if b.single() {
		return 0
	}
	return b.count - b.leastN - b.greatestN
}

// join adds o, whose keys fall into the same bucket.
func (b *bucket) join(o bucket) {
	b.count += o.count
	switch {
	case o.least < b.least:
		b.least, b.leastN = o.least, o.leastN
	case o.least == b.least:
		b.leastN += o.leastN
	}
	switch {
	case o.greatest > b.greatest:
		b.greatest, b.greatestN = o.greatest, o.greatestN
	case o.greatest == b.greatest:
		b.greatestN += o.greatestN
	}
}

// histogram counts keys in buckets key>>shift. The shift is the smallest at
// which all keys seen fit into limit buckets: a function of their multiset
// alone, because joining neighbours never makes more buckets and a subset never
// needs more than the whole. At shift 0 it is exact.
//
// Buckets lie densely in the order of their arrival; index is an open-addressing
// table of their positions plus one, at most three quarters full.
type histogram struct {
	shift   uint
	limit   int
	total   uint64
	buckets []bucket
	index   []uint16
}

func (h *histogram) exact() bool { return h.shift == 0 }

func (h *histogram) over() bool { return len(h.buckets) > h.limit }

// home is where the search for a bucket starts in an index of 1<<(64-width) slots.
func home(id uint64, width uint) uint64 { return id * 0x9e3779b97f4a7c15 >> (width & 63) }

func (h *histogram) width() uint { return uint(64 - bits.TrailingZeros(uint(len(h.index)))) }

// insert counts keys up to and including the first that makes the histogram
// pass its limit, and returns how many it took.
func (h *histogram) insert(keys []uint64) int {
	h.reserve()
	shift, width, index, buckets := h.shift, h.width(), h.index, h.buckets
	last := uint64(len(index) - 1)
	for i, k := range keys {
		id := k >> shift
		at := home(id, width)
		for {
			slot := index[at&last]
			if slot == 0 {
				h.create(at&last, bucket{k, k, 1, 1, 1})
				if h.over() {
					h.total += uint64(i + 1)
					return i + 1
				}
				h.reserve()
				width, index, buckets = h.width(), h.index, h.buckets
				last = uint64(len(index) - 1)
				break
			}
			if b := &buckets[slot-1]; b.least>>shift == id {
				b.count++
				b.leastN += equal(k, b.least)
				b.greatestN += equal(k, b.greatest)
				if k < b.least {
					b.least, b.leastN = k, 1
				} else if k > b.greatest {
					b.greatest, b.greatestN = k, 1
				}
				break
			}
			at++
		}
	}
	h.total += uint64(len(keys))
	return len(keys)
}

// equal is 1 or 0, without a branch: whether a bucket's end comes next is hard to
// predict.
func equal(a, b uint64) uint64 {
	var n uint64
	if a == b {
		n = 1
	}
	return n
}

// put adds a bucket whose keys are equal after the histogram's shift and
// returns its position. It may leave the histogram over its limit.
func (h *histogram) put(b bucket) int {
	h.total += b.count
	slot, at := h.find(b.least)
	if slot >= 0 {
		h.buckets[slot].join(b)
		return slot
	}
	h.create(at, b)
	return len(h.buckets) - 1
}

// find returns the position of the bucket of key, or -1 and the free slot of
// the index where its position belongs.
func (h *histogram) find(key uint64) (slot int, free uint64) {
	h.reserve()
	return h.lookup(key)
}

// lookup is find on a histogram whose index exists; it writes nothing.
func (h *histogram) lookup(key uint64) (slot int, free uint64) {
	last := uint64(len(h.index) - 1)
	for at := home(key>>h.shift, h.width()); ; at++ {
		s := h.index[at&last]
		if s == 0 {
			return -1, at & last
		}
		if h.buckets[s-1].least>>h.shift == key>>h.shift {
			return int(s - 1), 0
		}
	}
}

// count returns how often a key occurs in an exact histogram.
func (h *histogram) count(key uint64) uint64 {
	if len(h.index) == 0 {
		return 0
	}
	if slot, _ := h.lookup(key); slot >= 0 {
		return h.buckets[slot].count
	}
	return 0
}

// create appends a bucket and enters it at a free slot of the index.
func (h *histogram) create(at uint64, b bucket) {
	if n := len(h.buckets); n == cap(h.buckets) {
		grown := make([]bucket, n, max(4, min(2*n, max(h.limit, n)+1)))
		copy(grown, h.buckets)
		h.buckets = grown
	}
	h.buckets = append(h.buckets, b)
	h.index[at] = uint16(len(h.buckets))
}

// reserve makes room in the index for one more bucket.
func (h *histogram) reserve() {
	if 4*(len(h.buckets)+1) <= 3*len(h.index) {
		return
	}
	h.index = make([]uint16, max(8, 2*len(h.index)))
	h.reindex()
}

// reindex enters all buckets into an empty index.
func (h *histogram) reindex() {
	last, width := uint64(len(h.index)-1), h.width()
	for i := range h.buckets {
		at := home(h.buckets[i].least>>h.shift, width)
		for h.index[at&last] != 0 {
			at++
		}
		h.index[at&last] = uint16(i + 1)
	}
}

// coarsen joins buckets at a greater shift.
func (h *histogram) coarsen(shift uint) {
	old := h.buckets
	h.buckets, h.shift, h.total = h.buckets[:0], shift, 0
	clear(h.index)
	for _, b := range old {
		h.put(b) // never writes past the bucket that is being read
	}
}

// fit raises the shift to the smallest at which the limit holds.
func (h *histogram) fit() {
	if h.over() && h.exact() {
		h.coarsen(h.smallestShift())
	}
	for h.over() {
		h.coarsen(h.shift + 1)
	}
}

// leastKeys returns the least key of each bucket in ascending order.
func (h *histogram) leastKeys() []uint64 {
	keys := make([]uint64, len(h.buckets))
	for i := range h.buckets {
		keys[i] = h.buckets[i].least
	}
	slices.Sort(keys)
	return keys
}

// smallestShift returns the smallest shift at which the keys of an exact
// histogram fit: two neighbours in order join at the bit where they differ.
func (h *histogram) smallestShift() uint {
	keys := h.leastKeys()
	var apart [65]int // neighbours that join at this shift
	for i := 1; i < len(keys); i++ {
		apart[bits.Len64(keys[i]^keys[i-1])]++
	}
	n, shift := len(keys), 0
	for n > h.limit {
		shift++
		n -= apart[shift]
	}
	return uint(shift)
}

// order returns the positions of the buckets in ascending order of their keys.
// Sorting bare keys and looking them up is twice as fast as sorting buckets.
func (h *histogram) order() []int {
	order := make([]int, len(h.buckets))
	for i, k := range h.leastKeys() {
		order[i], _ = h.lookup(k)
	}
	return order
}

// sorted returns a copy of the buckets in ascending order of their keys.
func (h *histogram) sorted() []bucket {
	s := make([]bucket, len(h.buckets))
	for i, at := range h.order() {
		s[i] = h.buckets[at]
	}
	return s
}

func (h *histogram) clone() histogram {
	c := *h
	c.buckets = slices.Clone(h.buckets)
	c.index = slices.Clone(h.index)
	return c
}
