package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"strings"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// Review finds in a store what the results of a monitor's closed windows are a
// function of, beside their records: what they were compared with, and the
// windows before them. It changes nothing.
type Review struct {
	s       *sequencer
	m       *monitor
	volumes []store.Volume       // of all windows that are kept, oldest first
	all     bool                 // none was removed
	looked  int                  // volumes that are in the monitor's history
	fixed   []*monitors.Baseline // references that do not depend on the window
}

// ErrOtherMonitor says that a store's windows are not of the monitor that is asked
// about: it has other fields, segments, conditions, windows or another reference
// file.
var ErrOtherMonitor = errors.New("the monitor that made them counted something else")

// NewReview reads what the store has of a monitor. It is ErrOtherMonitor where that
// counted something else.
func NewReview(st *store.Store, m *monitors.Monitor, log *slog.Logger) (*Review, error) {
	r := &Review{s: &sequencer{opts: &Options{Store: st, Log: log}}}
	r.m = &monitor{Monitor: m}
	r.m.blocks = monitors.NewBlocks(m)
	return r, st.View(r.load)
}

func (r *Review) load(tx *store.Tx) error {
	name := r.m.Spec.Name
	if of, _, _ := strings.Cut(string(tx.Monitor(name)), " "); of != r.m.Identity() {
		return fmt.Errorf("windows of %q: %w", name, ErrOtherMonitor)
	}
	tx.Volumes(name, func(v store.Volume) bool {
		r.volumes = append(r.volumes, v)
		return true
	})
	slices.Reverse(r.volumes)
	r.all = tx.WindowsTotal(name) == uint64(len(r.volumes))
	if r.m.Reference != nil {
		r.fixed = append(r.fixed, r.m.Reference)
	}
	p, err := readPin(tx, name)
	if err != nil {
		return err
	}
	if p != nil {
		if err := p.prepare(); err != nil {
			return err
		}
		r.fixed = append(r.fixed, p.baseline)
	}
	return r.loadFirst(tx)
}

func (r *Review) loadFirst(tx *store.Tx) error {
	first := firstWindows{wanted: r.m.Spec.Reference.First}
	b := tx.Reference(r.m.Spec.Name, kindFirst)
	if b == nil || first.wanted == 0 {
		return nil
	}
	err := first.read(r.m.Monitor, b)
	if errors.Is(err, monitors.ErrShape) {
		return nil
	}
	if first.baseline != nil {
		r.fixed = append(r.fixed, first.baseline)
	}
	return err
}

// Reference returns what a window says that it was compared with; nil where that is
// nothing. It is false if the store does not have it any more. Windows are asked
// about in the order of their ends.
func (r *Review) Reference(w *checks.Window) (*monitors.Baseline, bool) {
	if w.Reference == "" || len(r.m.Spec.Reference.Segment) > 0 {
		return nil, true
	}
	for _, b := range r.fixed {
		if b.Hash == w.Reference {
			return b, true
		}
	}
	r.m.past = r.before(w.End)
	b := r.s.reference(r.m, w.Start, w.End)
	return b, b != nil && b.Hash == w.Reference
}

// History returns the windows that a window's volume was judged by. It is false if
// some of them may be gone. Windows are asked about in the order of their ends.
func (r *Review) History(w *checks.Window) (past []checks.Past, all bool) {
	for ; r.looked < len(r.volumes) && r.volumes[r.looked].End < w.End; r.looked++ {
		if v := r.volumes[r.looked]; r.m.remembers(v) {
			r.m.history = append(r.m.history, checks.Past{Start: v.Start, Rows: v.Rows})
		}
	}
	return r.m.historyBefore(w.Start), r.all
}

// before returns the windows that end before end.
func (r *Review) before(end window.Time) []store.Volume {
	return r.volumes[:sort.Search(len(r.volumes), func(i int) bool { return r.volumes[i].End >= end })]
}

// Mine reports whether a window may be the monitor's as it is now: it has its form,
// and no pane in it that is kept was counted by another version. A partial one has
// to have all its panes, because another version may have counted those that it
// lacks.
func (r *Review) Mine(w *checks.Window) bool {
	windows := r.m.Windows()
	mine := windows.Spans(w.Start, w.End)
	_ = r.s.opts.Store.View(func(tx *store.Tx) error { // which has no error of its own
		for end := windows.End(w.Start); mine && end <= w.End; end = windows.End(end) {
			b := tx.Profile(r.m.Spec.Name, end)
			mine = b != nil && r.m.Made(b) || b == nil && !w.Partial
		}
		return nil
	})
	return mine
}

// Pane returns the closed pane that ends at end; nil if it is not kept, or if
// another version of the monitor counted it.
func (r *Review) Pane(end window.Time) (p *monitors.Pane, err error) {
	err = r.s.opts.Store.View(func(tx *store.Tx) error {
		p, err = readPane(tx, r.m.Monitor, end)
		return err
	})
	return p, err
}
