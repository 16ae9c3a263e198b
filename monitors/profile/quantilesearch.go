package profile

import (
	"cmp"
	"math/bits"
	"slices"
)

// rangeBuckets is the cap of the histogram of one range in a search: with all
// the 1,017 quantiles in ranges of their own, 30 MB.
const rangeBuckets = 512

// The quantiles of a grid: the thousandths, and all fractions with a denominator
// up to ten, so that bins of equal frequency have exact edges. In parts of
// gridParts, the least common multiple of those denominators.
const gridParts = 63000

// quantileSearch finds the keys at given ranks of a multiset.
type quantileSearch struct {
	ranges []keyRange // that still hold ranks whose key is not known, ascending
	ends   *Guide     // whose cells are the ranges and the gaps below them
	found  []rankedKey
}

// keyRange is the values from least to greatest, with their own histogram.
type keyRange struct {
	least, greatest uint64
	before          uint64 // values below the range
	count           uint64
	ranks           []uint64 // ascending, the first value has rank 1
	hist            histogram
}

// rankedKey is a key that holds one or more of the ranks.
type rankedKey struct {
	key    uint64
	before uint64 // values below the key
	count  uint64
	hits   int // ranks that it holds
}

func (s *quantileSearch) start(h *histogram) {
	if h.total > 0 {
		s.locate(h.sorted(), 0, gridRanks(h.total))
	}
	s.prepare()
}

// prepare makes the search for the range of a key ready.
func (s *quantileSearch) prepare() {
	ends := make([]uint64, len(s.ranges))
	for i := range s.ranges {
		ends[i] = s.ranges[i].greatest
	}
	s.ends = newGuide(ends, nil)
}

// gridRanks returns the ranks of a grid's quantiles among n values: the least
// rank that has at least the share. The least and the greatest value are added.
func gridRanks(n uint64) []uint64 {
	parts := []uint64{0, gridParts}
	for i := uint64(1); i < 1000; i++ {
		parts = append(parts, i*gridParts/1000)
	}
	for d := uint64(2); d <= 10; d++ {
		for i := uint64(1); i < d; i++ {
			parts = append(parts, i*gridParts/d)
		}
	}
	slices.Sort(parts)
	ranks := slices.Compact(parts)
	for i, part := range ranks {
		hi, lo := bits.Mul64(part, n)
		lo, carry := bits.Add64(lo, gridParts-1, 0)
		rank, _ := bits.Div64(hi+carry, lo, gridParts)
		ranks[i] = max(rank, 1)
	}
	return ranks
}

// locate finds ranks among ascending buckets; before counts the values below.
func (s *quantileSearch) locate(buckets []bucket, before uint64, ranks []uint64) {
	for i := range buckets {
		b := &buckets[i]
		end := before + b.count
		inner := keyRange{least: b.least + 1, greatest: b.greatest - 1, before: before + b.leastN, count: b.inner()}
		for ; len(ranks) > 0 && ranks[0] <= end; ranks = ranks[1:] {
			switch rank := ranks[0]; {
			case rank <= before+b.leastN:
				s.found = append(s.found, rankedKey{b.least, before, b.leastN, 1})
			case rank > end-b.greatestN:
				s.found = append(s.found, rankedKey{b.greatest, end - b.greatestN, b.greatestN, 1})
			default:
				inner.ranks = append(inner.ranks, rank)
			}
		}
		if len(inner.ranks) > 0 {
			inner.hist.limit = rangeBuckets
			s.ranges = append(s.ranges, inner)
		}
		before = end
	}
}

// recall finds all ranks that are left in the values, ascending.
func (s *quantileSearch) recall(runs []run) {
	before := uint64(0)
	for i := range s.ranges {
		for _, rank := range s.ranges[i].ranks {
			for before+runs[0].count < rank {
				before += runs[0].count
				runs = runs[1:]
			}
			s.found = append(s.found, rankedKey{runs[0].key, before, runs[0].count, 1})
		}
	}
	s.ranges = nil
}

func (s *quantileSearch) observe(keys []uint64) {
	for i, k := range keys {
		at := s.ends.cell(k)
		if at == len(s.ranges) || k < s.ranges[at].least {
			continue
		}
		h := &s.ranges[at].hist
		h.insert(keys[i : i+1])
		h.fit()
	}
}

func (s *quantileSearch) endPass() error {
	ranges := s.ranges
	s.ranges = nil
	for i := range ranges {
		r := &ranges[i]
		if r.hist.total != r.count {
			return errOtherValues
		}
		s.locate(r.hist.sorted(), r.before, r.ranks)
		r.hist = histogram{}
	}
	s.prepare()
	return nil
}

// grid returns the grid of the keys found, and its counts among n values. A key
// that holds several ranks is a cell by itself: there is an edge just below it
// too. So there are at most as many edges as ranks, and no cell holds more than
// two thousandths of the values but of one key.
func (s *quantileSearch) grid(n uint64) (*Guide, []uint64) {
	slices.SortFunc(s.found, func(a, b rankedKey) int { return cmp.Compare(a.key, b.key) })
	var keys, tally []uint64 // the edges, and the values up to each
	edge := func(key, n uint64) {
		if last := len(keys); last == 0 && key >= leastKey || last > 0 && keys[last-1] < key {
			keys, tally = append(keys, key), append(tally, n)
		}
	}
	for i := 0; i < len(s.found); {
		f := s.found[i]
		for i++; i < len(s.found) && s.found[i].key == f.key; i++ {
			f.hits++
		}
		if f.hits > 1 {
			edge(f.key-1, f.before)
		}
		edge(f.key, f.before+f.count)
	}
	tally = append(tally, n)
	for i := len(tally) - 1; i > 0; i-- {
		tally[i] -= tally[i-1]
	}
	return newGuide(slices.Clip(keys), nil), tally
}
