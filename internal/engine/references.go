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

// reference returns what the window from start to end is compared with, or nil. All windows before it are closed, though not all of them stored.
func (s *sequencer) reference(m *monitor, start, end window.Time) *monitors.Baseline {
	switch r, windows := &m.Spec.Reference, m.Windows(); {
	case m.pin != nil:
		return m.pin.baseline
	case r.Trailing > 0:
		p, err := m.blocks.Merge(windows.Back(start, r.Trailing), start, func(end window.Time) *monitors.Pane {
			if v := m.windowOf(end); !v.Usable(r.SkipDrift) {
				return nil
			}
			p, _ := s.closedPane(m, end)
			return p
		})
		return s.baseline(m, p, err)
	case r.Offset > 0:
		from, to := windows.Back(start, r.Offset), windows.Back(end, r.Offset)
		if v := m.windowOf(to); v == nil || v.Start != from || v.End != to || !v.Usable(false) {
			return nil
		}
		p, err := m.blocks.Merge(from, to, func(end window.Time) *monitors.Pane {
			p, _ := s.closedPane(m, end)
			return p
		})
		return s.baseline(m, p, err)
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

// windowOf returns the closed window that ends first of those that hold the pane
// which ends at end, or nil.
func (m *monitor) windowOf(end window.Time) *store.Volume {
	i, _ := slices.BinarySearchFunc(m.past, end, byEnd)
	if i == len(m.past) || m.past[i].Start >= end {
		return nil
	}
	return &m.past[i]
}

// pane returns a pane of the window that c closes.
func (s *sequencer) pane(c *closing, end window.Time) *monitors.Pane {
	if end == c.pane.End {
		return c.pane
	}
	p, ok := s.closedPane(c.monitor, end)
	if !ok {
		c.monitor.lacks = max(c.monitor.lacks, end)
	}
	return p
}

// closedPane returns the closed pane that ends at end, if the stream has records
// in it.
func (s *sequencer) closedPane(m *monitor, end window.Time) (p *monitors.Pane, ok bool) {
	for _, c := range s.closings {
		if c.monitor == m && c.pane.End == end {
			return c.pane, true
		}
	}
	err := s.opts.Store.View(func(tx *store.Tx) (err error) {
		p, err = readPane(tx, m.Monitor, end)
		return err
	})
	if err != nil {
		s.opts.Log.Error("a closed pane cannot be read and is left out", "monitor", m.Spec.Name, "end", end, "error", err)
	}
	return p, err == nil
}

// readPane returns a stored pane, or nil if there is none that the monitor could
// have made.
func readPane(tx *store.Tx, m *monitors.Monitor, end window.Time) (*monitors.Pane, error) {
	return decodePane(m, tx.Profile(m.Spec.Name, end))
}

// decodePane decodes a stored pane; nil stays nil, and so does one that the monitor
// could not have made.
func decodePane(m *monitors.Monitor, b []byte) (*monitors.Pane, error) {
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

// readSpan returns the pane of a closed window, or nil if not all of what it holds
// is there any more.
func readSpan(tx *store.Tx, m *monitors.Monitor, blocks *monitors.Blocks, v store.Volume) (*monitors.Pane, error) {
	var err error
	p, mergeErr := blocks.Merge(v.Start, v.End, func(end window.Time) *monitors.Pane {
		p, readErr := readPane(tx, m, end)
		err = errors.Join(err, readErr)
		return p
	})
	if err := errors.Join(err, mergeErr); err != nil || p == nil || p.Rows() != v.Rows {
		return nil, err
	}
	return p, nil
}

// reach is the end up to which closed panes are too old for a window or a
// reference that is still to come, or to be made anew.
func (m *monitor) reach() window.Time {
	needs := m.windows.Needs()
	if w := &m.Spec.Window; needs != window.None && w.Amend > 0 {
		needs = m.Windows().Back(needs, w.Amend+w.Lateness+w.Size)
	}
	if d := max(m.Spec.Reference.Trailing, m.Spec.Reference.Offset); needs != window.None && d > 0 {
		return m.Windows().Back(needs, d)
	}
	return needs
}

// refer keeps a closed window, with its pane, for the references of later ones.
func (m *monitor) refer(c *closing, p *monitors.Pane) error {
	m.past = append(m.past, c.volume())
	if old, _ := slices.BinarySearchFunc(m.past, m.reach(), byEnd); old > len(m.past)/2 {
		m.past = slices.Clone(m.past[old:])
	}
	if c.window.Partial {
		return nil
	}
	return m.first.add(m.Monitor, p)
}
