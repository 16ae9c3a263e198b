package rules

import (
	"testing"
	"time"

	"driftwatch/monitors/checks"
)

// TestAgrees: results of one window say the same to the rules if the verdicts are
// the same, whatever the numbers.
func TestAgrees(t *testing.T) {
	two := func(a, b float64) *checks.Window {
		return windowOf(1, segment("", "psi", map[string]checks.Result{"a": result(a), "b": result(b)}))
	}
	more := two(0.1, 0.1)
	more.Segments = append(more.Segments, segment("c=x", "psi", map[string]checks.Result{"a": result(0.3)}))
	for _, c := range []struct {
		name, rule string
		old, fresh *checks.Window
		want       bool
	}{
		{"other numbers", "alert: A, when: {check: psi, above: 0.2}", two(0.1, 0.3), two(0.15, 0.5), true},
		{"another verdict", "alert: A, when: {check: psi, above: 0.2}", two(0.1, 0.3), two(0.1, 0.2), false},
		{"of another field", "alert: A, fields: a, when: {check: psi, above: 0.2}", two(0.1, 0.3), two(0.1, 0.2), true},
		{"past the threshold that resolves", "alert: A, when: {check: psi, above: 0.2}, resolve: {below: 0.1}", two(0.1, 0.1), two(0.1, 0.05), false},
		{"rows are enough now", "alert: A, when: {check: psi, above: 0.2}, min_rows: 1000000", two(0.1, 0.1), two(0.1, 0.3), true},
		{"a new segment that nobody asks of", "alert: A, when: {check: psi, above: 0.2}", two(0.1, 0.1), more, true},
		{"a new segment", `alert: A, segments: {c: "*"}, when: {check: psi, above: 0.2}`, two(0.1, 0.1), more, false},
		{"muted", `alert: A, when: {check: psi, above: 0.2}, mute: {cron: "* * * * *", for: 1h}`, two(0.1, 0.1), two(0.1, 0.3), true},
		{"later windows look back", "alert: A, when: {check: psi, change: {above: 50%, against: previous}}", two(0.1, 0.1), two(0.1, 0.11), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule(c.rule)).ForMonitor(testMonitor)
			if got := p.Agrees(c.old, c.fresh); got != c.want {
				t.Errorf("they agree: %v, want %v", got, c.want)
			}
		})
	}
}

// TestReplace: what fires only in the new state is sent, what fires in it no longer
// is resolved, and what the clock told stays.
func TestReplace(t *testing.T) {
	p := parseSet(t, "groups: [{name: g, monitor: m, rules: [{alert: High, when: {check: psi, above: 0.2}}, {alert: Quiet, when: {no_data: 2h}}]}]").ForMonitor(testMonitor)
	step := func(v float64) State {
		s, _ := p.Step(State{}, psiOf(1, v), none)
		return s
	}
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		old, new float64
		want     string
	}{
		{"fires now", 0.1, 0.3, "firing a"},
		{"fires no longer", 0.3, 0.1, "resolved a"},
		{"fires in both", 0.3, 0.4, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, quiet := p.Tick(p.Begin(step(c.old), now), now.Add(3*time.Hour), time.Time{})
			if len(quiet) != 1 {
				t.Fatalf("silence fires %d times", len(quiet))
			}
			got, events := Replace(old, step(c.new).Timeless())
			if show(events) != c.want {
				t.Errorf("events %q, want %q", show(events), c.want)
			}
			if _, again := p.Tick(got, now.Add(4*time.Hour), time.Time{}); len(again) != 0 {
				t.Error("silence fires again")
			}
			if !got.Timeless().Equal(step(c.new)) || got.Equal(step(c.new)) {
				t.Error("the state is not the new one with what the clock told")
			}
		})
	}
}
