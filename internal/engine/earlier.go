package engine

import (
	"encoding/json"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// pastWindows are windows of the store that rules looked back on for the newest
// window, by the time that they were asked for: for the next one they ask for
// most of them again.
type pastWindows struct {
	before, now map[window.Time]*checks.Window
}

// turn is called before each new window.
func (p *pastWindows) turn() { p.before, p.now = p.now, map[window.Time]*checks.Window{} }

func (p *pastWindows) get(end window.Time, load func() *checks.Window) *checks.Window {
	w, ok := p.now[end]
	if !ok {
		w, ok = p.before[end]
	}
	if !ok {
		w = load()
	}
	p.now[end] = w
	return w
}

// earlier returns the monitor's closed windows: those that are about to be
// stored, those in memory, and those in the store.
func (s *sequencer) earlier(m *monitor) rules.Earlier {
	m.lookback.turn()
	return func(end window.Time) *checks.Window {
		for _, c := range slices.Backward(s.closings) {
			if c.monitor == m && c.window != nil && c.window.End <= end {
				return c.window
			}
		}
		for _, w := range slices.Backward(m.recent) {
			if w.End <= end {
				return w
			}
		}
		return m.lookback.get(end, func() *checks.Window { return s.storedWindow(m, end) })
	}
}

// storedWindow returns the newest window in the store that ends at or before end,
// or nil.
func (s *sequencer) storedWindow(m *monitor, end window.Time) (w *checks.Window) {
	err := s.opts.Store.View(func(tx *store.Tx) (err error) {
		tx.Windows(m.Spec.Name, window.None, end, func(_ window.Time, b []byte) bool {
			w = &checks.Window{}
			err = json.Unmarshal(b, w)
			return false
		})
		return err
	})
	if err != nil {
		s.opts.Log.Error("an earlier window cannot be read: rules on change cannot be judged", "monitor", m.Spec.Name, "end", end, "error", err)
		return nil
	}
	return m.program.Thin(w)
}
