package app

import (
	"fmt"
	"testing"

	"driftwatch/internal/config"
	"driftwatch/internal/yamlx"
	"driftwatch/rules"
)

// TestRuleViews: a rule names the monitors that its globs mean, and counts its own
// alerts where another rule has the same name for other monitors.
func TestRuleViews(t *testing.T) {
	set := &rules.Set{}
	c, _ := yamlx.Parse("r.yaml", []byte(`groups:
  - {name: a, monitor: "churn-*", rules: [{alert: Drift, when: {check: psi, drift: true}, windows: {m: 2, of: 5}}]}
  - {name: b, monitor: price, rules: [{alert: Drift, when: {check: psi, above: 0.2}}]}
`), &yamlx.Reporter{})
	set.Add(c)
	g := &generation{config: &config.Config{Rules: set}, programs: map[string]*rules.Program{}}
	for _, name := range []string{"churn-1", "price", "churn-0", "other"} {
		g.programs[name] = set.ForMonitor(rules.Monitor{Name: name})
	}
	alert := func(monitor, state string) rules.Alert {
		return rules.Alert{Monitor: monitor, Name: "Drift", State: state}
	}
	list := g.ruleViews().with([]rules.Alert{
		alert("churn-0", rules.Firing), alert("churn-1", rules.Firing), alert("churn-1", rules.Pending), alert("price", rules.Pending),
		alert("churn-0", rules.Resolved), alert("gone", rules.Firing),
	})
	got := ""
	for _, r := range list {
		got += fmt.Sprintf("%s %v %s: %d firing, %d pending\n", r.Group, r.Monitors, r.Windows, r.Firing, r.Pending)
	}
	if want := "a [churn-0 churn-1] 2 of 5: 2 firing, 1 pending\nb [price] 1: 0 firing, 1 pending\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
