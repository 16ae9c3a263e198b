package web

import (
	"net/http"
	"slices"

	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

type alertsView struct {
	Open     []alertRow // firing, then pending
	Resolved []alertRow
}

func (h *handler) alertsPage(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	var v alertsView
	for _, a := range alertRows(s, "") {
		if a.State == rules.Resolved {
			v.Resolved = append(v.Resolved, a)
		} else {
			v.Open = append(v.Open, a)
		}
	}
	h.render(w, r, "alerts", page{Title: "Alerts", Here: "alerts", API: "/api/v1/alerts", Body: v}, s)
}

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
	snapshot.Rule
	State  string
	Alerts []alertRow // that it has now
}

func (h *handler) rulesPage(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	v := rulesView{Revision: s.Revision}
	for _, rule := range s.Rules {
		i := slices.IndexFunc(v.Files, func(f ruleFile) bool { return f.Name == rule.File })
		if i < 0 {
			i = len(v.Files)
			v.Files = append(v.Files, ruleFile{Name: rule.File})
		}
		v.Files[i].Rules = append(v.Files[i].Rules, ruleRow{rule, stateOf(rule), alertsOf(s, rule)})
	}
	h.render(w, r, "rules", page{Title: "Rules", Here: "rules", API: "/api/v1/rules", Body: v}, s)
}

func stateOf(r snapshot.Rule) string {
	switch {
	case r.Firing > 0:
		return stateFiring
	case r.Pending > 0:
		return statePending
	}
	return stateOK
}

func alertsOf(s *snapshot.Snapshot, r snapshot.Rule) (out []alertRow) {
	for _, a := range alertRows(s, "") {
		if a.Name == r.Alert && a.State != rules.Resolved && slices.Contains(r.Monitors, a.Monitor) {
			out = append(out, a)
		}
	}
	return out
}

func (h *handler) statusPage(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	h.render(w, r, "status", page{Title: "Status", Here: "status", API: "/api/v1/status", Body: statusOf(s)}, s)
}
