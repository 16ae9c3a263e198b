package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// load brings the store in line with the configuration and reads what it has
// of its monitors.
func (s *sequencer) load() error {
	return s.opts.Store.Update(func(tx *store.Tx) error {
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
}

func (s *sequencer) loadMonitor(tx *store.Tx, m *monitor) error {
	name := m.Spec.Name
	identity := m.Identity()
	if of, _, _ := strings.Cut(string(tx.Monitor(name)), " "); of != identity {
		// Panes of a monitor that counts something else mean something else.
		if err := beginAnew(tx, name, identity); err != nil {
			return err
		}
	}
	m.total = tx.WindowsTotal(name)
	tx.Volumes(name, func(v store.Volume) bool {
		m.closed = max(m.closed, v.End)
		if !v.Partial && v.Start.Add(m.Spec.Window.Size) == v.End {
			m.history = append(m.history, checks.Past{Start: v.Start, Rows: v.Rows})
		}
		return len(m.history) < historyKept
	})
	slices.Reverse(m.history)
	if err := m.loadReferences(tx); err != nil {
		return err
	}
	if err := s.loadPin(tx, m); err != nil {
		return err
	}
	if err := s.loadRecent(tx, m); err != nil {
		return err
	}
	return s.loadRules(tx, m)
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

func (s *sequencer) loadRecent(tx *store.Tx, m *monitor) error {
	var err error
	tx.Windows(m.Spec.Name, window.None, window.Newest, func(_ window.Time, b []byte) bool {
		w := &checks.Window{}
		if err = json.Unmarshal(b, w); err != nil {
			return false
		}
		m.recent = append(m.recent, w)
		return len(m.recent) < s.keepRecent()
	})
	slices.Reverse(m.recent)
	if n := len(m.recent); n > 0 {
		m.cut = m.recent[n-1].Cut
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
		if slices.ContainsFunc(s.monitors, func(m *monitor) bool { return m.Spec.Name == name }) {
			continue
		}
		var old rules.State
		if err := json.Unmarshal(tx.Rules(name), &old); err != nil {
			return err
		}
		_, events := (&rules.Set{}).ForMonitor(name, nil).Adopt(old)
		for _, e := range events {
			if err := s.putEvent(tx, e); err != nil {
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
