package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"driftwatch/monitors/store"
)

const (
	// moveTimeout bounds one attempt to write to the ledger.
	moveTimeout = 5 * time.Second
	// placesEvery bounds how much of a quiet monitor's partitions a new owner
	// reads again.
	placesEvery = time.Minute
)

// holdEvents keeps the events of a transaction from being delivered before the
// ledger has them: who takes the monitor over must know of what was sent.
func (s *sequencer) holdEvents(tx *store.Tx) {
	if s.opts.Moves != nil {
		s.outbox.visible.CompareAndSwap(math.MaxUint64, tx.LastEventID())
	}
}

// acknowledged notes the monitors of events that are about to be dropped.
func (s *sequencer) acknowledged(tx *store.Tx, receiver string, ids []uint64) error {
	if s.opts.Moves == nil {
		return nil
	}
	events, err := readEvents(tx, receiver, 0)
	for _, e := range events {
		if slices.Contains(ids, e.ID) {
			s.unmoved[e.Alert.Monitor] = true
		}
	}
	return err
}

// tellPlace notes that how far a partition was read is to be told to the ledger:
// at first, and then now and then, as every closed window tells it too.
func (s *sequencer) tellPlace(st *stream, p *partition) {
	now := time.Now()
	if p.known && now.Sub(st.moved) < placesEvery {
		return
	}
	p.known, st.moved = true, now
	for _, m := range st.monitors {
		s.unmoved[m.Spec.Name] = true
	}
}

// move brings the ledger up to the store, and then lets events be delivered and
// the group know of offsets.
func (s *sequencer) move() error {
	if moves := s.opts.Moves; moves != nil && len(s.unmoved) > 0 {
		var changed []*monitor
		for _, m := range s.monitors {
			if s.unmoved[m.Spec.Name] {
				changed = append(changed, m)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), moveTimeout)
		defer cancel()
		if err := moves.publish(ctx, changed); err != nil {
			return err
		}
	}
	clear(s.unmoved)
	if s.outbox.visible.Swap(math.MaxUint64) != math.MaxUint64 {
		s.outbox.signal()
	}
	for _, st := range s.streams {
		for _, p := range st.parts {
			if p.fresh {
				s.engine.offsets.set(st.plan.Stream.Name, p.worker.partition, p.oldest)
				p.fresh = false
			}
		}
	}
	return nil
}

// moveUntilDone moves, again and again, until it is done or the engine is to
// end. The data path waits: nothing may be sent that a new owner does not know.
func (s *sequencer) moveUntilDone() {
	for pause := tick; ; pause = min(2*pause, moveTimeout) {
		err := s.move()
		if err == nil {
			if s.problem != "" {
				s.opts.Log.Info("the group's topic can be written again; reading goes on")
			}
			s.problem = ""
			return
		}
		if s.problem == "" {
			s.opts.Log.Error("the state of monitors cannot be written to the group's topic; nothing is read until it can", "error", err)
		}
		s.problem = fmt.Sprintf("the state of monitors cannot be written to the group's topic: %v", err)
		s.publish()
		if s.engine.stopping.Load() {
			return
		}
		time.Sleep(pause)
	}
}
