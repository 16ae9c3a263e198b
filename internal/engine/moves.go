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
	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
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
	epoch uint64
	panes map[window.Time]ledgerPane // those in the ledger, by end
}

type ledgerPane struct {
	key  string
	cuts []checks.Cut
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
func (v *Moves) Settle(ctx context.Context, plans []*monitors.Plan, mine func(monitor string) bool) error {
	here, elsewhere := map[string]*monitor{}, map[string]*monitor{}
	for _, plan := range plans {
		for _, m := range plan.Monitors {
			if mine(m.Spec.Name) {
				here[m.Spec.Name] = newMonitor(m)
			} else {
				elsewhere[m.Spec.Name] = newMonitor(m)
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
	var old []source.Entry
	err = v.opts.Store.Update(func(tx *store.Tx) error {
		var entries []source.Entry
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
	if err := v.opts.Ledger.Put(ctx, old); err != nil {
		v.opts.Log.Warn("former states of monitors could not be removed; the next take-over does", "error", err)
	}
	return nil
}

// begin brings the store up to the newest state of a monitor and begins an epoch.
func (v *Moves) begin(tx *store.Tx, m *monitor, l *ledgerState) ([]source.Entry, func(), error) {
	name := m.Spec.Name
	h := &holding{epoch: l.epoch, panes: map[window.Time]ledgerPane{}}
	local, owner := readEpoch(tx, name)
	if l.state != nil && (local < l.epoch || local == l.epoch && owner != l.state.Owner) {
		v.opts.Log.Info("a monitor moves here", "monitor", name, "from", l.state.Owner, "epoch", l.epoch+1)
		if err := l.state.install(tx, m.Monitor, l.panes); err != nil {
			return nil, nil, err
		}
	}
	for end, p := range l.panes {
		cuts, err := monitors.DecodeCuts(p.value)
		if err != nil {
			return nil, nil, err
		}
		h.panes[end] = ledgerPane{p.key, cuts}
	}
	h.epoch = max(l.epoch, local) + 1
	if err := tx.PutMeta(epochKey(name), fmt.Appendf(nil, "%d %s", h.epoch, v.opts.Owner)); err != nil {
		return nil, nil, err
	}
	v.held[name] = h
	return v.load(tx, m)
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

// entries returns what is to be put into the ledger of a monitor: its closed
// panes first, since its state refers to them. published is to be called then.
func (v *Moves) entries(tx *store.Tx, m *monitor) (entries []source.Entry, published func(), err error) {
	name := m.Spec.Name
	h, space := v.held[name], v.space(name)
	state, err := readState(tx, m)
	if err != nil {
		return nil, nil, err
	}
	state.Epoch, state.Owner = h.epoch, v.opts.Owner
	fresh, err := v.freshPanes(tx, m, state)
	if err != nil {
		return nil, nil, err
	}
	for end, p := range fresh {
		entries = append(entries, source.Entry{Space: space, Key: p.key, Value: tx.Profile(name, end)})
	}
	b, err := json.Marshal(state)
	if err != nil {
		return nil, nil, err
	}
	entries = append(entries, source.Entry{Space: space, Key: stateKey(h.epoch), Value: b})
	newest := window.None
	for _, panes := range []map[window.Time]ledgerPane{h.panes, fresh} {
		for end := range panes {
			newest = max(newest, end)
		}
	}
	var old []window.Time
	for end, p := range h.panes {
		if end < newest && !state.needs(end, p.cuts, m.reach()) {
			entries = append(entries, source.Entry{Space: space, Key: p.key})
			old = append(old, end)
		}
	}
	return entries, func() {
		maps.Copy(h.panes, fresh)
		for _, end := range old {
			delete(h.panes, end)
		}
	}, nil
}

// freshPanes returns the closed panes that another process would need and that
// are not in the ledger. The newest is needed always.
func (v *Moves) freshPanes(tx *store.Tx, m *monitor, state *movedState) (map[window.Time]ledgerPane, error) {
	h, fresh := v.held[m.Spec.Name], map[window.Time]ledgerPane{}
	var fail error
	tx.Profiles(m.Spec.Name, window.None, func(end window.Time, b []byte) bool {
		if _, known := h.panes[end]; known {
			return false // and so are those before it
		}
		var cuts []checks.Cut
		if cuts, fail = monitors.DecodeCuts(b); fail != nil {
			return false
		}
		if len(fresh) > 0 && !state.needs(end, cuts, m.reach()) {
			return false
		}
		fresh[end] = ledgerPane{paneKey(h.epoch, end), cuts}
		return true
	})
	return fresh, fail
}

func (v *Moves) space(monitor string) string { return v.opts.Group + "/" + monitor }

// Keys of the ledger, in a monitor's space.
func stateKey(epoch uint64) string                 { return fmt.Sprintf("state/%d", epoch) }
func paneKey(epoch uint64, end window.Time) string { return fmt.Sprintf("pane/%d/%d", epoch, end) }

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

// ledgerState is what the ledger has of one monitor.
type ledgerState struct {
	epoch uint64
	state *movedState // of the epoch; nil: there is none
	panes map[window.Time]movedPane
	old   []string // keys that the next epoch makes useless
}

type movedPane struct {
	epoch uint64
	key   string
	value []byte
}

// readLedger takes the state of the highest epoch, and each pane of the highest
// one that closed it. What a process wrote that had lost the monitor is left out.
func readLedger(entries map[string][]byte) (*ledgerState, error) {
	l := &ledgerState{panes: map[window.Time]movedPane{}}
	for key := range entries {
		kind, number, _ := strings.Cut(key, "/")
		if kind == "state" {
			epoch, err := strconv.ParseUint(number, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("unknown entry %q in the ledger", key)
			}
			l.epoch = max(l.epoch, epoch)
			l.old = append(l.old, key)
		}
	}
	if b := entries[stateKey(l.epoch)]; b != nil {
		l.state = &movedState{}
		if err := json.Unmarshal(b, l.state); err != nil {
			return nil, fmt.Errorf("read its state: %w", err)
		}
	}
	for key, b := range entries {
		var p movedPane
		var end window.Time
		if n, err := fmt.Sscanf(key, "pane/%d/%d", &p.epoch, &end); n != 2 || err != nil {
			continue
		}
		p.key, p.value = key, b
		before, known := l.panes[end]
		switch {
		case l.state == nil || p.epoch > l.epoch || end > orNone(l.state.Closed):
			l.old = append(l.old, key)
		case known && before.epoch > p.epoch:
			l.old = append(l.old, key)
		case known:
			l.old = append(l.old, before.key)
			fallthrough
		default:
			l.panes[end] = p
		}
	}
	return l, nil
}
