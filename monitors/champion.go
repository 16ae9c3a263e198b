package monitors

import (
	"fmt"
	"slices"
	"strings"

	"driftwatch/monitors/reference"
)

// A champion is a segment that others of the same window are compared with:
// {version: "2"} makes country=BR,version=2 the reference of
// country=BR,version=3. The segment's own fields are what sets the two apart, so
// there is nothing to say of them.

// champions returns the window's segments that are references of others, or nil
// if it has none.
func (p *Pane) champions() *Baseline {
	var parts []reference.Segment
	for _, name := range p.names() {
		if l := p.limiterFor(name); l != nil && p.monitor.champion(l, name) == name {
			parts = append(parts, p.monitor.partOf(name, p.segments[name]))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	r, err := reference.New(reference.Segment{}, parts...)
	if err != nil {
		panic(fmt.Sprintf("segments of a pane are no reference: %v", err))
	}
	return NewBaseline(r)
}

// limiterFor returns the limiter that keeps a segment by its name, or nil.
func (p *Pane) limiterFor(segment string) *limiter {
	i := slices.IndexFunc(p.limits, func(l limiter) bool { return l.kept[segment] != "" })
	if i < 0 {
		return nil
	}
	return &p.limits[i]
}

// champion returns the name of the segment that a segment is compared with, or
// "" where its entry has not all of the champion's fields.
func (m *Monitor) champion(l *limiter, segment string) string {
	values, _ := valuesOf(segment, l.names) // it is one of the limiter's
	for _, c := range m.Spec.Reference.Segment {
		i := slices.Index(l.names, c.Field)
		if i < 0 {
			return ""
		}
		values[i] = string(appendEscaped(nil, []byte(c.Value)))
	}
	for i, name := range l.names {
		values[i] = name + "=" + values[i]
	}
	return strings.Join(values, ",")
}

// challenged finds what a segment is compared with inside its own window.
func (m *Monitor) challenged(c Closing, segment string) against {
	l := c.Pane.limiterFor(segment)
	switch {
	case segment == "":
		return against{why: "all records hold the reference too"}
	case c.Pane.mixed(segment):
		return against{why: mixture}
	case l == nil:
		return against{why: "the reference is a segment by other fields"}
	}
	name := m.champion(l, segment)
	switch {
	case name == "":
		return against{why: "the reference is a segment by other fields"}
	case name == segment:
		return against{why: "it is the reference"}
	case c.Reference == nil || c.Reference.segments[name] == nil:
		return against{why: "the window has no segment " + name + " to compare with"}
	}
	return against{baseline: c.Reference.segments[name], fixed: l.names}
}
