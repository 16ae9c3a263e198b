package alerting

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"driftwatch/rules"
)

// worker serves one route. All of it but stats belongs to the goroutine of run.
type worker struct {
	route    Route
	receiver Receiver
	outbox   Outbox
	alerts   func() []rules.Alert
	page     string
	log      *slog.Logger
	stats    *stats

	down      backoff              // of the receiver
	store     backoff              // of the outbox
	rejected  map[string]*backoff  // by group, those whose message was refused
	arrived   map[string]time.Time // by group, when its oldest pending event was seen
	told      map[string]told      // by alert, what the receiver knows
	reminded  map[string]time.Time // by firing alert, when it was last mentioned
	overtaken map[string]int       // by alert, superseded events since its last message
}

func newWorker(o Options, r Route) *worker {
	if len(r.GroupBy) == 0 {
		r.GroupBy = DefaultGroupBy()
	}
	return &worker{
		route:     r,
		receiver:  o.Receivers[r.Receiver],
		outbox:    o.Outbox,
		alerts:    o.Alerts,
		page:      strings.TrimSuffix(o.ExternalURL, "/"),
		log:       o.Logger.With("receiver", r.Receiver),
		stats:     newStats(r.Receiver, o.Counted),
		rejected:  map[string]*backoff{},
		arrived:   map[string]time.Time{},
		told:      map[string]told{},
		reminded:  map[string]time.Time{},
		overtaken: map[string]int{},
	}
}

// run makes a pass whenever there are new events or something is due.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed := w.outbox.Changed()
		due := w.pass(ctx)
		var timer <-chan time.Time
		if !due.IsZero() {
			timer = time.After(time.Until(due))
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer:
		}
	}
}

// pass does what can be done now and returns when there is more to do, or zero
// if only new events can bring work.
func (w *worker) pass(ctx context.Context) time.Time {
	// The alerts are read first: one that resolves in between is then known
	// from its event and gets no reminder.
	alerts := w.alerts()
	w.store.until = time.Time{}
	events, err := w.outbox.Pending(ctx, w.route.Receiver, batch)
	if err != nil {
		return w.storeFailed(ctx, "read the outbox", err)
	}
	events = w.settle(ctx, events)
	due := w.deliver(ctx, events)
	due = earliest(due, w.remind(ctx, alerts, events))
	if w.store.until.IsZero() {
		w.store.succeeded()
	}
	return earliest(due, w.store.until)
}

// settle acknowledges what need not be sent and returns the rest. That is done
// while the receiver is down too, so that the outbox holds two events of an
// alert at most however long that lasts.
func (w *worker) settle(ctx context.Context, events []rules.Event) []rules.Event {
	var fresh, said []rules.Event
	pending := map[string]bool{}
	for _, e := range events {
		fp := e.Alert.Fingerprint
		pending[fp] = true
		if t, ok := w.told[fp]; ok && t.covers(e) {
			said = append(said, e)
		} else {
			fresh = append(fresh, e)
		}
	}
	for fp, t := range w.told {
		if t.state == rules.Resolved && !pending[fp] {
			delete(w.told, fp)
		}
	}
	keep, superseded := compact(fresh)
	if w.ack(ctx, said) {
		w.stats.suppressed(len(said))
	}
	if w.ack(ctx, superseded) {
		w.stats.superseded(len(superseded))
		for _, e := range superseded {
			w.overtaken[e.Alert.Fingerprint]++
		}
	}
	return keep
}

// deliver sends what is due of events and returns when the rest is.
func (w *worker) deliver(ctx context.Context, events []rules.Event) time.Time {
	var next time.Time
	groups := plan(events, w.route.GroupBy, w.route.GroupWait > 0)
	w.forget(groups)
	for _, g := range groups {
		if due := w.dueAt(g.key); due.After(time.Now()) {
			next = earliest(next, due)
			continue
		}
		if w.sendAll(ctx, g, false) {
			delete(w.arrived, g.key)
		}
		next = earliest(next, w.dueAgain(g.key))
	}
	return next
}

// sendAll sends the messages of a group up to the first that fails.
func (w *worker) sendAll(ctx context.Context, g *group, repeat bool) bool {
	for _, m := range g.messages {
		if !w.send(ctx, g.key, Message{Group: g.labels, Events: m, Repeat: repeat}) {
			return false
		}
	}
	return true
}

// dueAt returns when the group's first message may be sent.
func (w *worker) dueAt(key string) time.Time {
	if _, ok := w.arrived[key]; !ok {
		w.arrived[key] = time.Now()
	}
	return latest(w.arrived[key].Add(w.route.GroupWait), w.dueAgain(key))
}

// dueAgain returns when the group may be tried again after a failure, or zero.
func (w *worker) dueAgain(key string) time.Time {
	if b := w.rejected[key]; b != nil {
		return latest(b.until, w.down.until)
	}
	return w.down.until
}

// forget drops what is remembered of groups without pending events.
func (w *worker) forget(groups []*group) {
	pending := map[string]bool{}
	for _, g := range groups {
		pending[g.key] = true
	}
	for key := range w.arrived {
		if !pending[key] {
			delete(w.arrived, key)
		}
	}
	for key, b := range w.rejected {
		if !pending[key] && !b.until.After(time.Now()) {
			delete(w.rejected, key)
		}
	}
}

// remind sends the groups of which some alert fires and was not mentioned for
// the route's Repeat. Alerts in events are left to their own messages.
func (w *worker) remind(ctx context.Context, alerts []rules.Alert, events []rules.Event) time.Time {
	var next time.Time
	if w.route.Repeat == 0 {
		return next
	}
	now := time.Now()
	for _, g := range plan(firing(alerts, events), w.route.GroupBy, true) {
		if !w.remindAt(g, now).After(now) {
			w.sendAll(ctx, g, true)
		}
		next = earliest(next, w.remindAt(g, now))
	}
	return earliest(next, w.othersAt(alerts, now))
}

// othersAt returns when to look again at alerts that are known to fire from
// their events only, because what alerts returned was older. It forgets those
// that are due and do not fire.
func (w *worker) othersAt(alerts []rules.Alert, now time.Time) time.Time {
	var next time.Time
	for fp, t := range w.reminded {
		due := t.Add(w.route.Repeat)
		fires := func(a rules.Alert) bool { return a.Fingerprint == fp && a.State == rules.Firing }
		switch {
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
			due = earliest(due, w.mentioned(&e.Alert, now).Add(w.route.Repeat))
		}
	}
	return latest(due, w.dueAgain(g.key))
}

// mentioned returns when the receiver was last told that the alert fires. What
// happened before a restart is not known; reminders keep the rhythm that began
// when the alert fired.
func (w *worker) mentioned(a *rules.Alert, now time.Time) time.Time {
	if t, ok := w.reminded[a.Fingerprint]; ok {
		return t
	}
	t := now
	if a.Fired != nil {
		if age := now.Sub(a.Fired.Time()); age > 0 {
			t = now.Add(-(age % w.route.Repeat))
		}
	}
	w.reminded[a.Fingerprint] = t
	return t
}

// firing returns the alerts that fire and have no event of their own.
func firing(alerts []rules.Alert, events []rules.Event) []rules.Event {
	var out []rules.Event
	for _, a := range alerts {
		own := func(e rules.Event) bool { return e.Alert.Fingerprint == a.Fingerprint }
		if a.State == rules.Firing && !slices.ContainsFunc(events, own) {
			out = append(out, rules.Event{Alert: a})
		}
	}
	return out
}

// link returns the page that shows the events.
func (w *worker) link(events []rules.Event) string {
	monitor := events[0].Alert.Monitor
	other := func(e rules.Event) bool { return e.Alert.Monitor != monitor }
	switch {
	case w.page == "":
		return ""
	case slices.ContainsFunc(events, other):
		return w.page + "/"
	}
	return w.page + "/monitors/" + url.PathEscape(monitor)
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
