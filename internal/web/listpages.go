package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

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
	h.render(w, r, "alerts", page{Title: "Alerts", Here: "alerts", API: apis("alerts", "/alerts"), Body: v}, s)
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
	h.render(w, r, "silences", page{Title: "Silences", Here: "silences", API: apis("silences", "/silences"), Body: v}, h.o.Snapshot())
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

func (h *handler) statusPage(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	h.render(w, r, "status", page{Title: "Status", Here: "status", API: apis("status", "/status"), Body: statusOf(s)}, s)
}
