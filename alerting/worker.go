package alerting

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"driftwatch/rules"
)

// worker serves one receiver. All of it but stats and what never changes belongs to
// the goroutine of run.
type worker struct {
	name     string
	settings Settings
	root     *Route
	inhibit  []Inhibit
	silences *Silences
	limit    int
	receiver Receiver
	outbox   Outbox
	alerts   func() []rules.Alert
	page     string
	tried    func(receiver string, first *rules.Alert, took time.Duration)
	picture  Picture
	sent     chan struct{} // has something when a message was told
	log      *slog.Logger
	stats    *stats

	memory    *memory
	asked     bool                 // the receiver was called since it said what it remembers
	flapping  bool                 // some route cares for it
	longest   time.Duration        // that a message is of interest after it was sent
	down      backoff              // of the receiver
	store     backoff              // of the outbox
	rejected  map[string]*backoff  // by group, those whose message was refused
	arrived   map[string]time.Time // by group, when its oldest pending event was seen
	held      map[uint64]time.Time // by event, when a fire was seen that has to go on
	reminded  map[string]mention   // by firing alert
	overtaken map[string]int       // by alert, superseded events since its last message
	backlog   int                  // events that waited at the newest pass
	full      bool                 // the limit was passed, and that was said
}

// mention is when a receiver was last told that an alert fires, and how often it
// is to be.
type mention struct {
	at    time.Time
	every time.Duration
}

func newWorker(o Options, name string) (*worker, error) {
	kept, err := o.Outbox.Memory(name)
	if err != nil {
		return nil, fmt.Errorf("read what is known of receiver %q: %w", name, err)
	}
	m, err := newMemory(kept)
	if err != nil {
		return nil, fmt.Errorf("read what is known of receiver %q: %w", name, err)
	}
	w := &worker{
		name: name, settings: o.Settings[name], root: o.Route, inhibit: o.Inhibit, silences: o.Silences, limit: o.Limit,
		receiver: o.Receivers[name], outbox: o.Outbox, alerts: o.Alerts, page: strings.TrimSuffix(o.ExternalURL, "/"),
		picture: o.Picture, sent: make(chan struct{}, 1),
		tried: o.Attempted, log: o.Logger.With("receiver", name), stats: newStats(name, o.Counted), memory: m,
		rejected: map[string]*backoff{}, arrived: map[string]time.Time{}, held: map[uint64]time.Time{},
		reminded: map[string]mention{}, overtaken: map[string]int{},
	}
	if to, ok := w.receiver.(Rememberer); ok {
		if err := to.Recall(m.recall()); err != nil {
			w.log.Warn("what the receiver kept of its messages cannot be used", "error", err)
		}
	}
	w.longest = w.settings.Cooldown
	w.look(o.Route)
	return w, nil
}

// look finds what the routes to the receiver need to have remembered.
func (w *worker) look(r *Route) {
	w.flapping = w.flapping || r.FlapWindows > 0
	w.longest = max(w.longest, r.GroupInterval)
	for _, c := range r.Routes {
		w.look(c)
	}
}

// route returns the route by which an alert reaches the receiver.
func (w *worker) route(a *rules.Alert) *Route { return w.root.to(w.name, a) }

// run makes a pass whenever there are new events or something is due.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed, silences := w.outbox.Changed(), w.silences.Changed()
		due := w.pass(ctx)
		var timer <-chan time.Time
		if w.backlog > lookBacklog && w.down.failures > 0 {
			// Reading all that waits at each change would cost more than it brings.
			changed, due = nil, earliest(due, time.Now().Add(time.Second))
		}
		if !due.IsZero() {
			timer = time.After(time.Until(due))
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-silences:
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
	events, err := w.outbox.Pending(ctx, w.name, w.limit+batch)
	if err != nil {
		return w.storeFailed(ctx, "read the outbox", err)
	}
	w.backlog = len(events)
	p := w.newPass(alerts)
	ready := p.admit(w.bound(ctx, w.settle(ctx, events)))
	w.ack(ctx, p.leftOut)
	w.stats.suppressed(len(p.leftOut))
	due := earliest(p.next, w.deliver(ctx, ready))
	due = earliest(due, w.remind(ctx, p, events))
	w.stats.quiet(p.reasons)
	w.ack(ctx, nil)
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
		if r := w.memory.known(&e.Alert); r != nil && r.covers(e) {
			said = append(said, e)
			continue
		}
		fresh = append(fresh, e)
		if n := w.route(&e.Alert).FlapWindows; n > 0 {
			w.memory.note(e, n)
		}
	}
	w.memory.forget(time.Now(), pending, w.flapping, w.longest)
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

// bound drops events beyond the limit: first those of alerts that have ended,
// then the rest, the oldest first.
func (w *worker) bound(ctx context.Context, events []rules.Event) []rules.Event {
	if len(events) <= w.limit {
		w.full = false
		return events
	}
	dropped := overLimit(events, len(events)-w.limit)
	if !w.ack(ctx, dropped) {
		return events
	}
	w.stats.dropped(len(dropped))
	if !w.full {
		w.full = true
		w.log.Error("more events wait than may: the oldest are dropped", "limit", w.limit)
	}
	return slices.DeleteFunc(events, func(e rules.Event) bool {
		_, found := slices.BinarySearchFunc(dropped, e.ID, func(d rules.Event, id uint64) int { return int(int64(d.ID) - int64(id)) })
		return found
	})
}

// deliver sends what is due of events and returns when the rest is.
func (w *worker) deliver(ctx context.Context, events []rules.Event) time.Time {
	var next time.Time
	groups := plan(events, w.route, false)
	w.forget(groups)
	for _, g := range groups {
		if due := w.dueAt(g); due.After(time.Now()) {
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
		if !w.send(ctx, g, Message{Group: g.labels, Events: m, Repeat: repeat}) {
			return false
		}
	}
	return true
}

// dueAt returns when the group's first message may be sent.
func (w *worker) dueAt(g *group) time.Time {
	if _, ok := w.arrived[g.key]; !ok {
		w.arrived[g.key] = time.Now()
	}
	due := w.arrived[g.key].Add(g.route.GroupWait)
	if sent, ok := w.memory.part("").Sent[g.key]; ok {
		due = latest(due, sent.Add(g.route.GroupInterval))
	}
	return latest(due, w.dueAgain(g.key))
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
	if len(events) == 1 {
		return w.page + events[0].Alert.Path()
	}
	return w.page + rules.MonitorPath(monitor)
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
