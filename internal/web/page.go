package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// Columns of a monitor's table and of its row in the list of monitors.
const (
	gridWindows  = 12
	stripWindows = 30
)

// page is what every page shows: what is wrong, if anything is.
type page struct {
	Title    string
	Problems []string
	Ready    bool
	Index    *indexView
	Monitor  *monitorView
}

type indexView struct {
	Monitors []monitorRow
	Firing   int
	Alerts   []alertRow
	Status   statusJSON
}

type monitorRow struct {
	monitorJSON
	Strip []cell // the newest windows, oldest first
}

type alertRow struct {
	*rules.Alert
	Monitor string
	Value   string
	When    string
	Link    string
}

func (h *handler) index(w http.ResponseWriter, _ *http.Request) {
	s := h.o.Snapshot()
	v := &indexView{Status: statusOf(s)}
	for i := range s.Monitors {
		m := &s.Monitors[i]
		row := monitorRow{monitorJSON: monitorOf(s, m)}
		for _, win := range newest(m.Windows, stripWindows) {
			row.Strip = append(row.Strip, windowCell(m.Name, win, win.Whole()))
		}
		v.Firing += row.Firing
		v.Monitors = append(v.Monitors, row)
	}
	v.Alerts = alertRows(s.Alerts, "")
	h.render(w, page{Title: "Driftwatch", Index: v}, s)
}

// alertRows returns the alerts of a monitor, or of all with "".
func alertRows(alerts []rules.Alert, monitor string) []alertRow {
	var out []alertRow
	for i := range alerts {
		if a := &alerts[i]; monitor == "" || a.Monitor == monitor {
			row := alertRow{
				Alert: a, Monitor: a.Monitor, Value: resultText(a.Result), When: alertTime(a),
				Link: windowLink(a.Monitor, a.Segment, a.WindowEnd),
			}
			if a.Check == rules.NoData { // there is no window of the time
				row.Link = monitorLink(a.Monitor)
			}
			out = append(out, row)
		}
	}
	return out
}

func alertTime(a *rules.Alert) string {
	if a.State == rules.Resolved && a.EndsAt != nil {
		if a.Fired != nil {
			return clock(*a.Fired) + " – " + clock(*a.EndsAt)
		}
		return "until " + clock(*a.EndsAt)
	}
	return "since " + clock(a.Since)
}

func newest[T any](s []T, n int) []T { return s[max(0, len(s)-n):] }

// problems says in sentences what keeps the daemon from doing all its work.
func problems(s *snapshot.Snapshot) []string {
	var out []string
	if !s.Ready {
		reason := s.Reason
		if reason == "" {
			reason = "starting"
		}
		out = append(out, "Not ready: "+reason)
	} else if s.Reason != "" {
		out = append(out, s.Reason)
	}
	if !s.Reload.OK && s.Reload.Error != "" {
		out = append(out, "The newest configuration is not in use: "+s.Reload.Error)
	}
	for _, st := range s.Streams {
		if st.Problem != "" {
			out = append(out, fmt.Sprintf("Stream %s: %s", st.Name, st.Problem))
		}
	}
	for _, r := range s.Notified {
		if r.Problem != "" {
			out = append(out, fmt.Sprintf("Receiver %s: %s", r.Name, r.Problem))
		}
	}
	return slices.Compact(out)
}

// render executes the template into memory first, so that a page is sent whole
// or not at all.
func (h *handler) render(w http.ResponseWriter, p page, s *snapshot.Snapshot) {
	p.Problems, p.Ready = problems(s), s.Ready
	var b bytes.Buffer
	if err := h.page.Execute(&b, p); err != nil {
		h.o.Logger.Error("cannot make a page", "page", p.Title, "error", err)
		fail(w, http.StatusInternalServerError, fmt.Errorf("make the page %q", p.Title))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w)
}

func pageTemplate() *template.Template {
	return template.Must(template.New("page.html").Funcs(template.FuncMap{
		"clock":   clock,
		"clockOf": clockOf,
		"count":   count,
		"revised": revised,
		"errors":  errorsText,
		"monitor": monitorLink,
		"seconds": secondsText,
	}).ParseFS(assets, "page.html"))
}

// cell is one square of a grid.
type cell struct {
	Class verdict
	Text  string
	Note  string // shown when pointed at
	Link  string
	Here  bool // it belongs to the window that is shown
}

func windowCell(monitor string, w *checks.Window, sg *checks.Segment) cell {
	worst, n := unknown, 0
	for i := range sg.Fields {
		v := verdictOf(sg.Fields[i].Checks)
		if v == drifted || v == violated {
			n++
		}
		if v.rank() < worst.rank() {
			worst = v
		}
	}
	if v := verdictOf(sg.Checks); v.rank() < worst.rank() {
		worst = v
	}
	note := fmt.Sprintf("%s, %s rows, ", clockSpan(w.Start, w.End), count(sg.Rows))
	switch n {
	case 0:
		note += "no field drifted"
	case 1:
		note += "1 field drifted"
	default:
		note += fmt.Sprintf("%d fields drifted", n)
	}
	if w.Partial {
		note += ", partial"
	}
	return cell{Class: worst, Note: note, Link: windowLink(monitor, sg.Name, w.End)}
}
