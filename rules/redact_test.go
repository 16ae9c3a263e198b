package rules

import (
	"strings"
	"testing"

	"driftwatch/monitors/checks"
)

const telling = `annotations: {summary: "{{ .Field }}: {{ .Value }} {{ .Low }} {{ .High }} {{ .Reference }} {{ .Change }} {{ .Percent }} {{ .Moved }} {{ if .Redacted }}hidden{{ end }}"}`

// redactedMonitor is testMonitor with field a redacted.
func redactedMonitor() Monitor {
	m := testMonitor
	m.Fields = append([]FieldInfo(nil), m.Fields...)
	m.Fields[0].Redact = true
	return m
}

// valuesOf is the i-th hour, in which field a and b have a mean of 4242 and bins.
func valuesOf(i int) *checks.Window {
	w := windowOf(i, segment("", "mean", map[string]checks.Result{"a": result(4242), "b": result(4242)}))
	for j := range w.Segments[0].Fields {
		w.Segments[0].Fields[j].Moved = []checks.Move{{Bin: "<= 4242"}}
	}
	return w
}

func TestRedactedFieldsAndRules(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		monitor    Monitor
		want       string
	}{
		{"nothing is redacted", "", testMonitor, "ab"},
		{"a field", "", redactedMonitor(), "b"},
		{"a rule", "redact: true, ", testMonitor, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule("alert: A, "+c.rule+"when: {check: mean, above: 20}, "+telling)).ForMonitor(c.monitor)
			state, events := p.Step(State{}, valuesOf(0), none)
			if len(events) != 2 {
				t.Fatalf("fired: %s", show(events))
			}
			if got := tellers(state.Alerts()); got != c.want {
				t.Errorf("the value is told of %q, want %q", got, c.want)
			}
			for _, a := range state.Alerts() {
				if hidden := !strings.Contains(c.want, a.Field); a.Redacted != hidden || strings.Contains(a.Annotations["summary"], "hidden") != hidden {
					t.Errorf("%s is not said to be redacted, or is: %+v", a.Field, a)
				}
			}
		})
	}
}

// TestRedactedLater: what an alert told before its field or rule was redacted is not
// told afterwards, neither while it fires nor when it ends.
func TestRedactedLater(t *testing.T) {
	rule := "alert: A, when: {check: mean, above: 20}, " + telling
	before := parseSet(t, oneRule(rule)).ForMonitor(testMonitor)
	old, _ := before.Step(State{}, valuesOf(0), none)
	for _, c := range []struct {
		name  string
		after *Program
		want  string
	}{
		{"a field", parseSet(t, oneRule(rule)).ForMonitor(redactedMonitor()), "b"},
		{"a rule", parseSet(t, oneRule("redact: true, "+rule)).ForMonitor(testMonitor), ""},
		{"a field whose rule goes", parseSet(t, "groups: []").ForMonitor(redactedMonitor()), "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, events := c.after.Adopt(old)
			alerts := state.Alerts()
			for _, e := range events {
				alerts = append(alerts, e.Alert)
			}
			if len(alerts) != 2 {
				t.Fatalf("%d alerts", len(alerts))
			}
			if got := tellers(alerts); got != c.want {
				t.Errorf("the value is told of %q, want %q", got, c.want)
			}
		})
	}
}

// tellers are the fields of the alerts that tell the value.
func tellers(alerts []Alert) (fields string) {
	for _, a := range alerts {
		b, _ := State{tracked: []tracked{{Alert: a}}}.MarshalJSON() // alerts always marshal
		if strings.Contains(string(b), "4242") {
			fields += a.Field
		}
	}
	return fields
}

// Shares, distances and what a rule says of several fields are not values.
func TestStatisticsOfRedactedFieldsAreTold(t *testing.T) {
	p := parseSet(t, oneRule(`alert: A, when: {check: psi, above: 0.2}, annotations: {summary: "{{ .Value }}"}`)).ForMonitor(redactedMonitor())
	_, events := p.Step(State{}, psiOf(0, 0.3), none)
	if len(events) != 1 || events[0].Alert.Annotations["summary"] != "0.3" || events[0].Alert.Result.Value != 0.3 {
		t.Errorf("%+v", events)
	}
}
