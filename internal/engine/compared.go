package engine

import (
	"encoding/json"
	"errors"
	"fmt"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// Compared returns the profiles that a closed window's results of a field were
// computed from. A reference that the store does not have any more is left out,
// with the reason; a window whose profile it does not have, and a field that is
// redacted, is a *snapshot.Refusal.
func (e *Engine) Compared(name string, end window.Time, segment, field string) (out monitors.Compared, err error) {
	m, err := e.seq.find(name)
	if err != nil {
		return out, err
	}
	if m.Spec.Redaction()[field] {
		return out, snapshot.Refused("the values of %q are redacted", field)
	}
	c, w := monitors.Closing{}, &checks.Window{}
	err = e.opts.Store.View(func(tx *store.Tx) (err error) {
		if c.Pane, err = keptSpan(tx, m, end); err != nil {
			return err
		}
		if err := json.Unmarshal(tx.Window(name, end), w); err != nil || w.Revision == 0 {
			return err
		}
		return m.mergeLate(tx, &revision{old: w, pane: c.Pane})
	})
	if err != nil {
		return out, err
	}
	reference, gone, err := e.comparedWith(m, w)
	if err != nil {
		return out, err
	}
	c.Reference = reference
	out, ok := m.Compare(c, segment, field)
	if !ok {
		return out, snapshot.Missing("window %v of %q has no field %q in segment %q", end, name, field, segment)
	}
	if gone != "" {
		out.NoReference = gone
	}
	return out, nil
}

// comparedWith returns the reference of a closed window, or why it cannot be had any
// more.
func (e *Engine) comparedWith(m *monitor, w *checks.Window) (*monitors.Baseline, string, error) {
	if b := e.baselines.get(m.Spec.Name, w.Reference); b != nil {
		return b, "", nil
	}
	r, err := NewReview(e.opts.Store, m.Monitor, e.opts.Log)
	if errors.Is(err, ErrOtherMonitor) {
		return nil, "the monitor has changed since", nil
	}
	if err != nil {
		return nil, "", err
	}
	b, kept := r.Reference(w)
	if !kept {
		return nil, fmt.Sprintf("the reference %.12s that the window was compared with is not kept any more", w.Reference), nil
	}
	if b != nil {
		e.baselines.put(m.Spec.Name, b)
	}
	return b, "", nil
}
