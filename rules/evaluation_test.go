package rules

import (
	"fmt"
	"testing"

	"driftwatch/monitors/checks"
)

// said writes an evaluation in one line.
func said(e Evaluation) string {
	s := fmt.Sprintf("%s: %d of %d, %d unknown (%s), %d pending, %d firing", e.Alert, e.Held, e.Asked, e.Unknown, e.Why, e.Pending, e.Firing)
	if w := e.Worst; w != nil {
		s += fmt.Sprintf("; %s%s %s", w.Segment, w.Field, w.Check)
		if w.Value != nil {
			s += fmt.Sprintf(" %v", *w.Value)
		}
	}
	return s
}

// TestEvaluations looks at what one rule says of one window.
func TestEvaluations(t *testing.T) {
	three := segment("", "psi", map[string]checks.Result{"a": result(0.3), "b": result(0.5), "y": {Skipped: "no reference"}})
	small := segment("", "psi", map[string]checks.Result{"a": result(0.3)})
	small.Rows = 5
	for _, c := range []struct {
		name, rule string
		segments   []checks.Segment
		want       string
	}{
		{"above", "alert: A, when: {check: psi, above: 0.4}", []checks.Segment{three}, "A: 1 of 3, 1 unknown (no reference), 0 pending, 1 firing; b psi 0.5"},
		{"nearest to it", "alert: A, when: {check: psi, above: 0.9}, windows: 2", []checks.Segment{three}, "A: 0 of 3, 1 unknown (no reference), 0 pending, 0 firing; b psi 0.5"},
		{"below", "alert: A, when: {check: psi, below: 0.4}, windows: 2", []checks.Segment{three}, "A: 1 of 3, 1 unknown (no reference), 1 pending, 0 firing; a psi 0.3"},
		{"outside", "alert: A, when: {check: psi, outside: [0.4, 0.45]}", []checks.Segment{three}, "A: 2 of 3, 1 unknown (no reference), 0 pending, 2 firing; a psi 0.3"},
		{"redacted", "alert: A, redact: true, when: {check: psi, above: 0.4}", []checks.Segment{three}, "A: 1 of 3, 1 unknown (no reference), 0 pending, 1 firing; b psi"},
		{"share", "alert: A, when: {share_of_fields: {check: psi, above: 0.4}, above: 0.4}", []checks.Segment{three}, "A: 1 of 1, 0 unknown (), 0 pending, 1 firing;  psi 0.5"},
		{"segments", "alert: A, segments: {c: '*'}, when: {check: psi, above: 0.2}", []checks.Segment{three, segment("c=BR", "psi", map[string]checks.Result{"a": result(0.25)})}, "A: 1 of 1, 0 unknown (), 0 pending, 1 firing; c=BRa psi 0.25"},
		{"small", "alert: A, min_rows: 10, when: {check: psi, above: 0.2}", []checks.Segment{small}, "A: 0 of 1, 1 unknown (fewer rows than min_rows), 0 pending, 0 firing"},
		{"muted", "alert: A, mute: {cron: '0 0 * * *', for: 2h}, when: {check: psi, above: 0.2}", []checks.Segment{three}, "A: 0 of 0, 0 unknown (the window is in a time of mute), 0 pending, 0 firing"},
		{"of nothing", "alert: A, fields: none, when: {check: psi, above: 0.2}", []checks.Segment{three}, "A: 0 of 0, 0 unknown (nothing in the window is meant), 0 pending, 0 firing"},
		{"change", "alert: A, when: {check: psi, change: {above: 1, against: previous}}", []checks.Segment{small}, "A: 0 of 1, 1 unknown (the windows before cannot be compared with), 0 pending, 0 firing"},
		{"silence", "alert: A, when: {no_data: 2h}", []checks.Segment{three}, "A: 0 of 0, 0 unknown (it is asked of the clock), 0 pending, 0 firing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule(c.rule)).ForMonitor(testMonitor)
			w := windowOf(0, c.segments...)
			_, _, list := p.Evaluate(State{}, w, none)
			if len(list) != 1 || said(list[0]) != c.want || list[0].End != w.End || list[0].Again {
				t.Errorf("%q, want %q", said(list[0]), c.want)
			}
		})
	}
}

// TestReview: a window that is looked at again says the same but for its alerts.
func TestReview(t *testing.T) {
	p := parseSet(t, `groups: [{name: g, monitor: m, rules: [
		{alert: A, when: {check: psi, above: 0.4}},
		{alert: B, when: {check: psi, change: {above: 1, against: previous}}}]}]`).ForMonitor(testMonitor)
	w := windowOf(0, segment("", "psi", map[string]checks.Result{"a": result(0.3), "b": result(0.5)}))
	_, _, first := p.Evaluate(State{}, w, none)
	again := p.Review(w)
	if want := first[0]; said(again[0]) != "A: 1 of 2, 0 unknown (), 0 pending, 0 firing; b psi 0.5" || want.Held != again[0].Held || !again[0].Again {
		t.Errorf("%q", said(again[0]))
	}
	if got := again[1]; got.Asked != 0 || got.Why != "it looks back on windows, and the daemon was started since" {
		t.Errorf("%q", said(got))
	}
}

// TestEvaluationsOfOldWindow: a window that is not newer is judged by nothing.
func TestEvaluationsOfOldWindow(t *testing.T) {
	p := parseSet(t, oneRule("alert: A, when: {check: psi, above: 0.2}")).ForMonitor(testMonitor)
	s, _, _ := p.Evaluate(State{}, psiOf(1, 0.3), none)
	if _, _, list := p.Evaluate(s, psiOf(0, 0.3), none); list != nil {
		t.Errorf("%d evaluations", len(list))
	}
}
