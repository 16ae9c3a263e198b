package rules

import (
	"time"

	"driftwatch/monitors/window"
)

// NoData is what stands in place of a check in the alerts of rules on silence.
const NoData = "no_data"

// Silence. A rule `no_data: 2h` asks whether windows still close. No window can
// tell that, so it is the one rule that asks the clock: Heard and Tick are told
// the time, and neither is part of Step. The state keeps when a window was last
// heard of, so that a restart does not begin to count anew.

// listens reports whether there is a rule on silence.
func (p *Program) listens() bool {
	for _, r := range p.rules {
		if r.When.NoData > 0 {
			return true
		}
	}
	return false
}

// Begin is for a monitor that was loaded: if no window of it was ever heard of
// silence is counted from now.
func (p *Program) Begin(s State, now time.Time) State {
	if s.heard == 0 && p.listens() {
		s.heard = window.FromTime(now)
	}
	return s
}

// Heard notes that a window closed now, and resolves the alerts of silence.
func (p *Program) Heard(s State, now time.Time) (State, []Event) {
	if s.heard = 0; !p.listens() {
		return s, nil
	}
	s.heard = window.FromTime(now)
	var events []Event
	kept := make([]tracked, 0, len(s.tracked))
	for _, t := range s.tracked {
		if t.Alert.Check != NoData {
			kept = append(kept, t)
			continue
		}
		t.Alert.WindowEnd = s.heard
		events = append(events, Event{Alert: resolved(t.Alert, s.heard)})
	}
	s.tracked = kept
	return s, events
}

// Tick fires the alerts of silence that are due. Silence before from does not
// count: a process that has yet to catch up has heard nothing because it did not
// listen.
func (p *Program) Tick(s State, now, from time.Time) (State, []Event) {
	var events []Event
	for i := range p.rules {
		r := &p.rules[i]
		d := r.When.NoData
		since := max(s.heard, window.FromTime(from))
		if d == 0 || now.Sub(since.Time()) < d || r.Mute.Overlap(now.Add(-d), now) || s.firing(r.Alert) {
			continue
		}
		a := r.silence(p, s.heard, window.FromTime(now))
		events = append(events, Event{Alert: a})
		s.tracked = append(append([]tracked(nil), s.tracked...), tracked{Rule: r.id, Alert: a})
	}
	if len(events) > 0 {
		sortTracked(s.tracked)
	}
	return s, events
}

// firing reports whether an alert without a field is tracked.
func (s State) firing(alert string) bool {
	for _, t := range s.tracked {
		if t.key() == (key{alert: alert}) {
			return true
		}
	}
	return false
}

// silence is the alert of the time from when a window was last heard of.
func (r *bound) silence(p *Program, since, now window.Time) Alert {
	a := Alert{
		Fingerprint: fingerprint(r.Alert, p.Name, "", ""), Name: r.Alert, Monitor: p.Name,
		Check: NoData, When: r.When.String(), Result: exactly(now.Time().Sub(since.Time()).Seconds()),
		Severity: r.Severity, Labels: r.Labels, State: Firing,
		WindowStart: since, WindowEnd: now, Since: since, Fired: &now,
	}
	r.redact(&a)
	a.Annotations = r.render(a, 0, p.page())
	return a
}

// WithoutClock returns the program without the rules on silence, for history.
func (p *Program) WithoutClock() *Program {
	timeless := &Program{Monitor: p.Monitor}
	for _, r := range p.rules {
		if r.When.NoData == 0 {
			r.at = len(timeless.rules)
			timeless.rules = append(timeless.rules, r)
		}
	}
	return timeless
}
