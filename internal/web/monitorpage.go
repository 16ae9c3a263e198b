package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
)

// Columns of a heat map.
const (
	defaultColumns = 60
	maxColumns     = 500
)

type monitorView struct {
	monitorJSON
	Alerts  []alertRow
	Segment string
	Check   string
	Columns int
	Choices choices
	Heat    *heatView // nil before the first window
	Latest  []windowRow
}

// choices are what the form of a page offers.
type choices struct {
	Checks   []choice
	Segments []choice
	Windows  []choice
}

type choice struct {
	Value, Label string
	Here         bool
}

// windowRow is a window in a list.
type windowRow struct {
	summaryJSON
	Link string
}

// heatQuery is what can be asked of a heat map.
type heatQuery struct {
	check, segment string
	columns        int
	end            window.Time // None: the newest
}

func readHeatQuery(v url.Values) (q heatQuery, err error) {
	q = heatQuery{check: v.Get("check"), segment: v.Get("segment"), columns: defaultColumns, end: window.None}
	if s := v.Get("windows"); s != "" {
		if q.columns, err = strconv.Atoi(s); err != nil || q.columns < 1 || q.columns > maxColumns {
			return q, fmt.Errorf("windows %q is not a number from 1 to %d", s, maxColumns)
		}
	}
	if s := v.Get("end"); s != "" {
		q.end, err = readTime("end", s)
	}
	return q, err
}

// to is the end up to which windows are shown.
func (q heatQuery) to() window.Time {
	if q.end == window.None {
		return window.Newest
	}
	return q.end
}

func (h *handler) monitor(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	m, err := find(s, r.PathValue("name"))
	if err != nil {
		h.failPage(w, r, http.StatusNotFound, err)
		return
	}
	q, err := readHeatQuery(r.URL.Query())
	if err != nil {
		h.failPage(w, r, http.StatusBadRequest, err)
		return
	}
	v := &monitorView{monitorJSON: monitorOf(s, m, q.segment), Alerts: alertRows(s, m.Name), Segment: q.segment, Check: q.check, Columns: q.columns}
	if last := m.Last(); last != nil {
		if err := h.fillMonitor(v, s, m, q); err != nil {
			h.failPage(w, r, http.StatusInternalServerError, fmt.Errorf("read windows of %q: %w", m.Name, err))
			return
		}
	}
	api := apis("monitor", monitorLink(m.Name)+params("segment", q.segment))
	if v.Heat != nil {
		api = append(api, apis("map", monitorLink(m.Name)+"/heatmap"+params("check", q.check, "segment", q.segment, "windows", strconv.Itoa(q.columns), "end", endText(q.end)))...)
	}
	h.render(w, r, "monitor", page{Title: m.Name, API: api, Body: v}, s)
}

func (h *handler) fillMonitor(v *monitorView, s *snapshot.Snapshot, m *snapshot.Monitor, q heatQuery) error {
	var err error
	if v.Findings, err = h.findings(s, m); err != nil {
		return err
	}
	last := m.Last()
	fields := last.Whole()
	if sg := segment(last, q.segment); sg != nil {
		fields = sg
	}
	v.Choices = choices{
		Checks:   append([]choice{{"", "the worst of all", q.check == ""}}, options(checkNames(fields), q.check)...),
		Segments: segmentChoices(last, q.segment),
	}
	for _, n := range []int{14, 60, 200, maxColumns} {
		v.Choices.Windows = append(v.Choices.Windows, choice{strconv.Itoa(n), strconv.Itoa(n), n == q.columns})
	}
	v.Latest = v.latest()
	heat, err := h.readHeat(m, q.segment, q.check, q.to(), q.columns)
	if err != nil || len(heat.windows) == 0 {
		return err
	}
	kinds := map[string]string{}
	for _, f := range fields.Fields {
		kinds[f.Name] = f.Type
		if f.Role != "" {
			kinds[f.Name] += ", " + f.Role
		}
	}
	v.Heat = h.viewHeat(v, heat, kinds)
	v.Heat.Lanes = lanes(s, m.Name, q.segment, heat.windows)
	if heat.more {
		v.Heat.Older = monitorPage(m.Name, q.segment, q.check, q.columns, heat.windows[0].Start)
	}
	if q.end != window.None && v.Heat.Newest != last.End {
		v.Heat.Newer = monitorPage(m.Name, q.segment, q.check, q.columns, window.None)
	}
	return nil
}

func options(values []string, here string) (out []choice) {
	for _, v := range values {
		out = append(out, choice{v, v, v == here})
	}
	return out
}

func segmentChoices(w *checks.Window, here string) (out []choice) {
	known := false
	for i := range w.Segments {
		name := w.Segments[i].Name
		known = known || name == here
		out = append(out, choice{name, segmentName(name), name == here})
	}
	if !known {
		out = append(out, choice{here, here, true})
	}
	return out
}

func segmentName(name string) string {
	if name == "" {
		return "all records"
	}
	return name
}

// latestWindows is how many windows are listed below the map.
const latestWindows = 10

// latest lists the newest windows, newest first.
func (v *monitorView) latest() (out []windowRow) {
	for _, w := range slices.Backward(newest(v.Recent, latestWindows)) {
		out = append(out, windowRow{w, windowPage(v.Name, v.Segment, w.End)})
	}
	return out
}

// apiHeat is the heat map as numbers.
func (h *handler) apiHeat(w http.ResponseWriter, r *http.Request) {
	m, err := find(h.o.Snapshot(), r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	q, err := readHeatQuery(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	heat, err := h.readHeat(m, q.segment, q.check, q.to(), q.columns)
	if err != nil {
		h.unreadable(w, m.Name, err)
		return
	}
	reply(w, heat.json(m.Name, q.segment, q.check))
}

// shown returns the window that is asked for, else the newest one, or nil
// before the first.
func (h *handler) shown(m *snapshot.Monitor, end string) (*checks.Window, error) {
	if end == "" {
		return m.Last(), nil
	}
	t, err := readTime("end", end)
	if err != nil {
		return nil, err
	}
	for _, w := range m.Windows {
		if w.End == t {
			return w, nil
		}
	}
	ws, err := h.o.History.Windows(m.Name, t-1, t, 1)
	if err != nil {
		return nil, fmt.Errorf("read windows of %q: %w", m.Name, err)
	}
	if len(ws) == 0 {
		return nil, fmt.Errorf("monitor %q has no window that ends at %s: no record came for it, or it is older than what the store keeps", m.Name, t)
	}
	return ws[0], nil
}

// neighbours returns the ends of the windows before and after one; None where
// there is none.
func (h *handler) neighbours(monitor string, end window.Time) (before, after window.Time, err error) {
	before, after = window.None, window.None
	var reader digest.Reader
	var failed error
	err = h.o.History.Digests(monitor, window.None, window.Newest, func(d []byte) bool {
		w, readErr := reader.Read(d, "", noCheck, func(digest.Cell) {})
		switch {
		case readErr != nil:
			failed = readErr
		case w.End > end:
			after = w.End
			return true
		case w.End < end:
			before = w.End
		default:
			return true
		}
		return false
	})
	return before, after, errors.Join(err, failed)
}

// noCheck is a name that no check has.
const noCheck = " "
