package profile

import (
	"cmp"
	"math"
	"slices"
	"unsafe"
)

// IDs counts how often the ids of records repeat. It is a commutative monoid as
// Profile is: what it holds, once settled, is a function of the multiset of ids.
// Up to IDsKept distinct ids all of them are counted, and all answers are exact.
// Beyond that the ids with the smallest hashes are: a sample of the distinct ids
// in which each count is exact, because one that stays to the end was never left
// out. How many distinct ids there are is then an estimate of a HyperLogLog
// sketch. An empty one is ready for use.
//
// It is not safe for concurrent use until it is settled; from then on any number
// of goroutines may read it.
type IDs struct {
	total    uint64
	kept     []idCount    // ascending
	waiting  []idCount    // not yet among those kept, in any order
	distinct *hyperLogLog // where there are more than IDsKept
}

// IDsKept is the number of distinct ids that are counted by themselves: enough
// to see 2 % of duplicates with a standard error of 0.2 %.
const IDsKept = 4096

// idsWaiting is how many ids are put in their places together.
const idsWaiting = 1024

// IDsBytes is what the ids of one pane take at most, room to grow included.
const IDsBytes = (IDsKept+3*idsWaiting)*int(unsafe.Sizeof(idCount{})) + hllRegisters

type idCount struct{ hash, count uint64 }

// Observe counts one id, which is not kept.
func (s *IDs) Observe(id []byte) {
	s.total++
	s.add(idCount{hashOf(id), 1})
}

func (s *IDs) add(c idCount) {
	if s.distinct != nil {
		s.distinct.add(c.hash)
		if n := len(s.kept); n == IDsKept && c.hash > s.kept[n-1].hash {
			return
		}
	}
	s.waiting = append(s.waiting, c)
	if len(s.waiting) >= idsWaiting {
		s.Settle()
	}
}

// Settle puts the ids that wait in their places. It writes nothing where none
// do.
func (s *IDs) Settle() {
	if len(s.waiting) == 0 {
		return
	}
	slices.SortFunc(s.waiting, func(a, b idCount) int { return cmp.Compare(a.hash, b.hash) })
	s.insert(s.countKnown())
	s.waiting = s.waiting[:0]
	if len(s.kept) > IDsKept {
		s.leaveExact()
		s.kept = s.kept[:IDsKept]
	}
}

// countKnown adds the waiting ids to the counts of those that are kept and
// returns the others, each once.
func (s *IDs) countKnown() []idCount {
	kept, fresh := s.kept, s.waiting[:0]
	for _, c := range s.waiting {
		for len(kept) > 0 && kept[0].hash < c.hash {
			kept = kept[1:]
		}
		switch n := len(fresh); {
		case len(kept) > 0 && kept[0].hash == c.hash:
			kept[0].count += c.count
		case n > 0 && fresh[n-1].hash == c.hash:
			fresh[n-1].count += c.count
		default:
			fresh = append(fresh, c)
		}
	}
	return fresh
}

// insert merges new ids into those that are kept, from behind.
func (s *IDs) insert(fresh []idCount) {
	i, j := len(s.kept)-1, len(fresh)-1
	s.grow(len(fresh))
	for at := len(s.kept) - 1; j >= 0; at-- {
		if i >= 0 && s.kept[i].hash > fresh[j].hash {
			s.kept[at] = s.kept[i]
			i--
		} else {
			s.kept[at] = fresh[j]
			j--
		}
	}
}

func (s *IDs) grow(n int) {
	if need := len(s.kept) + n; need > cap(s.kept) {
		grown := make([]idCount, len(s.kept), min(max(need, 2*len(s.kept)), max(need, IDsKept+idsWaiting)))
		copy(grown, s.kept)
		s.kept = grown
	}
	s.kept = s.kept[:len(s.kept)+n]
}

// leaveExact begins to estimate what is no longer counted.
func (s *IDs) leaveExact() {
	if s.distinct != nil {
		return
	}
	s.distinct = new(hyperLogLog)
	for _, c := range s.kept {
		s.distinct.add(c.hash)
	}
}

// Merge adds q, which only settles.
func (s *IDs) Merge(q *IDs) {
	q.Settle()
	total := s.total + q.total
	if q.distinct != nil {
		s.Settle()
		s.leaveExact()
		s.distinct.merge(q.distinct)
	}
	for _, c := range q.kept {
		s.add(c)
	}
	s.total = total
}

// IDCounts is what is known of how ids repeat.
type IDCounts struct {
	Total    uint64  // ids, repeated ones included
	Distinct float64 // of these, beyond IDsKept an estimate with the standard error DistinctError
	Exact    bool    // every distinct id is in the sample, and Distinct is their number

	Sampled  uint64 // distinct ids in the sample
	Values   uint64 // how often these occur together
	Repeated uint64 // how many of these occur more than once
}

// DistinctError is the relative standard error of an estimated number of
// distinct values.
const DistinctError = 0.0115

// Counts settles the ids and says what is known of them.
func (s *IDs) Counts() IDCounts {
	s.Settle()
	c := IDCounts{Total: s.total, Exact: s.distinct == nil, Sampled: uint64(len(s.kept))}
	for _, k := range s.kept {
		c.Values += k.count
		if k.count > 1 {
			c.Repeated++
		}
	}
	if c.Distinct = float64(c.Sampled); !c.Exact {
		// No more than there are ids, and more than are kept.
		c.Distinct = min(max(math.Round(s.distinct.estimate()), IDsKept+1), float64(c.Total))
	}
	return c
}

// Size returns the bytes of memory held.
func (s *IDs) Size() int {
	n := int(unsafe.Sizeof(*s)) + (cap(s.kept)+cap(s.waiting))*int(unsafe.Sizeof(idCount{}))
	if s.distinct != nil {
		n += hllRegisters
	}
	return n
}
