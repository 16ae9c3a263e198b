package engine

import (
	"cmp"
	"errors"
	"slices"

	"driftwatch/monitors"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// references is where a monitor finds what its windows are compared with. What
// it is made of are closed windows, which never change, so that it is the same
// after a restart.
type references struct {
	past   []store.Volume // closed windows that later ones may be compared with, oldest first
	blocks *monitors.Blocks
	first  firstWindows
	pin    *pin // nil: none; it goes before all else
}

// reference returns what the window that starts at start is compared with, or
// nil. All windows before it are closed, though not all of them stored.
func (s *sequencer) reference(m *monitor, start window.Time) *monitors.Baseline {
	switch r := &m.Spec.Reference; {
	case m.pin != nil:
		return m.pin.baseline
	case r.Trailing > 0:
		p, err := m.blocks.Merge(start.Add(-r.Trailing), start, func(at window.Time) *monitors.Pane { return s.pane(m, at) })
		return s.baseline(m, p, err)
	case r.Offset > 0:
		return s.baseline(m, s.pane(m, start.Add(-r.Offset)), nil)
	case r.First > 0:
		return m.first.baseline
	}
	return m.Reference
}

// baseline prepares a pane as a reference; nil stays nil. What cannot be one is
// logged, and the window is judged without.
func (s *sequencer) baseline(m *monitor, p *monitors.Pane, err error) *monitors.Baseline {
	var b *monitors.Baseline
	if p != nil && err == nil {
		b, err = p.Baseline()
	}
	if err != nil {
		s.opts.Log.Error("earlier windows are no reference", "monitor", m.Spec.Name, "error", err)
		return nil
	}
	return b
}

// pane returns the pane of the closed window that starts at start, if it may
// serve as a reference.
func (s *sequencer) pane(m *monitor, start window.Time) *monitors.Pane {
	end := start.Add(m.Spec.Window.Size)
	i, ok := slices.BinarySearchFunc(m.past, end, byEnd)
	if !ok || m.past[i].Start != start || m.past[i].Partial || m.past[i].Drift && m.Spec.Reference.SkipDrift {
		return nil
	}
	for _, c := range s.closings {
		if c.monitor == m && c.window.End == end {
			return c.pane
		}
	}
	var p *monitors.Pane
	err := s.opts.Store.View(func(tx *store.Tx) (err error) {
		p, err = readPane(tx, m.Monitor, end)
		return err
	})
	if err != nil {
		s.opts.Log.Error("a window cannot be read and is left out of a reference", "monitor", m.Spec.Name, "end", end, "error", err)
	}
	return p
}

// readPane returns the stored pane of a closed window, or nil if there is none
// that the monitor could have made.
func readPane(tx *store.Tx, m *monitors.Monitor, end window.Time) (*monitors.Pane, error) {
	b := tx.Profile(m.Spec.Name, end)
	if b == nil {
		return nil, nil
	}
	p, err := m.DecodePane(b)
	if errors.Is(err, monitors.ErrShape) {
		return nil, nil
	}
	return p, err
}

func byEnd(v store.Volume, end window.Time) int { return cmp.Compare(v.End, end) }

// loadReferences reads what references are made of.
func (m *monitor) loadReferences(tx *store.Tx) error {
	m.blocks = monitors.NewBlocks(m.Monitor)
	tx.Volumes(m.Spec.Name, func(v store.Volume) bool {
		m.past = append(m.past, v)
		return v.End > m.reach()
	})
	slices.Reverse(m.past)
	return m.loadFirst(tx)
}

// reach is the end up to which closed windows are too old for a reference.
func (m *monitor) reach() window.Time {
	return m.closed.Add(-max(m.Spec.Reference.Trailing, m.Spec.Reference.Offset))
}

// refer keeps a closed window for the references of later ones.
func (m *monitor) refer(c *closing) error {
	m.past = append(m.past, c.volume())
	if old, _ := slices.BinarySearchFunc(m.past, m.reach(), byEnd); old > len(m.past)/2 {
		m.past = slices.Clone(m.past[old:])
	}
	if c.window.Partial {
		return nil
	}
	return m.first.add(m.Monitor, c.pane)
}
