package replay

import (
	"slices"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// span is the windows that are asked for, and what they are compared with.
type span struct {
	plans    []*monitors.Plan
	programs map[string]*rules.Program // by monitor, without the clock
	from, to window.Time               // 0: no bound
	whole    bool                      // all is read in any case
}

func newSpan(o *Options) span {
	s := span{plans: o.Plans, programs: make(map[string]*rules.Program, len(o.Programs)), from: bound(o.From), to: bound(o.To), whole: o.Whole}
	for name, p := range o.Programs {
		s.programs[name] = p.WithoutClock()
	}
	return s
}

// bound is a time in the past, or 0 for none.
func bound(t time.Time) window.Time {
	if t.IsZero() {
		return 0
	}
	return max(0, window.FromTime(t))
}

// begin is the event time that reading has to begin with, or 0 for all there is:
// windows are compared with others as long before them as their rules reach, and these
// with what the reference reaches. Where windows count rows nobody can say how long
// before that is, nor where they begin.
func (s *span) begin() window.Time {
	begin := s.from
	for _, m := range s.monitors() {
		program, w := s.programs[m.Spec.Name], m.Windows()
		if (w.Rows > 0 || s.whole) && program.Before() > 0 {
			return 0
		}
		if reach := program.Reach(time.Duration(w.Panes) * w.Size); reach+reachOf(m) > 0 {
			begin = min(begin, before(m, s.from, reach+reachOf(m)))
		}
	}
	if s.from == 0 {
		return 0
	}
	return max(1, begin)
}

func (s *span) monitors() (list []*monitors.Monitor) {
	for _, p := range s.plans {
		list = append(list, p.Monitors...)
	}
	return list
}

// reachOf is how long before a window its reference begins.
func reachOf(m *monitors.Monitor) time.Duration {
	return max(m.Spec.Reference.Trailing, m.Spec.Reference.Offset)
}

// before is where what reaches so long before a window that starts at t begins: its
// first window holds panes of before it.
func before(m *monitors.Monitor, t window.Time, reach time.Duration) window.Time {
	w := m.Windows()
	return w.Border(w.Index(w.Back(w.Start(t), reach)) - int64(w.Panes))
}

// short reports whether windows that were asked for may lack some that rules compare
// them with, because reading began only there: a stream that pauses has fewer windows
// than time would hold.
func (r *Result) short(begin window.Time) bool {
	for _, m := range r.monitors() {
		n := r.programs[m.Spec.Name].Before()
		if n == 0 {
			continue
		}
		list := r.volumes(m.Spec.Name)
		first := slices.IndexFunc(list, func(v store.Volume) bool { return v.Start >= r.from })
		if first < 0 {
			continue
		}
		at := list[first].Start
		for i := first - 1; i >= 0 && n > 0; i-- {
			if list[i].End <= at {
				at, n = list[i].Start, n-1
			}
		}
		if n > 0 || before(m, at, reachOf(m)) < begin {
			return true
		}
	}
	return false
}

// volumes lists a monitor's windows, oldest first.
func (r *Result) volumes(monitor string) (list []store.Volume) {
	_ = r.store.View(func(tx *store.Tx) error { // there is nothing to fail
		tx.Volumes(monitor, func(v store.Volume) bool {
			list = append(list, v)
			return true
		})
		return nil
	})
	slices.Reverse(list)
	return list
}
