package alerting

import (
	"context"
	"slices"
	"time"

	"driftwatch/rules"
)

// every returns how often a receiver is told that an alert still fires; 0: never.
func (w *worker) every(r *Route) time.Duration {
	if f, ok := w.receiver.(Refresher); ok {
		return f.Refresh()
	}
	return r.Repeat
}

// remind sends the groups of which some alert fires and was not mentioned for
// a while. Alerts in events are left to their own messages, and quiet ones alone.
func (w *worker) remind(ctx context.Context, p *pass, events []rules.Event) time.Time {
	var next time.Time
	now := time.Now()
	for _, g := range plan(w.firing(p, events), w.route, true) {
		if !w.remindAt(g, now).After(now) {
			w.sendAll(ctx, g, true)
		}
		next = earliest(next, w.remindAt(g, now))
	}
	return earliest(next, w.othersAt(p.gate.alerts, now))
}

// firing returns the alerts that fire, have no event of their own and of which
// the receiver is to be reminded.
func (w *worker) firing(p *pass, events []rules.Event) []rules.Event {
	pending := map[string]bool{}
	for i := range events {
		pending[events[i].Alert.Fingerprint] = true
	}
	var out []rules.Event
	for _, a := range p.gate.alerts {
		if a.State != rules.Firing || pending[a.Fingerprint] || p.reasons[a.Fingerprint] != "" || !w.concerned(&a) || w.every(w.route(&a)) == 0 {
			continue
		}
		out = append(out, rules.Event{Alert: a})
	}
	return out
}

// concerned reports whether an alert is for this receiver.
func (w *worker) concerned(a *rules.Alert) bool {
	return slices.ContainsFunc(w.root.For(a), func(r *Route) bool { return r.Receiver == w.name })
}

// othersAt returns when to look again at alerts that are known to fire from
// their events only, because what alerts returned was older. It forgets those
// that are due and do not fire.
func (w *worker) othersAt(alerts []rules.Alert, now time.Time) time.Time {
	var next time.Time
	for fp, m := range w.reminded {
		due := m.at.Add(m.every)
		fires := func(a rules.Alert) bool { return a.Fingerprint == fp && a.State == rules.Firing }
		switch {
		case m.every == 0:
		case due.After(now):
			next = earliest(next, due)
		case !slices.ContainsFunc(alerts, fires):
			delete(w.reminded, fp)
		}
	}
	return next
}

// remindAt returns when a reminder of the group is due.
func (w *worker) remindAt(g *group, now time.Time) time.Time {
	var due time.Time
	for _, m := range g.messages {
		for _, e := range m {
			due = earliest(due, w.mentioned(&e.Alert, g.route, now))
		}
	}
	return latest(due, w.dueAgain(g.key))
}

// mentioned returns when the receiver is to be told again that the alert fires.
// What happened before a restart is not known; reminders keep the rhythm that began
// when the alert fired.
func (w *worker) mentioned(a *rules.Alert, r *Route, now time.Time) time.Time {
	every := w.every(r)
	m, ok := w.reminded[a.Fingerprint]
	if !ok {
		m = mention{now, every}
		if a.Fired != nil {
			if age := now.Sub(a.Fired.Time()); age > 0 {
				m.at = now.Add(-(age % every))
			}
		}
		w.reminded[a.Fingerprint] = m
	}
	return m.at.Add(every)
}
