package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"driftwatch/monitors/store"
	"driftwatch/rules"
)

// Outbox is the dispatcher's view of the events that wait in the store. The
// sequencer does its writes.
type Outbox struct {
	engine  *Engine
	visible atomic.Uint64 // the newest event that may be delivered
	mu      sync.Mutex
	changed chan struct{}
}

func newOutbox(e *Engine) *Outbox {
	o := &Outbox{engine: e, changed: make(chan struct{})}
	o.visible.Store(math.MaxUint64)
	return o
}

// Pending returns the receiver's events that it did not acknowledge, by id, at
// most limit (0: all). While others of the group may have the monitors it is
// ErrInactive.
func (o *Outbox) Pending(_ context.Context, receiver string, limit int) (events []rules.Event, err error) {
	if moves := o.engine.opts.Moves; moves != nil && !moves.opts.Active() {
		return nil, ErrInactive
	}
	err = o.engine.opts.Store.View(func(tx *store.Tx) error {
		events, err = readEvents(tx, receiver, limit)
		visible := o.visible.Load()
		events = slices.DeleteFunc(events, func(e rules.Event) bool { return e.ID > visible })
		return err
	})
	for i := range events {
		a := &events[i].Alert
		if m, _ := o.engine.seq.find(a.Monitor); m != nil { // else nothing is known of its fields
			*a = m.program.Redact(*a)
		}
	}
	return events, err
}

func readEvents(tx *store.Tx, receiver string, limit int) ([]rules.Event, error) {
	var events []rules.Event
	var fail error
	tx.Events(receiver, func(id uint64, b []byte) bool {
		var e rules.Event
		if err := json.Unmarshal(b, &e); err != nil {
			fail = fmt.Errorf("read event %d for %q: %w", id, receiver, err)
			return false
		}
		events = append(events, e)
		return limit == 0 || len(events) < limit
	})
	return events, fail
}

// Ack removes delivered events and keeps what is to be remembered of them, by
// monitor; both are durable when Ack returns nil.
func (o *Outbox) Ack(ctx context.Context, receiver string, ids []uint64, memory map[string][]byte) error {
	var err error
	doErr := o.engine.do(ctx, func() {
		err = o.engine.seq.update(func(tx *store.Tx) error {
			if err := o.engine.seq.acknowledged(tx, receiver, ids); err != nil {
				return err
			}
			for _, id := range ids {
				if err := tx.DropEvent(receiver, id); err != nil {
					return err
				}
			}
			return o.engine.seq.remember(tx, receiver, memory)
		})
	})
	if doErr != nil {
		return doErr
	}
	return err
}

// Memory returns what is remembered of a receiver, by monitor.
func (o *Outbox) Memory(receiver string) (memory map[string][]byte, err error) {
	err = o.engine.opts.Store.View(func(tx *store.Tx) error {
		memory = readMemory(tx, receiver)
		return nil
	})
	return memory, err
}

// Changed returns a channel that is closed when the next events are committed.
func (o *Outbox) Changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

func (o *Outbox) signal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
}

// waiting counts the events of all receivers.
func (o *Outbox) waiting() int {
	n := 0
	// An unreadable store shows elsewhere; a count is not worth failing for.
	_ = o.engine.opts.Store.View(func(tx *store.Tx) error {
		names, err := tx.Receivers()
		for _, name := range names {
			tx.Events(name, func(uint64, []byte) bool { n++; return true })
		}
		return err
	})
	return n
}
