package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/window"
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

type silencesView struct {
	Matchers string // that a form begins with
	Groups   []silenceGroup
}

// silenceGroup is the silences of one state.
type silenceGroup struct {
	Name     string
	Silences []silenceJSON
}

func (h *handler) silencesPage(w http.ResponseWriter, r *http.Request) {
	v := silencesView{Matchers: strings.Join(r.URL.Query()["matcher"], "\n")}
	all, now := h.o.Silences.All(), h.o.Now()
	for _, state := range []string{"active", "pending", "expired"} {
		g := silenceGroup{Name: strings.ToUpper(state[:1]) + state[1:]}
		for _, s := range all {
			if s.State(now) == state {
				g.Silences = append(g.Silences, silenceJSON{s, state})
			}
		}
		if len(g.Silences) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	h.render(w, r, "silences", page{Title: "Silences", Here: "silences", API: "/api/v1/silences", Body: v}, h.o.Snapshot())
}

// silenceLink leads to a silence for an alert.
func silenceLink(a *rules.Alert) string {
	q := url.Values{"matcher": {"monitor=" + strconv.Quote(a.Monitor), "alert=" + strconv.Quote(a.Name)}}
	if a.Field != "" {
		q.Add("matcher", "field="+strconv.Quote(a.Field))
	}
	if a.Segment != "" {
		q.Add("matcher", "segment="+strconv.Quote(a.Segment))
	}
	return "/silences?" + q.Encode()
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
	Alerts []alertRow   // that it has now
	Judged *window.Time // end of the newest window that it looked at
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
		v.Files[i].Rules = append(v.Files[i].Rules, ruleRow{rule, stateOf(rule), alertsOf(s, rule), judged(s, rule)})
	}
	h.render(w, r, "rules", page{Title: "Rules", Here: "rules", API: "/api/v1/rules", Body: v}, s)
}

// judged is the end of the newest window of the rule's monitors, or nil.
func judged(s *snapshot.Snapshot, r snapshot.Rule) (end *window.Time) {
	for i := range s.Monitors {
		m := &s.Monitors[i]
		if last := m.Last(); last != nil && slices.Contains(r.Monitors, m.Name) && (end == nil || last.End > *end) {
			end = &last.End
		}
	}
	return end
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
