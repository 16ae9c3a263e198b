package engine

import "driftwatch/monitors/checks"

// public returns what may be shown of the monitor's newest windows. What was made of
// them before serves again.
func (m *monitor) public() []*checks.Window {
	redaction := m.Spec.Redaction()
	list, shown := make([]*checks.Window, len(m.recent)), make(map[*checks.Window]*checks.Window, len(m.recent))
	for i, w := range m.recent {
		if list[i] = m.shown[w]; list[i] == nil {
			list[i] = redaction.Window(w)
		}
		shown[w] = list[i]
	}
	m.shown = shown
	return list
}

// newest returns what the newest of the windows that may be shown says of what the
// monitor has; nil where there is none.
func (m *monitor) newest(shown []*checks.Window) *checks.Window {
	last := len(shown) - 1
	switch {
	case last < 0:
		return nil
	case m.recent[last] != m.restored:
		return shown[last]
	case m.present == nil:
		m.present = m.Spec.Present(shown[last])
	}
	return m.present
}
