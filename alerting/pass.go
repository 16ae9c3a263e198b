package alerting

import (
	"slices"
	"time"

	"driftwatch/rules"
)

// pass is one look at what waits for a receiver: what may be told, what has to
// wait and why.
type pass struct {
	w       *worker
	gate    gate
	leftOut []rules.Event     // events that nobody is to be told of
	reasons map[string]string // by fingerprint, why a firing alert is quiet
	next    time.Time         // when that may have changed
}

func (w *worker) newPass(alerts []rules.Alert) *pass {
	now := time.Now()
	silences, next := w.silences.active(now)
	p := &pass{w: w, gate: newGate(w, silences, alerts), reasons: map[string]string{}, next: next}
	for i := range alerts {
		a := &alerts[i]
		if a.State != rules.Firing || !w.concerned(a) {
			continue
		}
		if why := p.gate.quiet(a, w.route(a)); why != "" {
			p.waits(a, why, now.Add(lookMax))
		}
	}
	return p
}

func (p *pass) waits(a *rules.Alert, why string, look time.Time) {
	p.reasons[a.Fingerprint] = why
	p.next = earliest(p.next, look)
}

// chain is what waits of one alert: its fire, its end or both.
type chain struct {
	fire, end *rules.Event
	over      bool // the fire was left out, so the end is
}

func chains(events []rules.Event) map[string]*chain {
	out := map[string]*chain{}
	for i := range events {
		e := &events[i]
		c := out[e.Alert.Fingerprint]
		if c == nil {
			c = &chain{}
			out[e.Alert.Fingerprint] = c
		}
		if e.Alert.State == rules.Firing {
			c.fire = e
		} else {
			c.end = e
		}
	}
	return out
}

// admit returns the events that may be told now, in their order.
func (p *pass) admit(events []rules.Event) []rules.Event {
	var ready []rules.Event
	all := chains(events)
	for id := range p.w.held {
		if !slices.ContainsFunc(events, func(e rules.Event) bool { return e.ID == id }) {
			delete(p.w.held, id)
		}
	}
	for i := range events {
		e := &events[i]
		c := all[e.Alert.Fingerprint]
		r := p.w.route(&e.Alert)
		switch {
		case e == c.end:
			if p.admitEnd(e, c, r) {
				ready = append(ready, *e)
			}
		case p.admitFire(e, c, r):
			ready = append(ready, *e)
		}
	}
	return ready
}

// admitFire decides of a fire. One that is quiet and already over is left out,
// with its end: there is nothing left to be told.
func (p *pass) admitFire(e *rules.Event, c *chain, r *Route) bool {
	if p.w.memory.stillFires(e, r) {
		p.leaveOut(e, false)
		return false
	}
	why, look := p.gate.quiet(&e.Alert, r), p.gate.now.Add(lookMax)
	if why == "" {
		why, look = p.flaps(e, c)
	}
	switch {
	case why == "":
		return true
	case c.end != nil:
		p.leftOut = append(p.leftOut, *e)
		c.over = true
	default:
		p.waits(&e.Alert, why, look)
	}
	return false
}

// admitEnd decides of an end: it follows its fire, unless people want to be told
// of fires only. A silence does not hold back the end of what was told before.
func (p *pass) admitEnd(e *rules.Event, c *chain, r *Route) bool {
	record := p.w.memory.known(&e.Alert)
	skipped := record != nil && record.Quiet
	switch {
	case c.over:
		p.leftOut = append(p.leftOut, *e)
		return false
	case skipped && c.fire == nil, p.w.settings.FireOnly:
		p.leaveOut(e, skipped)
		return false
	case c.fire == nil && p.gate.muted(r) != "":
		p.next = earliest(p.next, p.gate.now.Add(lookMax))
		return false
	}
	return true
}

func (p *pass) leaveOut(e *rules.Event, quiet bool) {
	p.leftOut = append(p.leftOut, *e)
	p.w.memory.told(*e, quiet)
}

// flaps says that an alert which comes and goes has not fired for long enough.
// How long it fires is seen in event time; a stream that stops is waited for no
// longer than its windows are.
func (p *pass) flaps(e *rules.Event, c *chain) (why string, look time.Time) {
	a := &e.Alert
	hold := p.w.memory.known(a).hold(a)
	if hold == 0 {
		return "", look
	}
	const text = "it comes and goes: told when it fires for longer"
	if c.end != nil {
		if c.end.Alert.WindowEnd.Time().Sub(a.Fired.Time())-spanOf(a) < hold {
			return text, look
		}
		return "", look
	}
	began, ok := p.w.held[e.ID]
	if !ok {
		began = p.gate.now
		p.w.held[e.ID] = began
	}
	patience := began.Add(hold + spanOf(a))
	if !p.gate.now.Before(patience) || p.newest(a).WindowEnd.Time().Sub(a.Fired.Time()) >= hold {
		return "", look
	}
	return text, earliest(patience, p.gate.now.Add(min(max(spanOf(a)/4, time.Second), lookMax)))
}

// newest returns the alert as it is now.
func (p *pass) newest(a *rules.Alert) *rules.Alert {
	i := slices.IndexFunc(p.gate.alerts, func(o rules.Alert) bool { return o.Fingerprint == a.Fingerprint && o.State == rules.Firing })
	if i < 0 {
		return a
	}
	return &p.gate.alerts[i]
}

// overLimit chooses at least n events to drop, whole alerts: first those that have
// ended, then the rest, the oldest first. They come ascending by ID.
func overLimit(events []rules.Event, n int) []rules.Event {
	all := chains(events)
	dropped := map[string]bool{}
	for _, ended := range []bool{true, false} {
		for i := range events {
			fp := events[i].Alert.Fingerprint
			if c := all[fp]; n > 0 && !dropped[fp] && (c.end != nil) == ended {
				dropped[fp] = true
				n -= c.len()
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(events), func(e rules.Event) bool { return !dropped[e.Alert.Fingerprint] })
}

func (c *chain) len() int {
	if c.fire != nil && c.end != nil {
		return 2
	}
	return 1
}
