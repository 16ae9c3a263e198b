package decode

import (
	"bytes"
	"hash/maphash"
)

// nameSet finds names that stand twice in an object. It holds the names of all
// objects of one record, each object known by its own number, in one table
// that is reused without being cleared: an entry of an earlier record has a
// number that is not valid any more. The hash is keyed by a random seed, so
// that nobody can choose names that collide.
type nameSet struct {
	seed  maphash.Seed
	table []nameEntry // a power of two long
	used  int
	base  uint64 // objects up to here are of earlier records
	names []byte // the names of this record
}

type nameEntry struct {
	object, hash uint64
	start, end   int // in names
}

const firstTable = 64

func newNameSet() nameSet {
	return nameSet{seed: maphash.MakeSeed(), table: make([]nameEntry, firstTable)}
}

// reset forgets all names; the objects of the next record have numbers above
// base.
func (s *nameSet) reset(base uint64) {
	s.base, s.used, s.names = base, 0, s.names[:0]
	if len(s.table) > 1<<14 || cap(s.names) > keptCapacity {
		s.table, s.names = make([]nameEntry, firstTable), nil
	}
}

// add reports false if the object has the name already.
func (s *nameSet) add(object uint64, name []byte) bool {
	if s.used*2 >= len(s.table) {
		s.grow()
	}
	hash := maphash.Bytes(s.seed, name) + object*0x9e3779b97f4a7c15
	e := s.find(object, hash, name)
	if e.object == object {
		return false
	}
	start := len(s.names)
	s.names = append(s.names, name...)
	*e = nameEntry{object, hash, start, len(s.names)}
	s.used++
	return true
}

// find returns the entry of the name, or the free one where it belongs.
func (s *nameSet) find(object, hash uint64, name []byte) *nameEntry {
	mask := uint64(len(s.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := &s.table[i]
		if e.object <= s.base {
			return e
		}
		if e.object == object && e.hash == hash && bytes.Equal(s.names[e.start:e.end], name) {
			return e
		}
	}
}

func (s *nameSet) grow() {
	old := s.table
	s.table = make([]nameEntry, 2*len(old))
	for _, e := range old {
		if e.object > s.base {
			*s.find(e.object, e.hash, s.names[e.start:e.end]) = e
		}
	}
}
