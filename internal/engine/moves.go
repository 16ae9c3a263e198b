package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"driftwatch/monitors"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Ledger is where the processes of a group keep what moves with monitors.
type Ledger interface {
	// Put makes entries durable.
	Put(ctx context.Context, entries []source.Entry) error
	// Get returns all entries of spaces, by space and key.
	Get(ctx context.Context, spaces []string) (map[string]map[string][]byte, error)
}

// MovesOptions is what Moves needs.
type MovesOptions struct {
	Store  *store.Store
	Ledger Ledger
	Group  string
	Owner  string      // this process, and no other
	Active func() bool // whether the group still counts on this process
	Log    *slog.Logger
}

// Moves lets monitors move between the processes of a group. It keeps what has to
// move with them in the ledger, and writes that into the store, in the very form
// of a checkpoint, when they come. Every take-over begins an epoch of the
// monitor: the state of the highest one is what counts, so that a process
// which does not know yet that it lost a monitor changes nothing. It outlives
// engines, and is not used while one that has it is being made or stopped.
type Moves struct {
	opts MovesOptions
	held map[string]*holding
}

// holding is a monitor that is this process's.
type holding struct {
	epoch   uint64
	written uint64               // parts, to tell their keys apart
	parts   map[part]ledgerPart  // those in the ledger
	changed map[window.Time]bool // ends of those that the store has others of
}

// NewMoves returns what goes on where before, if it is not nil, has ended.
func NewMoves(o MovesOptions, before *Moves) *Moves {
	v := &Moves{opts: o, held: map[string]*holding{}}
	if before != nil && before.opts.Group == o.Group && before.opts.Owner == o.Owner {
		v.held = before.held
	}
	return v
}

// ErrInactive says that the group may have given this process's monitors to
// others.
var ErrInactive = errors.New("the group has not heard of this process for too long")

// Settle takes over the monitors of plans that are mine and gives up the others.
// No engine may be running. After an error it can be tried again.
func (v *Moves) Settle(ctx context.Context, plans []*monitors.Plan, programs map[string]*rules.Program, mine func(monitor string) bool) error {
	here, elsewhere := map[string]*monitor{}, map[string]*monitor{}
	for _, plan := range plans {
		for _, spec := range plan.Monitors {
			m := newMonitor(spec)
			m.program = programs[spec.Spec.Name]
			if mine(spec.Spec.Name) {
				here[spec.Spec.Name] = m
			} else {
				elsewhere[spec.Spec.Name] = m
			}
		}
	}
	for name := range v.held {
		if here[name] == nil && (elsewhere[name] == nil || !v.opts.Active()) {
			delete(v.held, name) // it is watched no longer, or another's already
		}
	}
	maps.DeleteFunc(here, func(name string, _ *monitor) bool { return v.held[name] != nil })
	if !v.opts.Active() {
		if len(here) > 0 {
			return ErrInactive
		}
		return nil
	}
	if err := v.giveUp(ctx, elsewhere); err != nil {
		return fmt.Errorf("give monitors up: %w", err)
	}
	if err := v.takeOver(ctx, here); err != nil {
		return fmt.Errorf("take monitors over: %w", err)
	}
	return nil
}

// giveUp publishes the last state of monitors that were this process's, and drops
// what the store has of those that are others'.
func (v *Moves) giveUp(ctx context.Context, ms map[string]*monitor) error {
	if len(ms) == 0 {
		return nil
	}
	err := v.opts.Store.Update(func(tx *store.Tx) error {
		var entries []source.Entry
		for name, m := range ms {
			if v.held[name] != nil {
				es, _, err := v.load(tx, m)
				if err != nil {
					return err
				}
				entries = append(entries, es...)
			}
			if tx.Meta(epochKey(name)) == nil {
				continue // it was never this process's
			}
			if err := forget(tx, name); err != nil {
				return err
			}
		}
		return v.opts.Ledger.Put(ctx, entries)
	})
	if err == nil {
		maps.DeleteFunc(v.held, func(name string, _ *holding) bool { return ms[name] != nil })
	}
	return err
}

// takeOver makes monitors this process's. The ledger knows of it before the store
// does: of two states of one epoch the ledger's is the newer one unless the
// store's is of this owner.
func (v *Moves) takeOver(ctx context.Context, ms map[string]*monitor) error {
	if len(ms) == 0 {
		return nil
	}
	var spaces []string
	for _, name := range slices.Sorted(maps.Keys(ms)) {
		spaces = append(spaces, v.space(name))
	}
	found, err := v.opts.Ledger.Get(ctx, spaces)
	if err != nil {
		return err
	}
	var done []func()
	var entries, old []source.Entry
	err = v.opts.Store.Update(func(tx *store.Tx) error {
		for name, m := range ms {
			l, err := readLedger(found[v.space(name)])
			if err != nil {
				return fmt.Errorf("monitor %q: %w", name, err)
			}
			es, publish, err := v.begin(tx, m, l)
			if err != nil {
				return fmt.Errorf("monitor %q: %w", name, err)
			}
			for _, key := range l.old {
				old = append(old, source.Entry{Space: v.space(name), Key: key})
			}
			entries, done = append(entries, es...), append(done, publish)
		}
		return v.opts.Ledger.Put(ctx, entries)
	})
	if err != nil {
		for name := range ms {
			delete(v.held, name)
		}
		return err
	}
	for _, fn := range done {
		fn()
	}
	old = slices.DeleteFunc(old, func(o source.Entry) bool { // a crash may have left what is written again
		return slices.ContainsFunc(entries, func(e source.Entry) bool { return e.Space == o.Space && e.Key == o.Key })
	})
	if err := v.opts.Ledger.Put(ctx, old); err != nil {
		v.opts.Log.Warn("former states of monitors could not be removed; the next take-over does", "error", err)
	}
	return nil
}

// begin brings the store up to the newest state of a monitor and begins an epoch.
func (v *Moves) begin(tx *store.Tx, m *monitor, l *ledgerState) ([]source.Entry, func(), error) {
	name := m.Spec.Name
	h := &holding{parts: map[part]ledgerPart{}, changed: map[window.Time]bool{}}
	local, owner := readEpoch(tx, name)
	moved := l.state != nil && (local < l.epoch || local == l.epoch && owner != l.state.Owner)
	if moved {
		v.opts.Log.Debug("a monitor moves here", "monitor", name, "from", l.state.Owner, "epoch", l.epoch+1)
		if err := l.state.install(tx, m.Monitor, l.parts); err != nil {
			return nil, nil, err
		}
	}
	for p, found := range l.parts {
		var err error
		if p.kind == partPane {
			found.cuts, err = monitors.DecodeCuts(found.value)
		}
		if err != nil {
			return nil, nil, err
		}
		found.value = nil
		if !moved && p.kind != partPane { // the store may have another by now
			found.stale = true
		}
		h.parts[p] = found
	}
	h.epoch = max(l.epoch, local) + 1
	if err := tx.PutMeta(epochKey(name), fmt.Appendf(nil, "%d %s", h.epoch, v.opts.Owner)); err != nil {
		return nil, nil, err
	}
	v.held[name] = h
	return v.load(tx, m)
}

// change notes that parts of a monitor under an end change in the store.
func (v *Moves) change(monitor string, end window.Time) {
	if v != nil && v.held[monitor] != nil {
		v.held[monitor].changed[end] = true
	}
}

// load returns the entries of a monitor that no engine runs.
func (v *Moves) load(tx *store.Tx, m *monitor) ([]source.Entry, func(), error) {
	if err := m.loadPanes(tx); err != nil {
		return nil, nil, err
	}
	return v.entries(tx, m)
}

// publish brings the ledger up to what the store has of monitors.
func (v *Moves) publish(ctx context.Context, ms []*monitor) error {
	if !v.opts.Active() {
		return ErrInactive
	}
	var entries []source.Entry
	var done []func()
	err := v.opts.Store.View(func(tx *store.Tx) error {
		for _, m := range ms {
			es, published, err := v.entries(tx, m)
			if err != nil {
				return err
			}
			entries, done = append(entries, es...), append(done, published)
		}
		return v.opts.Ledger.Put(ctx, entries) // in here, for panes are the store's own bytes
	})
	if err != nil {
		return err
	}
	for _, fn := range done {
		fn()
	}
	return nil
}

// entries returns what is to be put into the ledger of a monitor: first the parts
// that are new, then the state, which refers to them, and then parts that are of
// no more use. published is to be called when it is there.
func (v *Moves) entries(tx *store.Tx, m *monitor) (entries []source.Entry, published func(), err error) {
	name := m.Spec.Name
	h, space := v.held[name], v.space(name)
	state, err := readState(tx, m)
	if err != nil {
		return nil, nil, err
	}
	state.Epoch, state.Owner = h.epoch, v.opts.Owner
	parts, fresh, err := m.parts(tx, h, state)
	if err != nil {
		return nil, nil, err
	}
	for p := range fresh {
		entries = append(entries, source.Entry{Space: space, Key: parts[p].key, Value: p.read(tx, name)})
	}
	b, err := json.Marshal(state)
	if err != nil {
		return nil, nil, err
	}
	entries = append(entries, source.Entry{Space: space, Key: stateKey(h.epoch), Value: b})
	for p, old := range h.parts {
		if parts[p].key != old.key {
			entries = append(entries, source.Entry{Space: space, Key: old.key})
		}
	}
	return entries, func() { h.parts = parts; clear(h.changed) }, nil
}

func (v *Moves) space(monitor string) string { return v.opts.Group + "/" + monitor }

// stateKey is the key of an epoch's state, in a monitor's space.
func stateKey(epoch uint64) string { return fmt.Sprintf("state/%d", epoch) }

// epochKey is where the store has the epoch of a monitor, and its owner then.
func epochKey(monitor string) string { return epochPrefix + monitor }

const epochPrefix = "epoch "

// Former returns the monitors that were this process's when it ended.
func (v *Moves) Former() (names []string, err error) {
	err = v.opts.Store.View(func(tx *store.Tx) error {
		tx.Metas(epochPrefix, func(key string, _ []byte) { names = append(names, strings.TrimPrefix(key, epochPrefix)) })
		return nil
	})
	return names, err
}

func readEpoch(tx *store.Tx, monitor string) (epoch uint64, owner string) {
	number, owner, _ := strings.Cut(string(tx.Meta(epochKey(monitor))), " ")
	epoch, _ = strconv.ParseUint(number, 10, 64) // none is 0
	return epoch, owner
}
