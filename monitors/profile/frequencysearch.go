package profile

import (
	"cmp"
	"slices"
)

// candidates is how many categories a search follows at once.
const candidates = 1 << 16

type searchPass uint8

const (
	done searchPass = iota
	narrowing
	counting
)

// frequencySearch finds the most frequent categories with bounded memory, by the
// algorithm of J. Misra and D. Gries, "Finding repeated elements" (1982). Which
// categories survive its first pass depends on the order of the values, but
// each with more than total/(candidates+1) of them does. After the second pass,
// which counts exactly, only those are kept: a function of the multiset.
type frequencySearch struct {
	pass    searchPass
	total   uint64
	seen    uint64
	reduced bool // some category was dropped, so counts are lower bounds
	counts  map[uint64]uint64
	names   map[uint64]string
}

func (s *frequencySearch) start(total uint64) {
	s.pass, s.total = narrowing, total
	s.counts, s.names = map[uint64]uint64{}, map[uint64]string{}
}

func (s *frequencySearch) observe(v []byte) {
	hash := hashOf(v)
	s.seen++
	_, known := s.counts[hash]
	switch {
	case known:
		s.counts[hash]++
		s.name(hash, v)
	case s.pass == counting:
	case len(s.counts) == candidates:
		s.reduce()
	default:
		s.counts[hash] = 1
		s.names[hash] = nameOf(v)
	}
}

func (s *frequencySearch) name(hash uint64, v []byte) {
	if name, ok := s.names[hash]; ok {
		s.names[hash] = lesserName(name, v)
	} else {
		s.names[hash] = nameOf(v)
	}
}

// recall does the first pass, and all of the search if no category is frequent.
func (s *frequencySearch) recall(runs []run) {
	s.pass = counting
	for _, r := range runs {
		if r.count > s.total/(candidates+1) {
			s.counts[r.key] = 0
		}
	}
	if len(s.counts) == 0 {
		s.pass = done
	}
}

// reduce takes one from every candidate and drops those that are left with none.
func (s *frequencySearch) reduce() {
	s.reduced = true
	for hash, n := range s.counts {
		if n == 1 {
			delete(s.counts, hash)
			delete(s.names, hash)
		} else {
			s.counts[hash] = n - 1
		}
	}
}

func (s *frequencySearch) endPass() error {
	if s.seen != s.total {
		return errOtherValues
	}
	s.seen = 0
	if s.pass == counting || !s.reduced {
		s.pass = done
		return nil
	}
	s.pass = counting
	for hash := range s.counts {
		s.counts[hash] = 0
	}
	return nil
}

// watchList returns the guide and its counts.
func (s *frequencySearch) watchList(total uint64) (*Guide, []uint64) {
	frequent := make([]Named, 0, len(s.counts))
	for hash, n := range s.counts {
		if n > total/(candidates+1) {
			frequent = append(frequent, Named{hash, s.names[hash], n})
		}
	}
	g := watchList(frequent)
	if g == nil {
		return nil, nil
	}
	tally := make([]uint64, g.slots())
	rest := total
	for i, hash := range g.keys {
		tally[i] = s.counts[hash]
		rest -= tally[i]
	}
	tally[len(g.keys)] = rest
	return g, tally
}

// watchList returns a guide of the most frequent categories, of equally frequent
// ones those with the least hashes, or nil if there are none.
func watchList(c []Named) *Guide {
	if len(c) == 0 {
		return nil
	}
	slices.SortFunc(c, func(a, b Named) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Hash, b.Hash))
	})
	c = c[:min(len(c), watchSize)]
	slices.SortFunc(c, func(a, b Named) int { return cmp.Compare(a.Hash, b.Hash) })
	keys, names := make([]uint64, len(c)), make([]string, len(c))
	for i, n := range c {
		keys[i], names[i] = n.Hash, n.Name
	}
	return newGuide(keys, names)
}
