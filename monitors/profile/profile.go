// Package profile summarises one field of a stream: a commutative monoid whose
// Merge is exact and whose encoding is canonical, so that equal multisets of
// values give equal bytes whatever their order and however they were split. It
// knows nothing of records, windows or checks.
package profile

import (
	"fmt"
	"slices"
	"unsafe"
)

// Options of a new profile.
type Options struct {
	Kind    Kind
	Buckets int    // cap of the histogram; 0: DefaultBuckets, at most MaxBuckets
	Guide   *Guide // of the reference that the profile will be judged against, or nil

	// Memory, if not nil, lends room to remember all values in, so that a
	// GuideBuilder may do with fewer passes over them.
	Memory *Memory
}

// Profile is the summary of one field. It is not safe for concurrent use while
// it is written to; any number of goroutines may read it. Make one with New.
//
// Up to its cap of distinct values the histogram is exact and all else but the
// sums follows from it. Beyond, buckets are joined, and the parts below marked
// "coarse" carry on what the histogram no longer knows.
type Profile struct {
	kind Kind
	side side
	hist histogram
	sums sums // of numbers

	guide    *Guide
	tally    []uint64     // coarse: counts of the guide's slots
	distinct *hyperLogLog // coarse
	names    []string     // categories, exact: those of the histogram's buckets
	sample   sample       // categories, coarse
	record   *record      // coarse: of all values; nil: they are not remembered
}

// side is what is counted beside the values.
type side struct {
	rows, null, invalid, outOfRange, notAllowed, notMatching uint64
}

func (s *side) all() [6]*uint64 {
	return [6]*uint64{&s.rows, &s.null, &s.invalid, &s.outOfRange, &s.notAllowed, &s.notMatching}
}

// Counts of rows. Present are those with a valid value, which the last three
// are among.
type Counts struct {
	Rows, Present, Null, Missing, Invalid, OutOfRange, NotAllowed, NotMatching uint64
}

// New returns an empty profile. It ignores a guide that is for the other sort of
// kind.
func New(o Options) *Profile {
	p := &Profile{kind: o.Kind}
	p.hist.limit = min(o.Buckets, MaxBuckets)
	if o.Buckets <= 0 {
		p.hist.limit = DefaultBuckets
	}
	if o.Guide != nil && (o.Guide.names == nil) == o.Kind.Numeric() {
		p.guide = o.Guide
	}
	if o.Memory != nil {
		p.record = &record{memory: o.Memory}
	}
	return p
}

// Kind returns the type of the field.
func (p *Profile) Kind() Kind { return p.kind }

// Buckets returns the cap of the histogram.
func (p *Profile) Buckets() int { return p.hist.limit }

// AddRows counts rows that belong to the profile, whatever their value. Those
// that are not also counted as a value, null or invalid are missing.
func (p *Profile) AddRows(n uint64) { p.side.rows += n }

// AddNull counts rows whose value is null.
func (p *Profile) AddNull(n uint64) { p.side.null += n }

// AddInvalid counts rows whose value is not of the field's type.
func (p *Profile) AddInvalid(n uint64) { p.side.invalid += n }

// AddOutOfRange counts present values outside the field's range.
func (p *Profile) AddOutOfRange(n uint64) { p.side.outOfRange += n }

// AddNotAllowed counts present values that are not among the allowed ones.
func (p *Profile) AddNotAllowed(n uint64) { p.side.notAllowed += n }

// AddNotMatching counts present values that do not match the field's pattern.
func (p *Profile) AddNotMatching(n uint64) { p.side.notMatching += n }

// Counts returns the counts of rows.
func (p *Profile) Counts() Counts {
	s, present := &p.side, p.hist.total
	c := Counts{
		Rows: s.rows, Present: present, Null: s.null, Invalid: s.invalid,
		OutOfRange: s.outOfRange, NotAllowed: s.notAllowed, NotMatching: s.notMatching,
	}
	if other := present + s.null + s.invalid; s.rows > other {
		c.Missing = s.rows - other
	}
	return c
}

// Exact reports whether every distinct value is counted by itself.
func (p *Profile) Exact() bool { return p.hist.exact() }

// Guide returns the guide that the profile counts into, to lend it to others.
func (p *Profile) Guide() (*Guide, bool) { return p.guide, p.guide != nil }

// ObserveNumbers counts values of a number or timestamp field. NaN and the
// infinities are invalid, as is every number in a field of another kind.
func (p *Profile) ObserveNumbers(v []float64) {
	if !p.kind.Numeric() {
		p.AddInvalid(uint64(len(v)))
		return
	}
	var keys [256]uint64 // a block stays in the first-level cache for all steps
	for len(v) > 0 {
		block := v[:min(len(keys), len(v))]
		v = v[len(block):]
		n := finiteKeys(keys[:], block)
		p.AddInvalid(uint64(len(block) - n))
		p.sums.add(keys[:n])
		p.insert(keys[:n])
	}
}

// insert counts keys in the histogram and, where it is coarse, beside it.
func (p *Profile) insert(keys []uint64) {
	for len(keys) > 0 {
		coarse := !p.hist.exact()
		n := p.hist.insert(keys)
		if coarse {
			p.beside(keys[:n])
		}
		keys = keys[n:]
		p.fit()
	}
}

// beside counts keys in what a coarse histogram no longer knows.
func (p *Profile) beside(keys []uint64) {
	for _, k := range keys {
		p.distinct.add(k)
	}
	if p.guide != nil {
		p.guide.count(p.tally, keys)
	}
	p.record.add(keys)
}

// fit coarsens the histogram while it is over its limit.
func (p *Profile) fit() {
	if !p.hist.over() {
		return
	}
	p.leaveExact()
	p.hist.fit()
}

// leaveExact derives from an exact histogram what has to be carried on when it
// is coarsened.
func (p *Profile) leaveExact() {
	if !p.hist.exact() {
		return
	}
	p.distinct = new(hyperLogLog)
	if p.guide != nil {
		p.tally = make([]uint64, p.guide.slots())
	}
	for i := range p.hist.buckets {
		p.carryOn(&p.hist.buckets[i])
	}
	if !p.kind.Numeric() {
		for i, b := range p.hist.buckets {
			p.sample.join(Named{b.least, p.names[i], b.count})
		}
		p.names = nil
	}
}

// carryOn counts a bucket with one distinct key beside a coarse histogram.
func (p *Profile) carryOn(b *bucket) {
	p.distinct.add(b.least)
	if p.guide != nil {
		p.tally[p.guide.slot(b.least)] += b.count
	}
	p.record.seed(b.least, b.count)
}

// ObserveCategories counts values of a category, boolean or text field.
func (p *Profile) ObserveCategories(v [][]byte) {
	for _, b := range v {
		p.ObserveCategory(b)
	}
}

// ObserveCategory counts one value, which is not kept. It is invalid in a number
// field.
func (p *Profile) ObserveCategory(v []byte) {
	if p.kind.Numeric() {
		p.AddInvalid(1)
		return
	}
	hash := hashOf(v)
	if !p.hist.exact() {
		p.sample.add(hash, v)
		p.insert([]uint64{hash})
		return
	}
	slot := p.hist.put(bucket{hash, hash, 1, 1, 1})
	if slot == len(p.names) {
		p.names = append(p.names, nameOf(v))
	} else {
		p.names[slot] = lesserName(p.names[slot], v)
	}
	p.fit()
}

// Merge adds q, which stays as it is. The smaller cap holds for the result, and
// counts of a guide are kept only when both have the same one.
func (p *Profile) Merge(q *Profile) error {
	if p.kind != q.kind {
		return fmt.Errorf("merge profiles: a %v field and a %v field", p.kind, q.kind)
	}
	p.record.forget() // q remembers other values
	if p == q {
		q = q.Clone()
	}
	for i, n := range q.side.all() {
		*p.side.all()[i] += *n
	}
	p.sums.merge(&q.sums)
	if !p.guide.equal(q.guide) {
		p.guide, p.tally = nil, nil
	}
	p.hist.limit = min(p.hist.limit, q.hist.limit)
	p.fit()
	if q.hist.exact() {
		p.mergeExact(q)
	} else {
		p.mergeCoarse(q)
	}
	return nil
}

// mergeExact adds the values of an exact profile one by one.
func (p *Profile) mergeExact(q *Profile) {
	for i := range q.hist.buckets {
		b := &q.hist.buckets[i]
		if !p.hist.exact() {
			p.carryOn(b)
			if q.names != nil {
				p.sample.join(Named{b.least, q.names[i], b.count})
			}
		}
		slot := p.hist.put(*b)
		if p.hist.exact() && q.names != nil {
			if slot == len(p.names) {
				p.names = append(p.names, q.names[i])
			} else {
				p.names[slot] = min(p.names[slot], q.names[i])
			}
		}
		p.fit()
	}
}

// mergeCoarse adds a coarse profile: p takes its shift first.
func (p *Profile) mergeCoarse(q *Profile) {
	p.leaveExact()
	if p.hist.shift < q.hist.shift {
		p.hist.coarsen(q.hist.shift)
	}
	p.distinct.merge(q.distinct)
	if p.guide != nil {
		for i, n := range q.tally {
			p.tally[i] += n
		}
	}
	for _, n := range q.sample {
		p.sample.join(n)
	}
	for _, b := range q.hist.buckets {
		p.hist.put(b)
		p.hist.fit()
	}
}

// Clone returns a copy that shares nothing but the guide, and remembers nothing.
func (p *Profile) Clone() *Profile {
	c := *p
	c.record = nil
	c.hist = p.hist.clone()
	c.sums = p.sums.clone()
	c.tally = slices.Clone(p.tally)
	if p.distinct != nil {
		d := *p.distinct
		c.distinct = &d
	}
	c.names = slices.Clone(p.names)
	c.sample = slices.Clone(p.sample)
	return &c
}

// Size returns the bytes of memory held, the guide included.
func (p *Profile) Size() int {
	n := int(unsafe.Sizeof(*p))
	n += cap(p.hist.buckets)*int(unsafe.Sizeof(bucket{})) + 2*cap(p.hist.index) + 8*cap(p.tally)
	for _, a := range [...]accumulator{p.sums.positive, p.sums.negative, p.sums.squares} {
		n += 8 * cap(a.limbs)
	}
	n += 16*cap(p.names) + cap(p.sample)*int(unsafe.Sizeof(Named{}))
	for _, s := range p.names {
		n += len(s)
	}
	for _, s := range p.sample {
		n += len(s.Name)
	}
	if p.distinct != nil {
		n += hllRegisters
	}
	if p.guide != nil {
		n += p.guide.Size()
	}
	return n
}
