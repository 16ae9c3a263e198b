package monitors

import (
	"fmt"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// Baseline is a reference as windows are compared with it: summarised once, and
// found by the names of segments and fields. It is immutable.
type Baseline struct {
	Hash     string
	segments map[string]*baseline // the whole stream is ""
}

// baseline is one segment of a Baseline.
type baseline struct {
	rows    uint64
	unknown *uint64 // rows with undeclared fields; nil: not counted
	fields  map[string]*baselineField
}

type baselineField struct {
	profile *profile.Profile
	summary checks.Summary
}

// NewBaseline prepares a reference for comparisons. The reference must not
// change afterwards.
func NewBaseline(r *reference.Reference) *Baseline {
	b := &Baseline{Hash: r.Hash, segments: map[string]*baseline{"": newBaseline(&r.Segment)}}
	for i := range r.Segments {
		b.segments[r.Segments[i].Name] = newBaseline(&r.Segments[i])
	}
	return b
}

func newBaseline(s *reference.Segment) *baseline {
	b := &baseline{rows: s.Rows, unknown: s.UnknownRows, fields: map[string]*baselineField{}}
	for _, f := range s.Fields {
		b.fields[f.Name] = &baselineField{f.Profile, checks.Summarize(f.Profile)}
	}
	return b
}

// Profile returns the reference of a field for the whole stream, or nil.
func (b *Baseline) Profile(field string) *profile.Profile {
	if b == nil || b.segments[""].fields[field] == nil {
		return nil
	}
	return b.segments[""].fields[field].profile
}

// against is what one segment of a window is compared with: a baseline, or a
// reason why there is none.
type against struct {
	*baseline
	why   string
	fixed []string // fields that the segment is made of, where that is why they differ
}

const mixture = "it is all that has no segment of its own, not the same in every window"

// against finds what a segment of the window is compared with.
func (m *Monitor) against(c Closing, segment string) against {
	switch {
	case c.within:
		return m.challenged(c, segment)
	case c.Reference == nil && m.Spec.Reference.IsZero():
		return against{why: "no reference"}
	case c.Reference == nil:
		return against{why: "no reference yet"}
	case c.Pane.mixed(segment):
		return against{why: mixture}
	}
	if b := c.Reference.segments[segment]; b != nil {
		return against{baseline: b}
	}
	return against{why: "the reference has no segment " + segment}
}

// field returns the reference of a field, or why there is none.
func (a against) field(name string) (*baselineField, string) {
	switch {
	case a.baseline == nil:
		return nil, a.why
	case slices.Contains(a.fixed, name):
		return nil, "the segment is made by this field"
	}
	if f := a.fields[name]; f != nil {
		return f, ""
	}
	return nil, "the reference does not have this field"
}

// Reference returns what the pane holds as a reference for other windows. The
// two share their profiles.
func (p *Pane) Reference() (*reference.Reference, error) {
	p.Flush()
	var all []reference.Segment
	for _, name := range p.names() {
		all = append(all, p.monitor.partOf(name, p.segments[name]))
	}
	r, err := reference.New(all[0], all[1:]...)
	if err != nil {
		return nil, fmt.Errorf("reference of window %v of %q: %w", p.End, p.monitor.Spec.Name, err)
	}
	return r, nil
}

func (m *Monitor) partOf(name string, c *counts) reference.Segment {
	s := reference.Segment{Name: name, Rows: c.rows}
	if m.Spec.UnknownFields {
		s.UnknownRows = &c.unknownRows
	}
	for i, f := range m.fields {
		s.Fields = append(s.Fields, reference.Field{Name: f.Name, Profile: c.fields[i]})
	}
	return s
}

// Baseline is what the pane holds, to compare other windows with.
func (p *Pane) Baseline() (*Baseline, error) {
	r, err := p.Reference()
	if err != nil {
		return nil, err
	}
	return NewBaseline(r), nil
}
