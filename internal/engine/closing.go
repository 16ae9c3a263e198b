package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// closing is a pane that all its partitions have sealed, on its way into the
// store, with the window that it ends.
type closing struct {
	monitor  *monitor
	pane     *monitors.Pane // merged
	recorded bool           // the stream has records in it
	window   *checks.Window // nil: none ends here
	judged   judged         // what the window was judged by
	state    rules.State    // after the window
	events   []rules.Event

	evaluations []rules.Evaluation // of the window, by rule
}

// moveHorizon bounds how far partitions may be ahead of the slowest one that
// is not idle. Where memory is short, they may fill the panes that it fills.
func (s *sequencer) moveHorizon(st *stream, now time.Time) {
	horizon := window.Newest
	for _, m := range st.monitors {
		if slowest := m.slowest(now); slowest != window.None {
			shape := m.Windows()
			if s.crowded {
				shape.MaxOpen = 0
			}
			horizon = min(horizon, shape.Horizon(slowest))
		} else {
			horizon = window.None
		}
	}
	if st.horizon.Swap(int64(horizon)) == int64(horizon) {
		return
	}
	for _, p := range st.parts {
		p.worker.mail.post(letter{kind: letterHorizon})
	}
}

// nextClosing returns the monitor's next pane if it can be closed now. Idle
// partitions that it would have to wait for are told to seal it.
func (s *sequencer) nextClosing(m *monitor, now time.Time) *closing {
	end := s.nextEnd(m)
	if end == window.Newest {
		return nil
	}
	var waiting []*partition
	sealed := false
	for _, p := range m.stream.parts {
		switch {
		case p.last != nil && (p.last.final || p.last.monitors[m.index].border >= end):
			sealed = true
		case m.idle(p, now):
			waiting = append(waiting, p)
		default:
			return nil
		}
	}
	// With every partition idle only the wall clock can say that the pane is over.
	if !sealed && now.Before(end.Add(m.Spec.Window.Lateness).Time()) {
		return nil
	}
	if len(waiting) > 0 {
		for _, p := range waiting {
			p.worker.mail.post(letter{kind: letterSeal, monitor: m.index, end: end})
		}
		return nil
	}
	return s.close(m, end)
}

// nextEnd returns the end of the monitor's next pane that is to be closed, or
// window.Newest.
func (s *sequencer) nextEnd(m *monitor) window.Time {
	end, due := m.earliest(), m.windows.Due()
	if end == window.Newest && !m.reached(due) {
		// The stream is silent. What may still come for a pane that nobody waits
		// for must not be late because a window has slid on.
		return window.Newest
	}
	if end = min(end, due); end <= s.opts.To {
		return end
	}
	return window.Newest
}

// reached reports whether some partition has sealed the pane that ends at end.
func (m *monitor) reached(end window.Time) bool {
	return slices.ContainsFunc(m.stream.parts, func(p *partition) bool {
		return p.last != nil && p.last.monitors[m.index].border >= end
	})
}

// earliest returns the end of the monitor's first pane that is not closed and
// that some partition has a pane of, or window.Newest.
func (m *monitor) earliest() window.Time {
	first := window.Newest
	for _, p := range m.stream.parts {
		if p.last == nil {
			continue
		}
		for _, end := range p.last.monitors[m.index].ends {
			if end > m.windows.Closed() {
				first = min(first, end)
				break
			}
		}
	}
	return first
}

// close merges the panes of all partitions, in their order. What it changes in
// the monitor takes effect in the same goroutine's next step; the store follows
// before anybody sees it.
func (s *sequencer) close(m *monitor, end window.Time) *closing {
	c := &closing{monitor: m, pane: m.NewPane(m.Windows().Start(end - 1))}
	c.pane.Cuts = []checks.Cut{}
	for _, p := range m.stream.parts {
		pane := p.sealed[m.index][end]
		if pane == nil {
			c.pane.Cuts = append(c.pane.Cuts, m.cutWithout(p)...)
			continue
		}
		if err := c.pane.Merge(pane); err != nil {
			panic(fmt.Sprintf("panes of one monitor do not merge: %v", err))
		}
		c.pane.Cuts = append(c.pane.Cuts, pane.Cuts...)
		c.recorded = true
		delete(p.sealed[m.index], end)
	}
	m.cuts = append(m.cuts, checks.PaneCuts{End: end, Cuts: c.pane.Cuts})
	if start, ok := m.windows.Close(end, c.pane.Rows(), c.recorded); ok {
		s.judge(c, start)
	}
	needs := m.windows.Needs()
	m.cuts = slices.DeleteFunc(m.cuts, func(p checks.PaneCuts) bool { return p.End <= needs && p.End < end })
	return c
}

// judge runs the checks on the window from start to the pane that was closed, and
// steps the rules.
func (s *sequencer) judge(c *closing, start window.Time) {
	m, end, began := c.monitor, c.pane.End, time.Now()
	from, _ := slices.BinarySearchFunc(m.cuts, start+1, func(p checks.PaneCuts, t window.Time) int { return cmp.Compare(p.End, t) })
	in := monitors.Closing{
		Pane: c.pane, Cut: checks.JoinCuts(m.cuts[from:]), Reference: s.reference(m, start, end),
		History: m.historyBefore(start),
	}
	if start < c.pane.Start {
		var err error
		if in.Pane, err = m.merged.Merge(start, end, func(at window.Time) *monitors.Pane { return s.pane(c, at) }); err != nil {
			panic(fmt.Sprintf("panes of one monitor do not merge: %v", err))
		}
		if in.Pane == nil { // they have gone: the cut says what is missing
			in.Pane = m.NewSpan(start, end)
		}
	}
	firstEnd := m.Windows().End(start)
	in.Partial = start < s.opts.From || start < m.lacks || slices.ContainsFunc(m.stream.parts, func(p *partition) bool {
		lacks := &p.last.monitors[m.index]
		return lacks.whole < end && firstEnd <= lacks.partial
	})
	c.window = m.Evaluate(in)
	if m.Spec.Window.Amend > 0 {
		c.judged = m.judgedBy()
	}
	evaluated := time.Now()
	c.state, c.events, c.evaluations = m.program.Evaluate(m.state, c.window, s.earlier(m))
	m.state = c.state
	s.opts.Timing.Evaluated(c.window, evaluated.Sub(began))
	s.opts.Timing.Stepped(c.window, time.Since(evaluated))
	m.remember(c.window)
	if err := m.refer(c, in.Pane); err != nil {
		panic(fmt.Sprintf("windows of one monitor do not merge: %v", err))
	}
}

// volume is what later windows of the monitor need to know of this one.
func (c *closing) volume() store.Volume {
	w := c.window
	return store.Volume{Start: w.Start, End: w.End, Rows: w.Whole().Rows, Partial: w.Partial, Drift: w.Drift()}
}

// cutWithout is the cut of a partition that has no record in the pane that is
// being closed; none if it never had any.
func (m *monitor) cutWithout(p *partition) []checks.Cut {
	if len(m.cuts) == 0 {
		return nil
	}
	for _, c := range m.cuts[len(m.cuts)-1].Cuts {
		if c.Partition == p.worker.partition.ID && c.Newest != nil {
			return []checks.Cut{c.Without()}
		}
	}
	return nil
}

// historyBefore is the volumes of earlier windows that end at or before start and
// do not overlap each other, so that they are draws of their own. Windows that
// count rows have none: theirs say nothing.
func (m *monitor) historyBefore(start window.Time) []checks.Past {
	past, windows := m.history[max(0, len(m.history)-historyKept):], m.Windows()
	for n := len(past); n > 0 && windows.Index(past[n-1].Start)+int64(windows.Panes) > windows.Index(start); n-- {
		past = past[:n-1]
	}
	return past
}

// keepHistory is how many earlier windows are kept: for the next window, and for
// each that late records may still amend.
func (m *monitor) keepHistory() int {
	w := &m.Spec.Window
	return historyKept + int((w.Amend+w.Lateness)/w.Pane)
}

// remember keeps what later windows need of this one.
func (m *monitor) remember(w *checks.Window) {
	m.total++
	if w.Partial || !m.Windows().Tiles(w.End) {
		return
	}
	m.history = append(m.history, checks.Past{Start: w.Start, Rows: w.Whole().Rows})
	if keep := m.keepHistory(); len(m.history) > 2*keep {
		m.history = append(m.history[:0:0], m.history[len(m.history)-keep:]...)
	}
}

// closed tells the partitions that a stored pane is closed, and shows its window.
func (s *sequencer) closed(c *closing) {
	m := c.monitor
	for _, p := range m.stream.parts {
		p.worker.mail.post(letter{kind: letterClosed, monitor: m.index, end: c.pane.End})
	}
	if c.window == nil {
		return
	}
	due := c.window.End.Add(m.Spec.Window.Lateness).Time()
	s.opts.Timing.Shown(m.Spec.Stream, c.window, max(0, time.Since(due))) // a producer's clock may be ahead of ours
	m.due = m.due || m.Spec.Window.Amend > 0
	m.recent = append(m.recent, c.window)
	if keep := s.keepRecent(); len(m.recent) > keep {
		m.recent = append(m.recent[:0:0], m.recent[len(m.recent)-keep:]...)
	}
	s.note(m, c.evaluations)
	s.tell(c.events)
}

// tell makes stored events known when the next snapshot has their alerts.
func (s *sequencer) tell(events []rules.Event) {
	if len(events) > 0 {
		s.untold = true
	}
	for _, e := range events {
		if e.Alert.State == rules.Resolved {
			s.resolved = append(s.resolved, e.Alert)
		}
	}
	s.resolved = s.resolved[max(0, len(s.resolved)-resolvedKept):]
}
