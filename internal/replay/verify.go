package replay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"driftwatch/internal/engine"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// VerifyOptions say which stored windows are computed again, and from what.
type VerifyOptions struct {
	Plans    []*monitors.Plan
	Store    *store.Store
	Logs     Logs
	From, To time.Time         // only windows that lie between them; zero: no bound
	Progress func(records int) // if not nil, told of records that were read
	Log      *slog.Logger
}

// The outcomes of computing a window again.
const (
	OK           = "ok"           // the same bytes
	Differs      = "differs"      // other bytes
	Unverifiable = "unverifiable" // what it was computed from is not there any more
)

// Outcome is what came of computing one window again.
type Outcome struct {
	Monitor string      `json:"monitor"`
	Start   window.Time `json:"start"`
	End     window.Time `json:"end"`
	Outcome string      `json:"outcome"`
	Why     string      `json:"why,omitempty"`
}

// Verify computes the windows that a store has from the records of their cuts, and
// compares bytes.
func Verify(ctx context.Context, o VerifyOptions) (*Verification, error) {
	if _, err := o.Logs.Partitions(ctx); err != nil {
		return nil, err
	}
	out := &Verification{}
	for _, plan := range o.Plans {
		for _, m := range plan.Monitors {
			v := &verifier{VerifyOptions: &o, monitor: m, out: out}
			v.recount = recount{plan: plan, monitor: m, logs: o.Logs, progress: o.Progress}
			if err := v.run(ctx); err != nil {
				return nil, fmt.Errorf("verify monitor %q: %w", m.Spec.Name, err)
			}
		}
	}
	slices.SortStableFunc(out.Windows, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Monitor, b.Monitor))
	})
	return out, nil
}

// verifier verifies the windows of one monitor.
type verifier struct {
	*VerifyOptions
	monitor *monitors.Monitor
	review  *engine.Review
	recount recount
	out     *Verification
}

// together bounds the windows that are counted again at a time.
const together = 64

func (v *verifier) run(ctx context.Context) (err error) {
	ends := v.ends()
	v.review, err = engine.NewReview(v.Store, v.monitor, v.Log)
	if errors.Is(err, engine.ErrOtherMonitor) {
		for _, p := range ends {
			v.report(p.Start, p.End, Unverifiable, engine.ErrOtherMonitor.Error())
		}
		return nil
	}
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ends, together) {
		if err := v.chunk(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// ends are the windows that were asked for, oldest first.
func (v *verifier) ends() (list []store.Volume) {
	from, to := bound(v.From), bound(v.To)
	_ = v.Store.View(func(tx *store.Tx) error { // which has no error of its own
		tx.Volumes(v.monitor.Spec.Name, func(w store.Volume) bool {
			if w.Start >= from && (to == 0 || w.End <= to) {
				list = append(list, w)
			}
			return true
		})
		return nil
	})
	slices.Reverse(list)
	return list
}

// chunk verifies some windows. Those whose result cannot be read at all differ.
func (v *verifier) chunk(ctx context.Context, some []store.Volume) error {
	var windows []*checks.Window
	results := map[window.Time][]byte{}
	err := v.Store.View(func(tx *store.Tx) error {
		for _, s := range some {
			w, b := &checks.Window{}, slices.Clone(tx.Window(v.monitor.Spec.Name, s.End))
			if err := json.Unmarshal(b, w); err != nil || w.Start != s.Start || w.End != s.End || len(w.Segments) == 0 {
				v.report(s.Start, s.End, Differs, fmt.Sprintf("its result cannot be read: %v", cmp.Or(err, errNotOf)))
				continue
			}
			results[s.End] = b
			windows = append(windows, w)
		}
		return nil
	})
	if err != nil {
		return err
	}
	windows = slices.DeleteFunc(windows, func(w *checks.Window) bool {
		other := !v.review.Mine(w)
		if other {
			v.report(w.Start, w.End, Unverifiable, engine.ErrOtherMonitor.Error())
		}
		return other
	})
	if err := v.recount.run(ctx, windows); err != nil {
		return err
	}
	for _, w := range windows {
		outcome, why, err := v.judge(w, results[w.End])
		if err != nil {
			return err
		}
		v.report(w.Start, w.End, outcome, why)
	}
	return nil
}

var errNotOf = errors.New("it is not of this window")

func (v *verifier) report(start, end window.Time, outcome, why string) {
	v.out.add(Outcome{Monitor: v.monitor.Spec.Name, Start: start, End: end, Outcome: outcome, Why: why})
}

// judge computes a window again and compares.
func (v *verifier) judge(w *checks.Window, stored []byte) (outcome, why string, err error) {
	if why := v.recount.why(w); why != "" {
		return Unverifiable, why, nil
	}
	if why := cmp.Or(v.differentCut(w), v.differentPane(w), v.differentLate(w)); why != "" {
		return Differs, why, nil
	}
	reference, there := v.review.Reference(w)
	if !there {
		return Unverifiable, "what it was compared with is not there any more: " + w.Reference, nil
	}
	again, err := v.evaluate(w, reference)
	if err != nil || bytes.Equal(again, stored) {
		return OK, "", err
	}
	return Differs, v.difference(stored, again), nil
}

// differentCut says which partition has other records than the window's cut says,
// or "".
func (v *verifier) differentCut(w *checks.Window) string {
	for _, j := range jobsOf(w, w.Start) {
		newest := window.None
		for end := range v.recount.panes {
			if t, ok := v.recount.newest[paneOf{j.Partition, end}]; ok && end > j.lo && end <= j.hi {
				newest = max(newest, t)
			}
		}
		if j.Newest == nil || *j.Newest != newest {
			return fmt.Sprintf("the newest record of partition %d is of %v", j.Partition, newest)
		}
	}
	return ""
}

// differentPane says which of the window's panes that are still stored differs from
// what was counted again, or "".
func (v *verifier) differentPane(w *checks.Window) string {
	for _, end := range v.panesOf(w) {
		stored, err := v.review.Pane(end)
		if stored == nil && err == nil {
			continue
		}
		p := v.recount.pane(end)
		if err == nil {
			p.Cuts = stored.Cuts
			var same bool
			if same, err = equal(p, stored); same {
				continue
			}
		}
		return cmp.Or(reason(err), fmt.Sprintf("the profile up to %v has %d rows, counted again %d, or other values", end, stored.Rows(), p.Rows()))
	}
	return ""
}

// differentLate says how many late records amend a window, if not as many as it
// says, or "".
func (v *verifier) differentLate(w *checks.Window) string {
	rows := uint64(0)
	if late := v.recount.late[w.End]; late != nil {
		rows = late.Rows()
	}
	if rows == uint64(w.Revision) {
		return ""
	}
	return fmt.Sprintf("it has %d late records, counted again %d", w.Revision, rows)
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return "its profile cannot be read: " + err.Error()
}

// equal reports whether two panes have the same bytes.
func equal(p, q *monitors.Pane) (bool, error) {
	a, err := p.AppendBinary(nil)
	if err != nil {
		return false, err
	}
	b, err := q.AppendBinary(nil)
	return bytes.Equal(a, b), err
}

// panesOf are the ends of a window's panes.
func (v *verifier) panesOf(w *checks.Window) (ends []window.Time) {
	grid := v.monitor.Windows().Grid
	for end := grid.End(w.Start); end <= w.End; end = grid.End(end) {
		ends = append(ends, end)
	}
	return ends
}

// evaluate computes the window's result as it was.
func (v *verifier) evaluate(w *checks.Window, reference *monitors.Baseline) ([]byte, error) {
	pane := v.monitor.NewSpan(w.Start, w.End)
	for _, end := range v.panesOf(w) {
		if err := pane.Merge(v.recount.pane(end)); err != nil {
			return nil, err
		}
	}
	if late := v.recount.late[w.End]; late != nil {
		if err := pane.Merge(late); err != nil {
			return nil, err
		}
	}
	history, all := v.review.History(w)
	again := v.monitor.Evaluate(monitors.Closing{
		Pane: pane, Cut: w.Cut, Partial: w.Partial, History: history, Reference: reference,
	})
	again.Revision, again.Amended = w.Revision, w.Amended
	again.NoteRedacted(w)
	if volume, ok := w.Whole().Checks["volume"]; ok && !all {
		again.Whole().Checks["volume"] = volume // windows that it looked back on may be gone
	}
	return json.Marshal(again)
}
