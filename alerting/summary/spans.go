package summary

import (
	"slices"
	"time"

	"driftwatch/internal/history"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// span is a time in which an alert fired, as far as it lies in the digest's.
type span struct {
	alert      *history.Alert
	begin, end window.Time // event time
	found      time.Time   // of the clock, when it fired; From for one that fired before
	over       time.Time   // of the clock, when it ended; To for one that fires still
	fired      bool        // it fired within the time
	open       bool        // it fires still at the end
}

func (s *span) length() time.Duration { return s.end.Time().Sub(s.begin.Time()) }

// closed returns the end of the newest window that was found before the end of the
// time, or window.None.
func (m *Monitor) closed() window.Time {
	if n := len(m.Windows); n > 0 {
		return m.Windows[n-1].End
	}
	return m.Before
}

// spans goes back from what fires now to the beginning of the time, and returns
// when alerts fired in it, the oldest fire first.
func (m *Monitor) spans(from, to time.Time) (spans []span) {
	open := map[string]*span{}
	for i := range m.Firing {
		if m.Firing[i].State != rules.Firing {
			continue
		}
		a := history.OfAlert(&m.Firing[i])
		open[a.Alert.Fingerprint] = m.openSpan(a.Alert, a.End, to)
	}
	for _, c := range slices.Backward(m.Changes) {
		at, fp := c.At.Time(), c.Alert.Fingerprint
		switch s := open[fp]; {
		case c.Alert.State == rules.Resolved && !at.Before(to):
			open[fp] = m.openSpan(c.Alert, m.firedAt(&c), to)
		case c.Alert.State == rules.Resolved:
			open[fp] = &span{alert: c.Alert, begin: m.firedAt(&c), end: c.End, over: at}
		case s == nil:
		case !at.Before(to): // it fired later
			delete(open, fp)
		default:
			s.begin, s.found, s.fired = c.End, at, true
			spans = append(spans, *s)
			delete(open, fp)
		}
	}
	for _, s := range open {
		s.begin, s.found = max(s.begin, m.beginning(s.alert, from)), from
		spans = append(spans, *s)
	}
	for i := range spans {
		spans[i].end = max(spans[i].begin, spans[i].end)
	}
	slices.SortFunc(spans, compareSpans)
	return spans
}

func compareSpans(a, b span) int {
	if c := a.found.Compare(b.found); c != 0 {
		return c
	}
	return compare(a.alert.Name, b.alert.Name, a.alert.Segment, b.alert.Segment, a.alert.Field, b.alert.Field)
}

// openSpan is one of an alert that fires at the end of the time.
func (m *Monitor) openSpan(a *history.Alert, fired window.Time, to time.Time) *span {
	end := m.closed()
	if a.Check == rules.NoData { // its times are the clock's
		end = window.FromTime(to)
	}
	return &span{alert: a, begin: fired, end: end, over: to, open: true}
}

// firedAt returns when an alert fired that ended.
func (m *Monitor) firedAt(c *history.Entry) window.Time {
	if c.Alert.Fired != nil {
		return *c.Alert.Fired
	}
	return c.End
}

// beginning is the event time at which the digest's time begins for an alert.
func (m *Monitor) beginning(a *history.Alert, from time.Time) window.Time {
	if a.Check == rules.NoData {
		return window.FromTime(from)
	}
	return m.Before
}

// union returns for how long any of the spans, of one rule, lasted.
func union(spans []*span) (sum time.Duration) {
	ordered := slices.Clone(spans)
	slices.SortFunc(ordered, func(a, b *span) int { return int(min(1, max(-1, a.begin-b.begin))) })
	until := window.None
	for _, s := range ordered {
		if begin := max(s.begin, until); s.end > begin {
			sum += s.end.Time().Sub(begin.Time())
			until = s.end
		}
	}
	return sum
}
