package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// ruleJSON is a rule as the API shows it.
type ruleJSON struct {
	snapshot.Rule
	Judged *window.Time `json:"last_window,omitempty"` // end of the newest that it was asked of
	// Of each monitor, those that need looking at first; only where one rule is asked for.
	Evaluations []ruleMonitorJSON `json:"evaluations,omitempty"`
}

// ruleMonitorJSON is what a rule made of the newest windows of one monitor.
type ruleMonitorJSON struct {
	Monitor string           `json:"monitor"`
	Pending int              `json:"pending"`
	Firing  int              `json:"firing"`
	Windows []evaluationJSON `json:"windows"` // oldest first
}

type evaluationJSON struct {
	End     window.Time      `json:"end"`
	Outcome outcome          `json:"outcome"`
	Asked   uint32           `json:"asked"`
	Held    uint32           `json:"held"`
	Unknown uint32           `json:"unknown"`
	Why     string           `json:"why,omitempty"`
	Again   bool             `json:"judged_again,omitempty"`
	Pending *uint32          `json:"pending,omitempty"`
	Firing  *uint32          `json:"firing,omitempty"`
	Worst   *worstOfRuleJSON `json:"worst,omitempty"`
}

type worstOfRuleJSON struct {
	Segment string   `json:"segment"`
	Field   string   `json:"field,omitempty"`
	Check   string   `json:"check"`
	Value   *float64 `json:"value,omitempty"`
}

// outcome is what a rule made of a window in a word.
type outcome string

const (
	met       outcome = "met"
	notMet    outcome = "not met"
	notJudged outcome = "not judged"
)

func outcomeOf(e *rules.Evaluation) outcome {
	switch {
	case e.Held > 0:
		return met
	case e.Asked > e.Unknown:
		return notMet
	}
	return notJudged
}

// Class is the style that the outcome shares with verdicts.
func (o outcome) Class() verdict {
	return map[outcome]verdict{met: drifted, notMet: steady, notJudged: unknown}[o]
}

func evaluationOf(e *rules.Evaluation) evaluationJSON {
	out := evaluationJSON{End: e.End, Outcome: outcomeOf(e), Asked: e.Asked, Held: e.Held, Unknown: e.Unknown, Why: e.Why, Again: e.Again}
	if !e.Again {
		out.Pending, out.Firing = &e.Pending, &e.Firing
	}
	if w := e.Worst; w != nil {
		out.Worst = &worstOfRuleJSON{w.Segment, w.Field, w.Check, w.Value}
	}
	return out
}

func (h *handler) apiRules(w http.ResponseWriter, _ *http.Request) {
	s := h.o.Snapshot()
	judged := lastWindows(s)
	out := make([]ruleJSON, len(s.Rules))
	for i := range s.Rules {
		out[i] = ruleJSON{Rule: s.Rules[i], Judged: judged.of(&s.Rules[i])}
	}
	replyRules(w, s, out)
}

// apiRule answers with the rules of a group that have the alert: mostly one.
func (h *handler) apiRule(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	list, err := rulesOf(s, r)
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	replyRules(w, s, list)
}

func replyRules(w http.ResponseWriter, s *snapshot.Snapshot, list []ruleJSON) {
	reply(w, struct {
		Revision string     `json:"revision"`
		Rules    []ruleJSON `json:"rules"`
	}{s.Revision, list})
}

// rulesOf finds the rules that a path names, with what they made of the newest
// windows.
func rulesOf(s *snapshot.Snapshot, r *http.Request) (out []ruleJSON, err error) {
	group, alert := r.PathValue("group"), r.PathValue("alert")
	judged := lastWindows(s)
	for i := range s.Rules {
		if rule := &s.Rules[i]; rule.Group == group && rule.Alert == alert {
			out = append(out, ruleJSON{Rule: *rule, Judged: judged.of(rule), Evaluations: evaluationsOf(s, rule)})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no rule %q in a group %q", alert, group)
	}
	return out, nil
}

// evaluationsOf returns what a rule made of windows, for each monitor that runs here.
func evaluationsOf(s *snapshot.Snapshot, rule *snapshot.Rule) []ruleMonitorJSON {
	firing, pending := map[string]int{}, map[string]int{}
	for i := range s.Alerts {
		switch a := &s.Alerts[i]; {
		case a.Name != rule.Alert:
		case a.State == rules.Firing:
			firing[a.Monitor]++
		case a.State == rules.Pending:
			pending[a.Monitor]++
		}
	}
	out := []ruleMonitorJSON{}
	for i := range s.Monitors {
		m := &s.Monitors[i]
		if _, ok := slices.BinarySearch(rule.Monitors, m.Name); !ok {
			continue
		}
		of := ruleMonitorJSON{Monitor: m.Name, Pending: pending[m.Name], Firing: firing[m.Name], Windows: []evaluationJSON{}}
		for _, list := range m.Evaluations {
			if at := slices.IndexFunc(list, func(e rules.Evaluation) bool { return e.Alert == rule.Alert }); at >= 0 {
				of.Windows = append(of.Windows, evaluationOf(&list[at]))
			}
		}
		out = append(out, of)
	}
	slices.SortStableFunc(out, func(a, b ruleMonitorJSON) int {
		return cmp.Or(b.Firing-a.Firing, b.Pending-a.Pending)
	})
	return out
}

// lastEnds are the ends of the newest windows of monitors, by name.
type lastEnds map[string]window.Time

func lastWindows(s *snapshot.Snapshot) lastEnds {
	ends := lastEnds{}
	for i := range s.Monitors {
		if last := s.Monitors[i].Last(); last != nil {
			ends[s.Monitors[i].Name] = last.End
		}
	}
	return ends
}

// of is the end of the newest window of a rule's monitors, or nil.
func (ends lastEnds) of(r *snapshot.Rule) *window.Time {
	newest := window.None
	for _, name := range r.Monitors {
		if end, ok := ends[name]; ok {
			newest = max(newest, end)
		}
	}
	return known(newest)
}

// ruleOf is the page of an alert's rule; "" if it is not there any more.
func ruleOf(s *snapshot.Snapshot, a *rules.Alert) string {
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Alert != a.Name {
			continue
		}
		if _, ok := slices.BinarySearch(r.Monitors, a.Monitor); ok {
			return rules.RulePath(r.Group, r.Alert)
		}
	}
	return ""
}
