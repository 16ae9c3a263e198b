package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"driftwatch/internal/history"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/store"
	"driftwatch/rules"
)

// commit writes closed panes and windows, the rule states and events that followed from
// them, and all checkpoints that wait, in one transaction. A checkpoint never
// goes without the panes that closed before it: it has no panes of theirs.
func (s *sequencer) commit() error {
	written, began := s.tellIfSlow(), time.Now()
	err := s.update(func(tx *store.Tx) error {
		s.holdEvents(tx)
		for _, c := range s.closings {
			if err := s.writeClosing(tx, c); err != nil {
				return fmt.Errorf("store pane %v of %q: %w", c.pane.End, c.monitor.Spec.Name, err)
			}
		}
		for _, m := range s.monitors {
			if len(m.told) == 0 {
				continue
			}
			if err := s.writeRules(tx, m.Spec.Name, m.state, m.told); err != nil {
				return fmt.Errorf("store alerts of %q: %w", m.Spec.Name, err)
			}
		}
		for _, r := range s.revised {
			if err := s.writeRevisions(tx, r); err != nil {
				return fmt.Errorf("store windows of %q anew: %w", r.monitor.Spec.Name, err)
			}
		}
		return s.writeCheckpoints(tx)
	})
	s.opts.Timing.Committed(time.Since(began))
	written()
	if err != nil {
		return err
	}
	s.committed()
	return nil
}

func (s *sequencer) writeCheckpoints(tx *store.Tx) error {
	for _, st := range s.streams {
		for _, p := range st.parts {
			if p.pending == nil {
				continue
			}
			err := p.pending.write(tx, st.plan.Stream.Name, p.worker.partition.ID, s.closedBefore)
			if err == nil {
				err = s.writeLate(tx, p.pending)
			}
			if err != nil {
				return fmt.Errorf("store a checkpoint of %s: %w", p.worker, err)
			}
		}
	}
	return nil
}

// committed lets everybody know of what is stored now: of windows, and of where
// another process would have to read from.
func (s *sequencer) committed() {
	for _, c := range s.closings {
		s.unmoved[c.monitor.Spec.Name] = true
		c.monitor.first.dirty = false
		s.closed(c)
	}
	for _, r := range s.revised {
		s.showRevisions(r)
	}
	s.closings, s.revised = nil, nil
	for _, m := range s.monitors {
		if len(m.told) > 0 {
			m.told = nil
			s.outbox.signal()
		}
	}
	for _, st := range s.streams {
		for _, p := range st.parts {
			if p.pending == nil {
				continue
			}
			s.noteLate(p.pending)
			p.oldest, p.fresh = p.pending.oldest, true
			p.border = p.pending.border
			p.pending = nil
			s.tellPlace(st, p)
		}
	}
}

func (s *sequencer) writeClosing(tx *store.Tx, c *closing) error {
	name := c.monitor.Spec.Name
	if c.recorded {
		pane, err := c.pane.AppendBinary(nil)
		if err != nil {
			return err
		}
		if err := tx.PutProfile(name, c.pane.End, pane); err != nil {
			return err
		}
	}
	if err := tx.DropPanes(name, c.pane.End); err != nil {
		return err
	}
	if c.window == nil {
		return nil
	}
	result, err := json.Marshal(c.window)
	if err != nil {
		return err
	}
	if err := tx.PutWindow(name, result, c.volume()); err != nil {
		return err
	}
	if err := tx.PutDigest(name, c.window.End, digest.Append(nil, c.window)); err != nil {
		return err
	}
	if err := c.monitor.first.write(tx, name); err != nil {
		return err
	}
	if err := writeJudged(tx, c); err != nil {
		return err
	}
	if err := remember(tx, name, history.OfWindow(c.window.End)); err != nil {
		return err
	}
	return s.writeRules(tx, name, c.state, c.events)
}

// writeRules stores a monitor's rule state, remembers the events and puts them
// into the outboxes of the receivers that they are for.
func (s *sequencer) writeRules(tx *store.Tx, monitor string, state rules.State, events []rules.Event) error {
	b, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := tx.PutRules(monitor, b); err != nil {
		return err
	}
	for _, e := range events {
		if err := s.putChange(tx, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *sequencer) putEvent(tx *store.Tx, e rules.Event) error {
	s.unmoved[e.Alert.Monitor] = true
	id, err := tx.NextEventID()
	if err != nil {
		return err
	}
	e.ID = id
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	for _, receiver := range s.opts.Route(e) {
		if err := tx.PutEvent(receiver, id, b); err != nil {
			return err
		}
	}
	return nil
}
