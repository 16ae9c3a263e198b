package rules

import (
	"testing"

	"driftwatch/monitors/checks"
)

// TestMissing looks at what is said of an alert that does not fire after the second
// of two equal windows.
func TestMissing(t *testing.T) {
	whole := segment("", "psi", map[string]checks.Result{"a": result(0.3), "y": {Skipped: "no reference"}})
	for _, c := range []struct {
		name, rule string
		alert      Alert
		want       string
	}{
		{"fires", "when: {check: psi, above: 0.2}", Alert{Field: "a"}, ""},
		{"fails", "when: {check: psi, above: 0.4}", Alert{Field: "a"}, "it does not hold that psi is above 0.4: psi was 0.3"},
		{"pending", "windows: 3, when: {check: psi, above: 0.2}", Alert{Field: "a"}, "pending: it held in 2 of the windows so far, and it takes 3"},
		{"skipped", "when: {check: psi, above: 0.2}", Alert{Field: "y"}, "not judged: psi: no reference"},
		{"small", "min_rows: 1000000, when: {check: psi, above: 0.2}", Alert{Field: "a"}, "not judged: fewer rows than min_rows"},
		{"change", "when: {check: psi, change: {above: 10%, against: previous}}", Alert{Field: "a"},
			"it does not hold that change of psi against the window before is above 10%: psi was 0.3, and in the window before 0.3"},
		{"share", "when: {share_of_fields: {check: psi, above: 0.4}, above: 0.4}", Alert{}, "it does not hold that share of fields with psi is above 0.4 is above 0.4: the share was 0"},
		{"silence", "when: {no_data: 2h}", Alert{}, "not judged: it is asked of the clock"},
		{"another segment", "when: {check: psi, above: 0.4}", Alert{Field: "a", Segment: "c=BR"}, "the rule is not for this segment"},
		{"no segment", "segments: {c: '*'}, when: {check: psi, above: 0.4}", Alert{Field: "a"}, "the rule is for segments, and none is named"},
		{"absent segment", "segments: {c: '*'}, when: {check: psi, above: 0.4}", Alert{Field: "a", Segment: "c=BR"}, "the window has no such segment"},
		{"another field", "fields: y, when: {check: psi, above: 0.4}", Alert{Field: "a"}, "the rule does not look at this field"},
		{"no field", "when: {check: psi, above: 0.4}", Alert{}, "the rule's alerts have a field, and none is named"},
		{"of rows", "when: {check: volume, above: 0.4}", Alert{Field: "a"}, "the rule's alerts have no field"},
		{"redacted rule", "redact: true, when: {check: psi, above: 0.4}", Alert{Field: "a"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule("alert: A, "+c.rule)).ForMonitor(testMonitor)
			first, second := windowOf(0, whole), windowOf(1, whole)
			earlier := before([]*checks.Window{first})
			state, _ := p.Step(State{}, first, earlier)
			state, _ = p.Step(state, second, earlier)
			c.alert.Name = "A"
			if got := p.Missing(state, second, earlier, c.alert); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	p := parseSet(t, oneRule("alert: A, when: {check: psi, above: 0.4}")).ForMonitor(redactedMonitor())
	if got := p.Missing(State{}, windowOf(0, whole), none, Alert{Name: "A", Field: "a"}); got != "" {
		t.Errorf("of a redacted field %q", got)
	}
}
