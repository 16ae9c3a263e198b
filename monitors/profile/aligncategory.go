package profile

import (
	"fmt"
	"slices"
)

// CategoryCell is a category, or a bucket of several, with its counts in the
// reference and in the current profile.
type CategoryCell struct {
	Hash   uint64 // the least one that is known of a bucket
	Name   string // "" where it is not known
	R, C   uint64
	Joined bool // it may be several categories
}

// AlignCategories returns the categories of two profiles. When both are exact,
// so is the answer: every category by itself, in the order of hashes. Else
// those come first that are known by name on both sides (a reference's watch
// list), and then what is left in the buckets of the coarser side; both in the
// order of hashes.
func AlignCategories(r, c *Profile) (cats []CategoryCell, exact bool, err error) {
	if r.kind != c.kind || r.kind.Numeric() {
		return nil, false, fmt.Errorf("align profiles of categories: a %v field and a %v field", r.kind, c.kind)
	}
	if r.Exact() && c.Exact() {
		return pair(r.entries(), c.entries()), true, nil
	}
	known := knownToBoth(r, c)
	shift := max(r.hist.shift, c.hist.shift)
	return append(known, pair(r.rest(shift, known), c.rest(shift, known))...), false, nil
}

// entry is a category or a bucket of one profile.
type entry struct {
	id     uint64 // order and identity
	hash   uint64
	name   string
	count  uint64
	joined bool
}

// entries returns the categories of an exact profile in the order of hashes.
func (p *Profile) entries() []entry {
	e := make([]entry, len(p.hist.buckets))
	for i, at := range p.hist.order() {
		b := &p.hist.buckets[at]
		e[i] = entry{id: b.least, hash: b.least, name: p.names[at], count: b.count}
	}
	return e
}

// rest returns the buckets at a shift without the known categories.
func (p *Profile) rest(shift uint, known []CategoryCell) []entry {
	h := p.hist.clone()
	if h.shift < shift {
		h.coarsen(shift)
	}
	e := make([]entry, 0, len(h.buckets))
	for _, b := range h.sorted() {
		id, n := b.least>>shift, b.count
		for ; len(known) > 0 && known[0].Hash>>shift <= id; known = known[1:] {
			if known[0].Hash>>shift == id {
				count, _ := p.countOf(known[0].Hash)
				n -= count
			}
		}
		if n > 0 {
			e = append(e, entry{id: id, hash: b.least, count: n, joined: !b.single()})
		}
	}
	return e
}

// pair joins two ascending lists by identity.
func pair(r, c []entry) []CategoryCell {
	cats := make([]CategoryCell, 0, max(len(r), len(c)))
	for len(r) > 0 || len(c) > 0 {
		switch {
		case len(c) == 0 || len(r) > 0 && r[0].id < c[0].id:
			cats = append(cats, CategoryCell{Hash: r[0].hash, Name: r[0].name, R: r[0].count, Joined: r[0].joined})
			r = r[1:]
		case len(r) == 0 || c[0].id < r[0].id:
			cats = append(cats, CategoryCell{Hash: c[0].hash, Name: c[0].name, C: c[0].count, Joined: c[0].joined})
			c = c[1:]
		default:
			cats = append(cats, CategoryCell{
				Hash: min(r[0].hash, c[0].hash), Name: min(r[0].name, c[0].name), R: r[0].count, C: c[0].count,
				Joined: r[0].joined || c[0].joined || r[0].hash != c[0].hash,
			})
			r, c = r[1:], c[1:]
		}
	}
	return cats
}

// knownToBoth returns the watched categories whose counts both profiles know.
func knownToBoth(r, c *Profile) []CategoryCell {
	g := r.guide
	if g == nil || r.Exact() && c.guide != nil {
		g = c.guide // an exact side knows every count, so the other's list decides
	}
	if g == nil {
		return nil
	}
	cats := make([]CategoryCell, 0, len(g.keys))
	for i, hash := range g.keys {
		nr, knownR := r.countOf(hash)
		nc, knownC := c.countOf(hash)
		if knownR && knownC && nr+nc > 0 {
			cats = append(cats, CategoryCell{Hash: hash, Name: g.names[i], R: nr, C: nc})
		}
	}
	return cats
}

// countOf returns how often a category occurs, if the profile knows.
func (p *Profile) countOf(hash uint64) (uint64, bool) {
	if p.Exact() {
		return p.hist.count(hash), true
	}
	if i, ok := p.guide.watched(hash); ok {
		return p.tally[i], true
	}
	return 0, false
}

// Sample returns the categories that the profile can name with their counts, in
// the order of their hashes: all of them while it is exact, else the 64 with
// the smallest hashes. Numbers have none.
func (p *Profile) Sample() []Named {
	if p.kind.Numeric() || !p.Exact() {
		return slices.Clone(p.sample)
	}
	s := make([]Named, len(p.names))
	for i, e := range p.entries() {
		s[i] = Named{e.hash, e.name, e.count}
	}
	return s
}
