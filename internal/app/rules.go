package app

import (
	"maps"
	"slices"

	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

// ruleViews are the rules of a configuration as pages show them.
type ruleViews struct {
	list []snapshot.Rule
	of   map[ruleOf]int // place of the rule that an alert is of
}

type ruleOf struct{ monitor, alert string }

func (g *generation) ruleViews() ruleViews {
	v := ruleViews{of: map[ruleOf]int{}}
	at := map[*rules.Rule]int{}
	for i, r := range g.config.Rules.Rules {
		at[r] = i
		v.list = append(v.list, snapshot.Rule{
			Group: r.Group, Alert: r.Alert, Monitors: []string{}, Severity: r.Severity, When: r.When.String(),
			Windows: r.Windows.String(), File: r.File, Line: r.Line,
		})
	}
	for _, monitor := range slices.Sorted(maps.Keys(g.programs)) {
		for _, r := range g.programs[monitor].Rules() {
			shown := &v.list[at[r]]
			shown.Monitors = append(shown.Monitors, monitor)
			v.of[ruleOf{monitor, r.Alert}] = at[r]
		}
	}
	return v
}

// with returns the rules with how many alerts each has.
func (v ruleViews) with(alerts []rules.Alert) []snapshot.Rule {
	list := slices.Clone(v.list)
	for i := range alerts {
		at, ok := v.of[ruleOf{alerts[i].Monitor, alerts[i].Name}]
		switch {
		case !ok:
		case alerts[i].State == rules.Pending:
			list[at].Pending++
		case alerts[i].State == rules.Firing:
			list[at].Firing++
		}
	}
	return list
}
