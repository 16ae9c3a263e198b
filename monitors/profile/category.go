package profile

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

const (
	nameBytes  = 64 // names are cut there for display
	sampleSize = 64 // categories that keep a name beyond the cap
)

// Named is a category whose name and count are known.
type Named struct {
	Hash  uint64
	Name  string
	Count uint64
}

// appendName appends the form of a value that people see: valid UTF-8, cut
// between two characters.
func appendName(dst, v []byte) []byte {
	for room := nameBytes; len(v) > 0; {
		r, size := utf8.DecodeRune(v)
		room -= utf8.RuneLen(r)
		if room < 0 {
			break
		}
		dst, v = utf8.AppendRune(dst, r), v[size:]
	}
	return dst
}

// lesserName returns the lesser of a name and the name of a value that has the
// same hash. They differ only when two values collide; without a choice by value
// the name would depend on their order.
func lesserName(name string, v []byte) string {
	if string(v) == name {
		return name
	}
	var buf [nameBytes]byte
	if b := appendName(buf[:0], v); string(b) < name {
		return string(b)
	}
	return name
}

// nameOf returns the name of a value.
func nameOf(v []byte) string {
	var buf [nameBytes]byte
	return string(appendName(buf[:0], v))
}

// sample is the categories with the smallest hashes, ascending. One that is
// among them at the end was never evicted, whatever the order, so its count is
// exact.
type sample []Named

// add counts value v of the given hash.
func (s *sample) add(hash uint64, v []byte) {
	at, found := s.place(hash)
	switch {
	case found:
		e := &(*s)[at]
		e.Count++
		e.Name = lesserName(e.Name, v)
	case at < sampleSize:
		s.insert(at, Named{hash, nameOf(v), 1})
	}
}

// join adds a category that was counted elsewhere.
func (s *sample) join(n Named) {
	at, found := s.place(n.Hash)
	switch {
	case found:
		e := &(*s)[at]
		e.Count += n.Count
		e.Name = min(e.Name, n.Name)
	case at < sampleSize:
		s.insert(at, n)
	}
}

// place returns where a hash is or belongs. Most hashes belong behind the last.
func (s *sample) place(hash uint64) (int, bool) {
	if n := len(*s); n == sampleSize && (*s)[n-1].Hash < hash {
		return n, false
	}
	return slices.BinarySearchFunc(*s, hash, func(e Named, h uint64) int { return cmp.Compare(e.Hash, h) })
}

func (s *sample) insert(at int, n Named) {
	if len(*s) == sampleSize {
		*s = (*s)[:sampleSize-1]
	}
	*s = slices.Insert(*s, at, n)
}
