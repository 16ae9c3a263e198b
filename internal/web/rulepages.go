package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

type rulesView struct {
	Revision string
	Files    []ruleFile
}

// ruleFile is the rules of one file, in its order.
type ruleFile struct {
	Name  string
	Rules []ruleRow
}

type ruleRow struct {
	ruleJSON
	State  string
	Alerts []alertRow // some of those that it has now
	More   int        // alerts that are not named
}

// Names in one row of the list of rules.
const namedInRow = 5

func (h *handler) rulesPage(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	v := rulesView{Revision: s.Revision}
	judged, alerts := lastWindows(s), openByRule(s)
	for i := range s.Rules {
		rule := &s.Rules[i]
		at := slices.IndexFunc(v.Files, func(f ruleFile) bool { return f.Name == rule.File })
		if at < 0 {
			at = len(v.Files)
			v.Files = append(v.Files, ruleFile{Name: rule.File})
		}
		row := ruleRow{ruleJSON: ruleJSON{Rule: *rule, Judged: judged.of(rule)}, State: stateOf(rule), Alerts: alerts[rules.RulePath(rule.Group, rule.Alert)]}
		if n := len(row.Alerts); n > namedInRow {
			row.Alerts, row.More = row.Alerts[:namedInRow], n-namedInRow
		}
		v.Files[at].Rules = append(v.Files[at].Rules, row)
	}
	h.render(w, r, "rules", page{Title: "Rules", Here: "rules", API: apis("rules", "/rules"), Body: v}, s)
}

// openByRule returns the pending and firing alerts by the page of their rule.
func openByRule(s *snapshot.Snapshot) map[string][]alertRow {
	out := map[string][]alertRow{}
	for _, a := range alertRows(s, "") {
		if a.State != rules.Resolved {
			out[a.Rule] = append(out[a.Rule], a)
		}
	}
	return out
}

func stateOf(r *snapshot.Rule) string {
	switch {
	case r.Firing > 0:
		return stateFiring
	case r.Pending > 0:
		return statePending
	}
	return stateOK
}

// Few shows the first of the monitors, for a list in one line.
func (r ruleRow) Few() []string { return r.Monitors[:min(namedInRow, len(r.Monitors))] }

// Others is how many monitors it leaves out.
func (r ruleRow) Others() int { return len(r.Monitors) - len(r.Few()) }

// ruleView is the page of a rule.
type ruleView struct {
	Group, Alert string
	Rules        []ruleSection
}

// ruleSection is one rule.
type ruleSection struct {
	ruleJSON
	State    string
	Alerts   []alertRow
	Monitors []ruleMonitorRow
	Others   int // monitors that are not shown
	Chosen   string
	Newest   []evaluationRow // of the chosen monitor, newest first
	Older    []evaluationRow // before those
}

type ruleMonitorRow struct {
	ruleMonitorJSON
	Here  bool
	State string
	Strip []bar
	Width int
	Link  string // to this page with the monitor chosen
	Last  *evaluationRow
}

type evaluationRow struct {
	evaluationJSON
	Monitor, Value string
	Link           string // to the window
	At             string // to the worst field, or ""
}

// shownEvaluations is how many windows are shown without being asked for more.
const shownEvaluations = 15

// monitorsOfRule bounds the monitors that a rule's page shows.
const monitorsOfRule = 100

func (h *handler) rulePage(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	list, err := rulesOf(s, r)
	if err != nil {
		h.failPage(w, r, http.StatusNotFound, err)
		return
	}
	v := ruleView{Group: list[0].Group, Alert: list[0].Alert}
	for _, rule := range list {
		v.Rules = append(v.Rules, sectionOf(s, rule, r.URL.Query().Get("monitor")))
	}
	h.render(w, r, "rule", page{Title: v.Alert, Here: "rules", API: apis("rule", rules.RulePath(v.Group, v.Alert)), Body: v}, s)
}

func sectionOf(s *snapshot.Snapshot, rule ruleJSON, chosen string) ruleSection {
	path := rules.RulePath(rule.Group, rule.Alert)
	out := ruleSection{ruleJSON: rule, State: stateOf(&rule.Rule)}
	for _, a := range openByRule(s)[path] {
		if slices.Contains(rule.Rule.Monitors, a.Monitor) {
			out.Alerts = append(out.Alerts, a)
		}
	}
	at := max(0, slices.IndexFunc(rule.Evaluations, func(m ruleMonitorJSON) bool { return m.Monitor == chosen }))
	for i, m := range rule.Evaluations {
		if i < monitorsOfRule || i == at {
			out.Monitors = append(out.Monitors, monitorOfRule(m, i == at, path+params("monitor", m.Monitor)))
		}
	}
	out.Others = len(rule.Evaluations) - len(out.Monitors)
	if len(rule.Evaluations) > 0 {
		of := &rule.Evaluations[at]
		out.Chosen = of.Monitor
		for _, e := range slices.Backward(of.Windows) {
			out.Newest = append(out.Newest, evaluationRowOf(of.Monitor, e))
		}
		if len(out.Newest) > shownEvaluations {
			out.Newest, out.Older = out.Newest[:shownEvaluations], out.Newest[shownEvaluations:]
		}
	}
	return out
}

func monitorOfRule(m ruleMonitorJSON, here bool, link string) ruleMonitorRow {
	row := ruleMonitorRow{ruleMonitorJSON: m, Here: here, Link: link, State: stateOf(&snapshot.Rule{Firing: m.Firing, Pending: m.Pending})}
	shown := newest(m.Windows, stripWindows)
	row.Width = 10 * max(shortStrip, len(shown))
	for i, e := range shown {
		height := 20
		if e.Asked > 0 {
			height += int(80 * float64(e.Held) / float64(e.Asked))
		}
		row.Strip = append(row.Strip, bar{cell{Class: e.Outcome.Class(), Note: evaluationNote(e), Link: windowPage(m.Monitor, "", e.End)}, 10 * i, height})
	}
	if n := len(shown); n > 0 {
		last := evaluationRowOf(m.Monitor, shown[n-1])
		row.Last = &last
	}
	return row
}

func evaluationNote(e evaluationJSON) string {
	return "Window until " + clock(e.End) + ": " + e.Words()
}

// Words says in a clause what the rule made of the window.
func (e evaluationJSON) Words() string {
	var s string
	switch {
	case e.Outcome == notJudged && e.Why != "":
		return "not judged, " + e.Why
	case e.Asked == 1:
		s = string(e.Outcome)
	case e.Outcome == met:
		s = fmt.Sprintf("met by %d of %d", e.Held, e.Asked)
	default:
		s = fmt.Sprintf("%s by any of %d", e.Outcome, e.Asked)
	}
	if e.Unknown > 0 && e.Outcome != notJudged {
		s += fmt.Sprintf(", %d not judged: %s", e.Unknown, e.Why)
	}
	return s
}

// HeldFor says for how many of the fields and segments the condition held, and why
// that is not known of others.
func (e evaluationJSON) HeldFor() string {
	if e.Asked == 0 {
		return e.Why
	}
	s := fmt.Sprintf("%d of %d", e.Held, e.Asked)
	if e.Unknown > 0 {
		s += fmt.Sprintf("; %d not judged: %s", e.Unknown, e.Why)
	}
	return s
}

// Alerts says how many alerts there were after the window.
func (e evaluationJSON) Alerts() string {
	if e.Again {
		return "not known"
	}
	var parts []string
	if *e.Firing > 0 {
		parts = append(parts, fmt.Sprintf("%d firing", *e.Firing))
	}
	if *e.Pending > 0 {
		parts = append(parts, fmt.Sprintf("%d pending", *e.Pending))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func evaluationRowOf(monitor string, e evaluationJSON) evaluationRow {
	row := evaluationRow{evaluationJSON: e, Monitor: monitor, Link: windowPage(monitor, "", e.End)}
	if w := e.Worst; w != nil {
		row.Link = windowPage(monitor, w.Segment, e.End)
		if w.Field != "" {
			row.At = fieldLink(monitor, w.Field, w.Segment, w.Check, e.End)
		}
		if w.Value != nil {
			row.Value = number(*w.Value)
		}
	}
	return row
}
