package alerting

import (
	"strings"
	"testing"

	"driftwatch/rules"
)

func matchers(t *testing.T, texts ...string) Matchers {
	t.Helper()
	m, err := ParseMatchers(texts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMatchers(t *testing.T) {
	a := fire("churn", "amount", 1)
	a.Labels = map[string]string{"team": "risk", "monitor": "liar"}
	for text, want := range map[string]bool{
		`severity=warning`: true, `severity = "warning"`: true, `severity!=warning`: false, `monitor=liar`: false,
		`field=~am.*`: true, `field=~am`: false, `field=~a|amount`: true, `field!~b.*`: true, `team=~"ri.k"`: true,
		`none=`: true, `none!=`: false, `none!=x`: true, `alert="Dr\u0069ft"`: true, `segment=`: true,
	} {
		m := matchers(t, text)
		if got := m.Match(&a); got != want {
			t.Errorf("%s: %v", text, got)
		}
		if again := matchers(t, m[0].String()); again.Match(&a) != want {
			t.Errorf("%s is written as %s, which means something else", text, m[0])
		}
	}
	for _, text := range []string{"", "severity", "=x", "a b=c", `a="x`, "a=~(", "9a=x"} {
		if _, err := ParseMatcher(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRoutes(t *testing.T) {
	tree := &Route{Receiver: "all", Routes: []*Route{
		{Receiver: "audit", Match: matchers(t, "severity=critical"), Continue: true},
		{Receiver: "stop", Match: matchers(t, "class=schema"), Routes: []*Route{
			{Receiver: "pager", Match: matchers(t, "severity=critical")},
			{Receiver: "chat", Match: matchers(t, "monitor=~fraud.*")},
		}},
		{Receiver: "retrain", Match: matchers(t, "class=values")},
		{Receiver: "never", Match: matchers(t, "class=values")},
	}}
	for _, tc := range []struct{ monitor, class, severity, want string }{
		{"churn", "performance", "warning", "all"},
		{"churn", "performance", "critical", "audit"},
		{"churn", "schema", "warning", "stop"},
		{"churn", "schema", "critical", "audit, pager"},
		{"fraud-eu", "schema", "warning", "chat"},
		{"churn", "values", "info", "retrain"},
	} {
		a := rules.Alert{Monitor: tc.monitor, Severity: tc.severity, Labels: map[string]string{"class": tc.class}}
		if got := strings.Join(tree.ReceiversOf(&a), ", "); got != tc.want {
			t.Errorf("%+v goes to %s", tc, got)
		}
	}
	if got := strings.Join(tree.Receivers(), " "); got != "all audit stop pager chat retrain never" {
		t.Errorf("receivers %s", got)
	}
	if r := tree.to("chat", &rules.Alert{}); r == nil || r.Receiver != "chat" {
		t.Errorf("an alert on its way to a receiver that it no longer matches takes %+v", r)
	}
}

func TestInhibit(t *testing.T) {
	firing := func(name, monitor, severity string) rules.Alert {
		return rules.Alert{Fingerprint: name + monitor, Name: name, Monitor: monitor, Severity: severity, State: rules.Firing}
	}
	broken, drift := firing("Broken", "churn", "critical"), firing("Drift", "churn", "warning")
	resolved := broken
	resolved.State = rules.Resolved
	rule := Inhibit{Source: matchers(t, "severity=critical"), Target: matchers(t, "severity=~warning|critical"), Equal: []string{"monitor"}}
	for _, tc := range []struct {
		name  string
		alert rules.Alert
		among []rules.Alert
		want  bool
	}{
		{"explained", drift, []rules.Alert{drift, broken}, true},
		{"alone", drift, []rules.Alert{drift}, false},
		{"of another monitor", drift, []rules.Alert{firing("Broken", "fraud", "critical")}, false},
		{"over", drift, []rules.Alert{resolved}, false},
		{"by itself", broken, []rules.Alert{broken}, false},
		{"by its like", broken, []rules.Alert{firing("Worse", "churn", "critical")}, false},
		{"no target", firing("Note", "churn", "info"), []rules.Alert{broken}, false},
	} {
		if got := rule.by(&tc.alert, rule.sources(tc.among)) != nil; got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
