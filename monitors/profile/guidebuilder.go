package profile

import "errors"

var errOtherValues = errors.New("build guide: the values of this pass are not those of the profile")

// GuideBuilder gives a plain profile a guide, a function of the multiset of its
// values alone. While NeedsPass, the same values have to be observed once more,
// in any order, and EndPass called:
//
//	b := NewGuideBuilder(p)
//	for b.NeedsPass() {
//		b.ObserveNumbers(...) // or ObserveCategory, all the values
//		if err := b.EndPass(); err != nil { ... }
//	}
//	reference := b.Profile()
//
// A profile that is exact, or that remembers its values (Options.Memory), needs
// no pass, save one for the names of frequent categories; else a number needs one or two for files of
// millions of rows (each divides the ranges in question by some hundreds); a
// category needs one, or two where more than 65,536 are distinct.
type GuideBuilder struct {
	profile    *Profile
	numbers    quantileSearch
	categories frequencySearch
}

// NewGuideBuilder starts from a profile of all the values, which forgets what it
// remembers of them. A guide that it already has is left out.
func NewGuideBuilder(p *Profile) *GuideBuilder {
	b := &GuideBuilder{profile: p.Clone()}
	b.profile.guide, b.profile.tally = nil, nil
	if p.kind.Numeric() {
		b.numbers.start(&b.profile.hist)
	} else if !p.Exact() {
		b.categories.start(p.hist.total)
	}
	if runs, ok := p.record.runs(); ok && !p.Exact() {
		b.recall(runs)
	}
	return b
}

// recall ends the search with all the values.
func (b *GuideBuilder) recall(runs []run) {
	if b.profile.kind.Numeric() {
		b.numbers.recall(runs)
	} else {
		b.categories.recall(runs)
	}
}

// NeedsPass reports whether the values have to be observed again.
func (b *GuideBuilder) NeedsPass() bool {
	if b.profile.kind.Numeric() {
		return len(b.numbers.ranges) > 0
	}
	return b.categories.pass != done
}

// ObserveNumbers observes values of a number or timestamp field; those that are
// not finite are left out, as they are from a profile.
func (b *GuideBuilder) ObserveNumbers(v []float64) {
	if !b.profile.kind.Numeric() {
		return
	}
	var keys [256]uint64
	for len(v) > 0 {
		block := v[:min(len(keys), len(v))]
		v = v[len(block):]
		b.numbers.observe(keys[:finiteKeys(keys[:], block)])
	}
}

// ObserveCategory observes one value of a category, boolean or text field.
func (b *GuideBuilder) ObserveCategory(v []byte) {
	if !b.profile.kind.Numeric() {
		b.categories.observe(v)
	}
}

// EndPass ends a pass over all the values. It fails if they were others than
// those of the profile.
func (b *GuideBuilder) EndPass() error {
	if b.profile.kind.Numeric() {
		return b.numbers.endPass()
	}
	return b.categories.endPass()
}

// Profile returns the profile with its guide and the counts into it. A profile
// without values gets none. Call it when no pass is needed any more.
func (b *GuideBuilder) Profile() *Profile {
	p := b.profile
	if p.hist.total == 0 || b.NeedsPass() {
		return p
	}
	var tally []uint64
	switch {
	case p.kind.Numeric():
		p.guide, tally = b.numbers.grid(p.hist.total)
	case p.Exact():
		p.guide = watchList(p.Sample())
	default:
		p.guide, tally = b.categories.watchList(p.hist.total)
	}
	if !p.Exact() && p.guide != nil {
		p.tally = tally
	}
	return p
}
