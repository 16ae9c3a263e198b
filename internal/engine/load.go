package engine

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// load brings the store in line with the configuration and reads what it has
// of its monitors.
func (s *sequencer) load() error {
	err := s.update(func(tx *store.Tx) error {
		s.holdEvents(tx)
		for _, m := range s.monitors {
			if err := s.loadMonitor(tx, m); err != nil {
				return fmt.Errorf("load monitor %q: %w", m.Spec.Name, err)
			}
		}
		if err := s.resolveRemoved(tx); err != nil {
			return fmt.Errorf("resolve alerts of removed monitors: %w", err)
		}
		return s.reroute(tx)
	})
	if err != nil {
		return err
	}
	if err := s.loadRecent(); err != nil {
		return err
	}
	s.reviewRecent()
	return nil
}

func (s *sequencer) loadMonitor(tx *store.Tx, m *monitor) error {
	name := m.Spec.Name
	identity := m.Identity()
	if of, _, _ := strings.Cut(string(tx.Monitor(name)), " "); of != identity {
		// Panes of a monitor that counts something else mean something else.
		if err := beginAnew(tx, name, identity); err != nil {
			return err
		}
		s.unmoved[name] = true
	}
	m.total = tx.WindowsTotal(name)
	m.due = m.Spec.Window.Amend > 0
	if err := m.loadPanes(tx); err != nil {
		return err
	}
	m.loadHistory(tx)
	if err := m.loadReferences(tx); err != nil {
		return err
	}
	if err := s.loadPin(tx, m); err != nil {
		return err
	}
	return s.loadRules(tx, m)
}

// loadPanes reads which panes are closed, and what the next windows need of them.
func (m *monitor) loadPanes(tx *store.Tx) (err error) {
	name := m.Spec.Name
	closed := window.None // end of the newest window
	tx.Volumes(name, func(v store.Volume) bool { closed = v.End; return false })
	recorded := window.None
	tx.Profiles(name, window.None, func(end window.Time, b []byte) bool {
		if m.Made(b) {
			recorded = end
		}
		return recorded == window.None
	})
	m.windows = window.NewAssembler(m.Windows(), closed, recorded)
	m.lacks = m.removed(tx)
	if recorded == window.None {
		return nil
	}
	after := min(recorded-1, m.windows.Needs())
	if m.Spec.Window.Rows > 0 { // panes after the newest window are of the next one
		after = closed
	}
	var panes []checks.PaneCuts
	rows := map[window.Time]uint64{}
	tx.Profiles(name, after, func(end window.Time, b []byte) bool {
		if !m.Made(b) {
			return end <= closed // its records are in no window to come
		}
		p := checks.PaneCuts{End: end}
		if p.Cuts, err = monitors.DecodeCuts(b); err != nil {
			return false
		}
		if end > closed {
			var pane *monitors.Pane
			if pane, err = readPane(tx, m.Monitor, end); err != nil || pane == nil {
				return false
			}
			rows[end] = pane.Rows()
		}
		panes = append(panes, p)
		return true
	})
	slices.Reverse(panes)
	for _, p := range panes {
		if p.End > closed {
			m.windows.Close(p.End, rows[p.End], true)
		}
	}
	m.cuts = panes
	return err
}

// removed returns the time before which panes that the next windows want are gone,
// or window.None: retention kept what shorter windows needed, and then they were made
// longer. Once a window of this length was whole, the next ones are.
func (m *monitor) removed(tx *store.Tx) window.Time {
	shape, name := m.Windows(), m.Spec.Name
	if shape.Panes < 2 {
		return window.None
	}
	needs, newest, oldest := m.windows.Needs(), true, m.windows.Closed()
	tx.Profiles(name, needs, func(end window.Time, b []byte) bool {
		if m.Made(b) {
			oldest = min(oldest, shape.Start(end-1))
		}
		return true
	})
	gone := window.None
	tx.Volumes(name, func(v store.Volume) bool {
		if newest && !v.Partial && shape.Spans(v.Start, v.End) || v.End <= needs {
			return false
		}
		if newest = false; v.End <= oldest {
			gone = oldest
		}
		return true
	})
	return gone
}

// loadHistory reads the volumes of earlier windows of the same shape.
func (m *monitor) loadHistory(tx *store.Tx) {
	tx.Volumes(m.Spec.Name, func(v store.Volume) bool {
		if m.remembers(v) {
			m.history = append(m.history, checks.Past{Start: v.Start, Rows: v.Rows})
		}
		return len(m.history) < m.keepHistory()
	})
	slices.Reverse(m.history)
}

// beginAnew drops a monitor's panes and notes what its next ones belong to. A
// number makes each note another one: what partitions have from before the
// panes were dropped must not fit, even if the spec is that of then.
func beginAnew(tx *store.Tx, monitor, identity string) error {
	_, number, _ := strings.Cut(string(tx.Monitor(monitor)), " ")
	n, _ := strconv.Atoi(number) // none is 0
	if err := tx.DropPanes(monitor, window.Newest); err != nil {
		return err
	}
	return tx.PutMonitor(monitor, fmt.Appendf(nil, "%s %d", identity, n+1))
}

// loadRecent reads the newest windows of all monitors, several at a time: of many
// monitors it is most of the work.
func (s *sequencer) loadRecent() error {
	var loaded errgroup.Group
	loaded.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range s.monitors {
		loaded.Go(func() error {
			err := s.opts.Store.View(func(tx *store.Tx) error { return m.loadRecent(tx, s.keepRecent()) })
			if err != nil {
				return fmt.Errorf("load the newest windows of monitor %q: %w", m.Spec.Name, err)
			}
			return nil
		})
	}
	return loaded.Wait()
}

func (m *monitor) loadRecent(tx *store.Tx, keep int) error {
	var err error
	tx.Windows(m.Spec.Name, window.None, window.Newest, func(_ window.Time, b []byte) bool {
		w := &checks.Window{}
		if err = json.Unmarshal(b, w); err != nil {
			return false
		}
		m.recent = append(m.recent, w)
		return len(m.recent) < keep
	})
	slices.Reverse(m.recent)
	if n := len(m.recent); n > 0 {
		m.restored = m.recent[n-1]
	}
	return err
}

// loadRules reads the state of the monitor's rules and resolves the alerts of
// rules that are gone.
func (s *sequencer) loadRules(tx *store.Tx, m *monitor) error {
	var old rules.State
	if b := tx.Rules(m.Spec.Name); b != nil {
		if err := json.Unmarshal(b, &old); err != nil {
			return err
		}
	}
	var events []rules.Event
	m.state, events = m.program.Adopt(old)
	m.state = m.program.Begin(m.state, time.Now())
	return s.writeRules(tx, m.Spec.Name, m.state, events)
}

// resolveRemoved resolves the alerts of monitors that are no longer watched, and
// drops their open panes.
func (s *sequencer) resolveRemoved(tx *store.Tx) error {
	names, err := tx.RuleMonitors()
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.Contains(s.opts.Elsewhere, name) || slices.ContainsFunc(s.monitors, func(m *monitor) bool { return m.Spec.Name == name }) {
			continue
		}
		var old rules.State
		if err := json.Unmarshal(tx.Rules(name), &old); err != nil {
			return err
		}
		_, events := (&rules.Set{}).ForMonitor(rules.Monitor{Name: name}).Adopt(old)
		for _, e := range events {
			if err := s.putChange(tx, e); err != nil {
				return err
			}
		}
		if err := tx.DropRules(name); err != nil {
			return err
		}
		if err := beginAnew(tx, name, ""); err != nil {
			return err
		}
	}
	return nil
}

// reroute gives the events of receivers that no longer exist to those that
// the present routes name.
func (s *sequencer) reroute(tx *store.Tx) error {
	names, err := tx.Receivers()
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.Contains(s.opts.Receivers, name) {
			continue
		}
		events, err := readEvents(tx, name, 0)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := s.putEvent(tx, e); err != nil {
				return err
			}
			if err := tx.DropEvent(name, e.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// remembers reports whether later windows look back on the rows of this one.
func (m *monitor) remembers(v store.Volume) bool {
	windows := m.Windows()
	return !v.Partial && windows.Spans(v.Start, v.End) && windows.Tiles(v.End)
}
