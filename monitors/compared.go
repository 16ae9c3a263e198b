package monitors

import (
	"slices"

	"driftwatch/monitors/profile"
)

// Compared is what a field's checks were computed from.
type Compared struct {
	Current, Reference *profile.Profile // Reference nil: there is none
	NoReference        string           // why; "" where there is one
}

// Compare finds a field of a segment in a window and in what the window is
// compared with, as Evaluate does. It is false if the window has no such field.
func (m *Monitor) Compare(c Closing, segment, field string) (Compared, bool) {
	c.Pane.Flush()
	if c.Reference == nil && len(m.Spec.Reference.Segment) > 0 {
		c.Reference, c.within = c.Pane.champions(), true
	}
	i := slices.IndexFunc(m.fields, func(f boundField) bool { return f.Name == field })
	counts := c.Pane.segments[segment]
	if i < 0 || counts == nil {
		return Compared{}, false
	}
	out := Compared{Current: counts.fields[i]}
	f, why := m.against(c, segment).field(field)
	if out.NoReference = why; f != nil {
		out.Reference = f.profile
	}
	return out, true
}
