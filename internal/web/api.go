package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// Windows in one answer: without and at most with `limit`.
const (
	defaultWindows = 1000
	maxWindows     = 10000
)

func (h *handler) apiMonitors(w http.ResponseWriter, _ *http.Request) {
	s := h.o.Snapshot()
	out := make([]monitorJSON, len(s.Monitors))
	for i := range s.Monitors {
		out[i] = monitorOf(s, &s.Monitors[i], "")
	}
	reply(w, map[string]any{"monitors": out})
}

func (h *handler) apiMonitor(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	m, err := find(s, r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	out := monitorOf(s, m, r.URL.Query().Get("segment"))
	if out.Findings, err = h.findings(s, m); err != nil {
		h.unreadable(w, m.Name, err)
		return
	}
	reply(w, out)
}

func (h *handler) apiWindows(w http.ResponseWriter, r *http.Request) {
	m, err := find(h.o.Snapshot(), r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	q, err := readQuery(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	// One more than asked for tells whether there are more.
	ws, err := h.o.History.Windows(m.Name, q.from, q.to, q.limit+1)
	if err != nil {
		h.unreadable(w, m.Name, err)
		return
	}
	more := len(ws) > q.limit
	if more {
		ws = ws[len(ws)-q.limit:]
	}
	out := []Window{}
	for _, win := range ws {
		if sg := segment(win, q.segment); sg != nil {
			out = append(out, WindowOf(win, sg))
		}
	}
	reply(w, struct {
		Windows []Window `json:"windows"`
		More    bool     `json:"more"` // there are older ones in the range
	}{out, more})
}

func (h *handler) apiWindow(w http.ResponseWriter, r *http.Request) {
	m, err := find(h.o.Snapshot(), r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	end, err := readTime("the window's end", r.PathValue("end"))
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ws, err := h.o.History.Windows(m.Name, end-1, end, 1)
	if err != nil {
		h.unreadable(w, m.Name, err)
		return
	}
	name := r.URL.Query().Get("segment")
	if len(ws) == 0 {
		fail(w, http.StatusNotFound, fmt.Errorf("monitor %q has no window that ends at %s", m.Name, end))
		return
	}
	sg := segment(ws[0], name)
	if sg == nil {
		fail(w, http.StatusNotFound, fmt.Errorf("that window has no segment %q", name))
		return
	}
	out := WindowOf(ws[0], sg)
	out.Cut, out.Amended = ws[0].Cut, ws[0].Amended
	reply(w, out)
}

func (h *handler) unreadable(w http.ResponseWriter, monitor string, err error) {
	h.o.Logger.Error("cannot read windows", "monitor", monitor, "error", err)
	fail(w, http.StatusInternalServerError, fmt.Errorf("read windows of %q: %w", monitor, err))
}

func (h *handler) apiAlerts(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"alerts": alertsJSON(h.o.Snapshot())})
}

func (h *handler) apiStatus(w http.ResponseWriter, _ *http.Request) {
	reply(w, statusOf(h.o.Snapshot()))
}

// query is what can be asked of a list of windows: those with from < end <= to.
type query struct {
	from, to window.Time
	segment  string
	limit    int
}

func readQuery(r *http.Request) (query, error) {
	// A '+' that was not escaped is a space, which no time has elsewhere.
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return query{}, fmt.Errorf("read the query: %w", err)
	}
	q := query{from: window.None, to: window.Newest, segment: v.Get("segment"), limit: defaultWindows}
	if s := v.Get("from"); s != "" {
		if q.from, err = readTime("from", s); err != nil {
			return q, err
		}
	}
	if s := v.Get("to"); s != "" {
		if q.to, err = readTime("to", s); err != nil {
			return q, err
		}
	}
	if s := v.Get("limit"); s != "" {
		if q.limit, err = strconv.Atoi(s); err != nil || q.limit < 1 || q.limit > maxWindows {
			return q, fmt.Errorf("limit %q is not a number from 1 to %d", s, maxWindows)
		}
	}
	if q.from > q.to {
		return q, errors.New("from is later than to")
	}
	return q, nil
}

func readTime(what, s string) (window.Time, error) {
	t, err := parseTime(what, s)
	if err != nil {
		return 0, err
	}
	return window.FromTime(t), nil
}

func parseTime(what, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%s is %q, not a time like 2026-01-02T15:04:05Z", what, s)
	}
	return t, nil
}

func find(s *snapshot.Snapshot, name string) (*snapshot.Monitor, error) {
	for i := range s.Monitors {
		if s.Monitors[i].Name == name {
			return &s.Monitors[i], nil
		}
	}
	if g := s.Group; g != nil && slices.Contains(g.Elsewhere, name) {
		return nil, fmt.Errorf("monitor %q is run by another process of the group %q: ask that one", name, g.Name)
	}
	return nil, fmt.Errorf("there is no monitor %q", name)
}

func segment(w *checks.Window, name string) *checks.Segment {
	for i := range w.Segments {
		if w.Segments[i].Name == name {
			return &w.Segments[i]
		}
	}
	return nil
}

// list makes JSON of an empty list [], not null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
