package alerting

import (
	"context"
	"errors"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

// send delivers one message, remembers what it said and acknowledges it. It
// reports whether the next message of the group may follow.
func (w *worker) send(ctx context.Context, g *group, m Message) bool {
	if ctx.Err() != nil {
		return false
	}
	m.Events = w.warm(ctx, g, m)
	if len(m.Events) == 0 {
		return true
	}
	m.Receiver, m.URL, m.Picture = w.name, w.link(m.Events), w.pictures()
	for _, e := range m.Events {
		m.Superseded += w.overtaken[e.Alert.Fingerprint]
	}
	if err := w.notify(ctx, m); err != nil {
		if ctx.Err() == nil {
			w.failed(g.key, &m.Events[0].Alert, asError(err))
		}
		return false
	}
	w.delivered(g, m)
	defer w.told()
	if m.Repeat {
		return true
	}
	return w.ack(ctx, m.Events)
}

// warm returns the events of a message without the fires of what is cooling
// down, which are done.
func (w *worker) warm(ctx context.Context, g *group, m Message) []rules.Event {
	if w.settings.Cooldown == 0 {
		return m.Events
	}
	now := time.Now()
	var rest, cold []rules.Event
	for _, e := range m.Events {
		last, ok := w.memory.of(&e.Alert).Cooldown[coolingKey(&e.Alert)]
		if e.Alert.State == rules.Firing && ok && now.Sub(last) < w.settings.Cooldown {
			cold = append(cold, e)
			w.reminded[e.Alert.Fingerprint] = mention{now, w.every(g.route)}
			continue
		}
		rest = append(rest, e)
	}
	if m.Repeat || len(cold) == 0 {
		return rest
	}
	for _, e := range cold {
		w.memory.told(e, true)
	}
	if w.ack(ctx, cold) {
		w.stats.suppressed(len(cold))
	}
	return rest
}

func coolingKey(a *rules.Alert) string { return keyOf([]Label{{Value: a.Monitor}, {Value: a.Name}}) }

// notify lets a message that is on its way arrive when ctx ends: one that
// arrives without being acknowledged is sent again after the restart.
func (w *worker) notify(ctx context.Context, m Message) error {
	sending, cancel := detach(ctx, sendTimeout)
	defer cancel()
	began := time.Now()
	w.asked = true
	_, err := w.receiver.Notify(sending, m)
	w.tried(w.name, &m.Events[0].Alert, time.Since(began))
	return err
}

// detach returns a context that ends after timeout, or drainTimeout after ctx.
func detach(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-out.Done():
		case <-time.After(drainTimeout):
			cancel()
		}
	})
	return out, func() {
		stop()
		cancel()
	}
}

func (w *worker) delivered(g *group, m Message) {
	w.stats.sent()
	w.stats.problem("")
	if w.down.failures > 0 || w.rejected[g.key] != nil {
		w.log.Info("notifications are delivered again")
	}
	w.down.succeeded()
	delete(w.rejected, g.key)
	now := time.Now()
	if g.route.GroupInterval > 0 && !m.Repeat {
		p := w.memory.part("")
		p.Sent[g.key], p.changed = now, true
	}
	for _, e := range m.Events {
		fp := e.Alert.Fingerprint
		delete(w.overtaken, fp)
		delete(w.reminded, fp)
		if e.Alert.State == rules.Firing {
			w.reminded[fp] = mention{now, w.every(g.route)}
			if w.settings.Cooldown > 0 {
				p := w.memory.of(&e.Alert)
				p.Cooldown[coolingKey(&e.Alert)], p.changed = now, true
			}
		}
		if !m.Repeat {
			w.memory.told(e, false)
		}
	}
}

// failed counts a failure, says so once and plans the next attempt.
func (w *worker) failed(key string, first *rules.Alert, e *Error) {
	b := &w.down
	if e.Kind == Rejected {
		if w.rejected[key] == nil {
			w.rejected[key] = &backoff{}
		}
		b = w.rejected[key]
	}
	known := b.reason == e.Reason
	now := time.Now()
	b.failed(now, e)
	w.stats.failed(e.Reason, snapshot.Failure{Monitor: first.Monitor, Alert: first.Name, At: now})
	w.stats.problem(e.Error())
	switch {
	case known:
	case e.Kind == Passing:
		w.log.Warn("a notification was not delivered and will be tried again", "error", e)
	case e.Kind == Rejected:
		w.log.Error("a notification was refused and will be tried again now and then", "error", e)
	default:
		w.log.Error("notifications are not delivered until this is repaired", "error", e)
	}
}

// ack acknowledges events, and stores what is to be remembered, also when ctx has
// just ended. What cannot be acknowledged stays pending; the memory keeps it from
// being sent again.
func (w *worker) ack(ctx context.Context, events []rules.Event) bool {
	if to, ok := w.receiver.(Rememberer); ok && w.asked {
		w.memory.remember(to.Remember())
		w.asked = false
	}
	if len(events) == 0 && !w.memory.changed() {
		return true
	}
	kept, err := w.memory.bytes()
	if err != nil {
		w.storeFailed(ctx, "write what is known of the receiver", err)
		return false
	}
	acking, cancel := detach(ctx, sendTimeout)
	defer cancel()
	if err := w.outbox.Ack(acking, w.name, idsOf(events), kept); err != nil {
		w.storeFailed(ctx, "acknowledge events", err)
		return false
	}
	w.memory.stored()
	return true
}

// storeFailed returns when the outbox may be asked again.
func (w *worker) storeFailed(ctx context.Context, what string, err error) time.Time {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return time.Time{}
	}
	e := &Error{Reason: "outbox", Err: err}
	if w.store.reason != e.Reason {
		w.log.Error("cannot "+what+", will try again", "error", err)
	}
	w.store.failed(time.Now(), e)
	return w.store.until
}
