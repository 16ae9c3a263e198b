package monitors

import "driftwatch/monitors/checks"

// explain adds to a judged window what people ask next of the fields that
// drifted. Those are few: what it takes is not taken of every field.
func (m *Monitor) explain(c Closing, w *checks.Window) {
	for i := range w.Segments {
		s := &w.Segments[i]
		ref := m.against(c, s.Name)
		for j := range s.Fields {
			f := &s.Fields[j]
			if of, _ := ref.field(f.Name); of != nil && checks.Shifted(f.Checks) {
				f.Moved = checks.Moved(checks.Input{Reference: of.profile, Current: c.Pane.field(s.Name, j)})
			}
		}
	}
}
