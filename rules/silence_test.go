package rules

import (
	"encoding/json"
	"testing"
	"time"
)

// TestSilence: an alert fires once so much time has passed since the last window,
// or since there was none, and ends with the next one.
func TestSilence(t *testing.T) {
	p := parseSet(t, oneRule(`alert: Quiet, when: {no_data: 2h}, mute: {cron: "0 22 * * *", for: 8h},
		annotations: {summary: "{{ .Monitor }} for {{ .Value }} s"}`)).ForMonitor(testMonitor)
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	at := func(hour, minute int) time.Time {
		return day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	never := time.Time{}
	var s State
	tick := func(now, from time.Time, want string) {
		t.Helper()
		b, err := json.Marshal(s) // a restart between any two
		if err != nil {
			t.Fatal(err)
		}
		var stored State
		if err := json.Unmarshal(b, &stored); err != nil {
			t.Fatal(err)
		}
		var events []Event
		s, events = p.Tick(p.Begin(stored, now), now, from)
		if got := show(events); got != want {
			t.Errorf("%v: %q, wanted %q", now, got, want)
		}
		for _, e := range events {
			a := e.Alert
			if a.Check != NoData || a.Result.Value != 7200 || a.Annotations["summary"] != "m for 7200 s" || a.When != "no window for 2h" || a.Labels["class"] != Schema {
				t.Errorf("%+v", a)
			}
			if a.Fired.Time() != now || a.WindowEnd.Time() != now || a.Since != a.WindowStart {
				t.Errorf("it fired at %v, of %v to %v", a.Fired, a.WindowStart, a.WindowEnd)
			}
		}
	}
	heard := func(now time.Time, want string) {
		t.Helper()
		var events []Event
		if s, events = p.Heard(s, now); show(events) != want {
			t.Errorf("%v: %q, wanted %q", now, show(events), want)
		}
	}
	tick(at(7, 0), never, "") // first seen
	tick(at(8, 59), never, "")
	tick(at(9, 0), never, "firing")
	tick(at(9, 5), never, "")
	heard(at(9, 30), "resolved")
	tick(at(11, 29), never, "")
	heard(at(11, 29), "")
	tick(at(13, 29), at(12, 0), "") // it has yet to catch up
	tick(at(13, 29), never, "firing")
	heard(at(21, 0), "resolved")
	tick(at(23, 0), never, "") // muted
	heard(at(24+5, 30), "")
	tick(at(24+7, 59), never, "") // the last two hours are not free of it

	if got, _ := p.Heard(State{}, at(1, 0)); stateJSONOf(t, got) != `{"heard":"2026-03-02T01:00:00Z","alerts":[]}` {
		t.Error(stateJSONOf(t, got))
	}
	if got, _ := p.WithoutClock().Heard(s, at(1, 0)); stateJSONOf(t, got) != `{"alerts":[]}` {
		t.Error("a program without such rules keeps the time: ", stateJSONOf(t, got))
	}
}

// TestWithoutClock: the rules that are left are asked of windows as before, also
// those after one that is gone.
func TestWithoutClock(t *testing.T) {
	p := parseSet(t, "groups: [{name: g, monitor: m, rules: [{alert: Quiet, when: {no_data: 2h}}, {alert: A, when: {check: psi, above: 0.2}}]}]")
	_, events, made := p.ForMonitor(testMonitor).WithoutClock().Evaluate(State{}, psiOf(0, 1), none)
	if show(events) != "firing a" || len(made) != 1 || made[0].Alert != "A" {
		t.Errorf("events %+v, evaluations %+v", events, made)
	}
}

// TestSilenceOfRulesThatAreGone: its resolve is no older than it.
func TestSilenceOfRulesThatAreGone(t *testing.T) {
	p := parseSet(t, oneRule("alert: Quiet, when: {no_data: 2h}")).ForMonitor(testMonitor)
	began := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	s, _ := p.Step(p.Begin(State{}, began), psiOf(0, 1), none)
	s, _ = p.Tick(s, began.Add(3*time.Hour), time.Time{})
	_, events := (&Set{}).ForMonitor(testMonitor).Adopt(s)
	if show(events) != "resolved" || events[0].Alert.EndsAt.Time() != began.Add(3*time.Hour) {
		t.Errorf("%+v", events)
	}
}
