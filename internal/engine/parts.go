package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// part is something of a monitor that the store has under an end and that moves
// as an entry of its own.
type part struct {
	kind string
	end  window.Time
}

const (
	partPane   = "pane"   // a closed pane
	partLate   = "late"   // late records of one
	partWindow = "window" // a window's result, where later ones are held against it or late records may change it
	partJudged = "judged" // what a window was judged by
)

func (p part) read(tx *store.Tx, monitor string) []byte {
	switch p.kind {
	case partPane:
		return tx.Profile(monitor, p.end)
	case partLate:
		return tx.Late(monitor, p.end)
	case partWindow:
		return tx.Window(monitor, p.end)
	}
	return tx.Judged(monitor, p.end)
}

func (p part) write(tx *store.Tx, monitor string, b []byte) error {
	switch p.kind {
	case partPane:
		return tx.PutProfile(monitor, p.end, b)
	case partLate:
		return tx.PutLate(monitor, p.end, b)
	case partWindow:
		return putResult(tx, monitor, p.end, b)
	}
	return tx.PutJudged(monitor, p.end, b)
}

func putResult(tx *store.Tx, monitor string, end window.Time, b []byte) error {
	w := &checks.Window{}
	if err := json.Unmarshal(b, w); err != nil {
		return fmt.Errorf("read window %v: %w", end, err)
	}
	return errors.Join(tx.PutRevision(monitor, end, b), tx.PutDigest(monitor, end, digest.Append(nil, w)))
}

// ledgerPart is a part as the ledger has it.
type ledgerPart struct {
	key   string
	epoch uint64
	cuts  []checks.Cut // of a pane
	value []byte       // as it was found there
	stale bool         // the store may have another
}

// amends reports whether parts may change after they were written first. Their keys
// are new ones each time then, and the state says which are its own.
func (m *monitor) amends() bool { return m.Spec.Window.Amend > 0 }

// unchanging is the end of the keys of other parts.
const unchanging = "/0"

func (h *holding) key(p part, changes bool) string {
	n := uint64(0)
	if changes && p.kind != partPane {
		h.written++
		n = h.written
	}
	return fmt.Sprintf("%s/%d/%d/%d", p.kind, h.epoch, p.end, n)
}

// parts returns all parts that another process would need, and those of them that
// the ledger does not have. It notes in the state which are its own.
func (m *monitor) parts(tx *store.Tx, h *holding, state *movedState) (all map[part]ledgerPart, fresh map[part]bool, err error) {
	results := m.resultsNeeded(tx)
	all, fresh = map[part]ledgerPart{}, map[part]bool{}
	add := func(p part) (isNew bool) {
		if old, known := h.parts[p]; known && !old.stale && (p.kind == partPane || !h.changed[p.end]) {
			return false
		}
		b := p.read(tx, m.Spec.Name)
		if b == nil {
			return true
		}
		entry := ledgerPart{key: h.key(p, m.amends()), epoch: h.epoch}
		if p.kind == partPane {
			var cutErr error
			entry.cuts, cutErr = monitors.DecodeCuts(b)
			err = errors.Join(err, cutErr)
		}
		all[p], fresh[p] = entry, true
		return true
	}
	newest := window.None // pane, which is needed always
	tx.Profiles(m.Spec.Name, window.None, func(end window.Time, _ []byte) bool {
		p := part{partPane, end}
		isNew := add(p) // or else those before it are known too
		if newest = max(newest, end); isNew && end < newest && !state.needs(end, all[p].cuts, m.reach()) {
			delete(all, p)
			delete(fresh, p)
			return false
		}
		return isNew
	})
	tx.Windows(m.Spec.Name, results, window.Newest, func(end window.Time, _ []byte) bool {
		isNew := add(part{partWindow, end})
		if m.amends() {
			add(part{partJudged, end})
		}
		return isNew
	})
	if m.amends() {
		for _, end := range tx.LateEnds(m.Spec.Name, m.reach(), window.Newest) {
			add(part{partLate, end})
		}
		for end := range h.changed {
			for _, kind := range []string{partWindow, partJudged} {
				add(part{kind, end})
			}
		}
	}
	for p, old := range h.parts {
		if needed := p.end == newest && p.kind == partPane || m.needsPart(p, old.cuts, state, results); needed && !fresh[p] {
			all[p] = old
		}
	}
	for _, entry := range all {
		if !strings.HasSuffix(entry.key, unchanging) {
			state.Parts = append(state.Parts, entry.key)
		}
	}
	slices.Sort(state.Parts)
	return all, fresh, err
}

func (m *monitor) needsPart(p part, cuts []checks.Cut, state *movedState, results window.Time) bool {
	switch p.kind {
	case partPane:
		return state.needs(p.end, cuts, m.reach())
	case partWindow:
		return p.end > results
	}
	return m.amends() && p.end > m.reach()
}

// resultsNeeded is the end after which results of closed windows are held against
// later ones, or may change.
func (m *monitor) resultsNeeded(tx *store.Tx) window.Time {
	results := window.Newest
	if m.amends() {
		results = m.reach()
	}
	if m.program == nil || !m.program.LooksBack() || m.windows.Closed() == window.None {
		return results
	}
	size := m.Spec.Window.Size
	if m.Spec.Window.Rows == 0 {
		// Twice its size more, for days of 25 hours.
		return min(results, m.windows.Closed().Add(-m.program.Reach(size)-2*size))
	}
	n := 0
	tx.Volumes(m.Spec.Name, func(v store.Volume) bool { // windows that count look back on a number of them
		results = min(results, v.End-1)
		n++
		return n <= mostLookedBack
	})
	return results
}

// mostLookedBack is how many windows before a rule looks back on, at most.
const mostLookedBack = 100

// ledgerState is what the ledger has of one monitor.
type ledgerState struct {
	epoch uint64
	state *movedState // of the epoch; nil: there is none
	parts map[part]ledgerPart
	old   []string // keys that the next epoch makes useless
}

// readLedger takes the state of the highest epoch, and each part of the highest
// one that has it. What a process wrote that had lost the monitor is left out.
func readLedger(entries map[string][]byte) (*ledgerState, error) {
	l := &ledgerState{parts: map[part]ledgerPart{}}
	for key := range entries {
		number, isState := strings.CutPrefix(key, "state/")
		if !isState {
			continue
		}
		epoch, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("unknown entry %q in the ledger", key)
		}
		l.epoch = max(l.epoch, epoch)
		l.old = append(l.old, key)
	}
	if b := entries[stateKey(l.epoch)]; b != nil {
		l.state = &movedState{}
		if err := json.Unmarshal(b, l.state); err != nil {
			return nil, fmt.Errorf("read its state: %w", err)
		}
	}
	for key, b := range entries {
		if strings.HasPrefix(key, "state/") {
			continue
		}
		p, found, err := readPart(key)
		if err != nil {
			return nil, err
		}
		found.value = b
		before, known := l.parts[p]
		switch {
		case !l.state.has(p, found):
			l.old = append(l.old, key)
		case known && before.epoch > found.epoch:
			l.old = append(l.old, key)
		default:
			if known {
				l.old = append(l.old, before.key)
			}
			l.parts[p] = found
		}
	}
	return l, nil
}

func readPart(key string) (part, ledgerPart, error) {
	f := strings.Split(key, "/")
	if len(f) != 4 {
		return part{}, ledgerPart{}, fmt.Errorf("unknown entry %q in the ledger", key)
	}
	epoch, epochErr := strconv.ParseUint(f[1], 10, 64)
	end, endErr := strconv.ParseInt(f[2], 10, 64)
	if err := errors.Join(epochErr, endErr); err != nil {
		return part{}, ledgerPart{}, fmt.Errorf("unknown entry %q in the ledger", key)
	}
	return part{f[0], window.Time(end)}, ledgerPart{key: key, epoch: epoch}, nil
}

// has reports whether a part is one of the state's.
func (s *movedState) has(p part, found ledgerPart) bool {
	switch {
	case s == nil:
		return false
	case !strings.HasSuffix(found.key, unchanging):
		return slices.Contains(s.Parts, found.key)
	}
	return found.epoch <= s.Epoch && p.end <= orNone(s.Closed)
}
