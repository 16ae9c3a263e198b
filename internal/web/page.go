package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// Windows that a monitor has in the list of monitors, and those that its picture has
// room for at least.
const stripWindows, shortStrip = 30, 12

// page is what every page shows beside its own content: what is wrong, if anything
// is.
type page struct {
	Title    string
	Here     string    // the part of the site that it belongs to
	API      []apiLink // where its numbers are
	Problems []string
	Ready    bool
	Firing   int
	Body     any
}

// apiLink leads to numbers that a page shows.
type apiLink struct{ Name, Path string }

// apis are named paths of the API.
func apis(pairs ...string) (out []apiLink) {
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, apiLink{pairs[i], "/api/v1" + pairs[i+1]})
	}
	return out
}

type overview struct {
	Monitors []monitorRow
	Alerts   []alertRow
	Streams  []streamJSON
}

type monitorRow struct {
	monitorJSON
	Strip []bar // the newest windows, oldest first
	Width int   // of the picture
	Link  string
}

// bar is a window in a strip: its rows as its height.
type bar struct {
	cell
	At, Height int
}

type alertRow struct {
	*rules.Alert
	Monitor string
	Value   string
	When    string
	Link    string
	Rule    string           // link to it, or ""
	Silence string           // link to a form for one
	Quiet   []suppressedJSON // who is not told, and why
}

func (h *handler) index(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	v := overview{Streams: statusOf(s).Streams}
	for i := range s.Monitors {
		m := &s.Monitors[i]
		row := monitorRow{monitorJSON: monitorOf(s, m, ""), Width: 10 * max(shortStrip, min(stripWindows, len(m.Windows))), Link: monitorLink(m.Name)}
		row.Strip = strip(&row.monitorJSON)
		v.Monitors = append(v.Monitors, row)
	}
	slices.SortStableFunc(v.Monitors, func(a, b monitorRow) int { return urgency(a.State) - urgency(b.State) })
	for _, a := range alertRows(s, "") {
		if a.State != rules.Resolved {
			v.Alerts = append(v.Alerts, a)
		}
	}
	h.render(w, r, "overview", page{Title: "Monitors", Here: "monitors", API: apis("monitors", "/monitors"), Body: v}, s)
}

// urgency orders the states of monitors.
func urgency(state string) int {
	return slices.Index([]string{stateFiring, statePending, stateOK, stateWaiting}, state)
}

// strip shows the newest windows of a monitor in a picture that is 100 high.
func strip(m *monitorJSON) (out []bar) {
	ws, most := newest(m.Recent, stripWindows), uint64(1)
	for _, w := range ws {
		most = max(most, w.Rows)
	}
	for i, w := range ws {
		height := 20 + int(80*float64(w.Rows)/float64(most))
		out = append(out, bar{windowCell(m.Name, &w), 10 * i, height})
	}
	return out
}

// alertRows returns the alerts of a monitor, or of all with "".
func alertRows(s *snapshot.Snapshot, monitor string) []alertRow {
	var out []alertRow
	for i := range s.Alerts {
		if a := &s.Alerts[i]; monitor == "" || a.Monitor == monitor {
			row := alertRow{
				Alert: a, Monitor: a.Monitor, Value: alertValue(a), When: alertTime(a),
				Link: a.Path(), Rule: ruleOf(s, a), Silence: silenceLink(a), Quiet: suppressed(s, a),
			}
			out = append(out, row)
		}
	}
	return out
}

// alertValue is the value that an alert found and, of a rule on change, what it was
// before.
func alertValue(a *rules.Alert) string {
	s := resultText(a.Result)
	if a.Against != "" && a.Result.Reference != nil {
		s += ", from " + number(*a.Result.Reference) + " in " + a.Against
	}
	return s
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
func (h *handler) render(w http.ResponseWriter, r *http.Request, name string, p page, s *snapshot.Snapshot) {
	h.send(w, r, http.StatusOK, name, p, s)
}

func (h *handler) send(w http.ResponseWriter, r *http.Request, code int, name string, p page, s *snapshot.Snapshot) {
	p.Problems, p.Ready = problems(s), s.Ready
	for _, of := range apis("alerts", "/alerts", "status", "/status") { // which the frame shows some of
		if !slices.Contains(p.API, of) {
			p.API = append(p.API, of)
		}
	}
	for i := range s.Alerts {
		if s.Alerts[i].State == rules.Firing {
			p.Firing++
		}
	}
	var b bytes.Buffer
	if err := h.pages[name].Execute(&b, p); err != nil {
		h.o.Logger.Error("cannot make a page", "page", p.Title, "error", err)
		fail(w, http.StatusInternalServerError, fmt.Errorf("make the page %q", p.Title))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	compressed(w, r, code, b.Bytes())
}

// failPage answers browsers with a page and others as the API does.
func (h *handler) failPage(w http.ResponseWriter, r *http.Request, code int, err error) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		fail(w, code, err)
		return
	}
	s := h.o.Snapshot()
	v := failure{Heading: "Not there", Text: err.Error()}
	switch {
	case code >= http.StatusInternalServerError:
		v.Heading = "This did not work"
	case code == http.StatusBadRequest:
		v.Heading = "This cannot be shown"
	}
	if m, err := find(s, r.PathValue("name")); err == nil {
		v.Monitor = m.Name
	}
	h.send(w, r, code, "failure", page{Title: v.Heading, API: apis("monitors", "/monitors"), Body: v}, s)
}

// failure is the page in place of one that cannot be shown.
type failure struct {
	Heading, Text string
	Monitor       string // that it was about, or ""
}

// pageTemplates returns a template for each page: the frame around its own part.
func pageTemplates() map[string]*template.Template {
	frame := template.Must(template.New("page.html").Funcs(template.FuncMap{
		"bytes":   sizeText,
		"clock":   clock,
		"clockOf": clockOf,
		"count":   count,
		"revised": revised,
		"errors":  errorsText,
		"instant": instantText,
		"monitor": monitorLink,
		"percent": func(v float64) int { return int(100 * v) },
		"plural":  plural,
		"rule":    rules.RulePath,
		"seconds": secondsText,
		"segment": segmentName,
		"wall":    wallText,
		"whole":   func(n int64) string { return count(uint64(max(0, n))) },
	}).ParseFS(assets, "assets/page.html", "assets/parts.html"))
	out := map[string]*template.Template{}
	for _, name := range []string{"overview", "monitor", "field", "window", "alerts", "silences", "rules", "rule", "status", "failure"} {
		out[name] = template.Must(template.Must(frame.Clone()).ParseFS(assets, "assets/"+name+".html"))
	}
	return out
}

// cell is one square of a grid.
type cell struct {
	Class verdict
	Text  string
	Note  string // shown when pointed at
	Link  string
}

// windowVerdict is the worst that the checks of a segment say.
func windowVerdict(sg *checks.Segment) verdict {
	worst := worstOf(sg.Checks)
	for i := range sg.Fields {
		worst = max(worst, worstOf(sg.Fields[i].Checks))
	}
	return wordOf(worst)
}

func windowCell(monitor string, w *summaryJSON) cell {
	note := clockSpan(w.Start, w.End) + ", " + plural(int(w.Rows), "row", "rows") + ", "
	if n := w.Drifted + w.Violating; n > 0 {
		note += plural(n, "field", "fields") + " drifted"
	} else {
		note += "no field drifted"
	}
	if w.Partial {
		note += ", partial"
	}
	return cell{Class: w.Verdict, Note: note, Link: windowPage(monitor, "", w.End)}
}
