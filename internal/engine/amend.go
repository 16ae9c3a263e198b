package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// judged is what a window was judged by, kept as long as late records may amend it.
type judged struct {
	Judgement string      `json:"judgement"` // of the monitor
	Pinned    bool        `json:"pinned,omitempty"`
	Rules     string      `json:"rules"`  // the identity of the program
	Before    rules.State `json:"before"` // the window
}

// judgedBy is what the monitor's next window is judged by.
func (m *monitor) judgedBy() judged {
	return judged{Judgement: m.Judgement(), Pinned: m.pin != nil, Rules: m.program.Identity(), Before: m.state.Timeless()}
}

// writeJudged stores what is needed to make a window anew, and notes that it has
// to be if late records came for it before it closed: it closed without them.
func writeJudged(tx *store.Tx, c *closing) error {
	if c.monitor.Spec.Window.Amend == 0 {
		return nil
	}
	name, w := c.monitor.Spec.Name, c.window
	b, err := json.Marshal(c.judged)
	if err != nil {
		return err
	}
	if err := tx.PutJudged(name, w.End, b); err != nil || len(tx.LateEnds(name, w.Start, w.End)) == 0 {
		return err
	}
	return tx.PutDue(name, w.End)
}

// writeLate adds a checkpoint's late records to those that the store has of their
// panes, and notes which windows have to be made anew. It goes with the position
// after the records: neither is stored without the other.
func (s *sequencer) writeLate(tx *store.Tx, c *checkpoint) error {
	for _, id := range slices.SortedFunc(maps.Keys(c.late), comparePaneID) {
		m, err := s.find(id.monitor)
		if err != nil {
			return err
		}
		s.opts.Moves.change(id.monitor, id.end)
		if err := m.addLate(tx, id.end, c.late[id]); err != nil {
			return fmt.Errorf("late records of pane %v of %q: %w", id.end, id.monitor, err)
		}
		if err := m.noteDue(tx, id.end); err != nil {
			return err
		}
	}
	return nil
}

func (m *monitor) addLate(tx *store.Tx, end window.Time, panes [][]byte) error {
	late, err := m.readLate(tx, end)
	for i := 0; i < len(panes) && err == nil; i++ {
		var p *monitors.Pane
		if p, err = m.DecodePane(panes[i]); err == nil {
			late, err = m.joinLate(late, p)
		}
	}
	if err != nil {
		return err
	}
	b, err := late.AppendBinary(nil)
	if err != nil {
		return err
	}
	return tx.PutLate(m.Spec.Name, end, b)
}

// readLate returns the late records of a pane, or nil if there are none that the
// monitor could have counted.
func (m *monitor) readLate(tx *store.Tx, end window.Time) (*monitors.Pane, error) {
	return decodePane(m.Monitor, tx.Late(m.Spec.Name, end))
}

// joinLate adds late records, with their cuts, to others of the same pane.
func (m *monitor) joinLate(late, p *monitors.Pane) (*monitors.Pane, error) {
	if late == nil {
		return p, nil
	}
	late.Cuts = checks.JoinCuts([]checks.PaneCuts{{End: late.End, Cuts: late.Cuts}, {End: p.End, Cuts: p.Cuts}})
	err := late.Merge(p)
	return late, err
}

// noteDue notes the stored windows that hold a pane.
func (m *monitor) noteDue(tx *store.Tx, end window.Time) error {
	windows := m.Windows()
	first := windows.Index(end)
	for i := range int64(windows.Panes) {
		if at := windows.Border(first + i); tx.Window(m.Spec.Name, at) != nil {
			if err := tx.PutDue(m.Spec.Name, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteLate remembers of which monitors windows may have to be made anew.
func (s *sequencer) noteLate(c *checkpoint) {
	for id := range c.late {
		if m, err := s.find(id.monitor); err == nil {
			m.due = true
		}
	}
}
