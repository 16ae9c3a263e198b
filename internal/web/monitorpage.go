package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

type monitorView struct {
	monitorJSON
	Alerts   []alertRow
	Segment  string
	Segments []segmentLink
	Heads    []cell // of the grid's columns, a window each
	Grid     []gridRow
	Window   *windowView
}

type segmentLink struct {
	Name string
	Link string
	Here bool
}

type gridRow struct {
	Name, Type, Role string
	Cells            []cell
}

// windowView is one window in full.
type windowView struct {
	Window
	Name   string
	Whole  []labelled // results without a field
	Checks []string   // columns
	Table  []fieldRow
}

type labelled struct {
	Name string
	cell
}

type fieldRow struct {
	checks.Field
	Class verdict
	Cells []cell
	Story string // of a field that drifted: where, and what moved; "" of others
	Width int    // columns of the table
}

func (h *handler) monitor(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	m, err := find(s, r.PathValue("name"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	q := r.URL.Query()
	shown, err := h.shown(m, q.Get("end"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	v := &monitorView{monitorJSON: monitorOf(s, m), Alerts: alertRows(s.Alerts, m.Name), Segment: q.Get("segment")}
	if shown != nil {
		sg := segment(shown, v.Segment)
		if sg == nil {
			fail(w, http.StatusNotFound, fmt.Errorf("that window has no segment %q", v.Segment))
			return
		}
		v.Segments = segmentLinks(shown, v.Segment)
		v.grid(newest(m.Windows, gridWindows), shown)
		v.Window = fullWindow(shown, sg)
	}
	h.render(w, page{Title: m.Name + " – Driftwatch", Monitor: v}, s)
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
		return nil, fmt.Errorf("monitor %q has no window that ends at %s", m.Name, t)
	}
	return ws[0], nil
}

func segmentLinks(w *checks.Window, here string) []segmentLink {
	var out []segmentLink
	for i := range w.Segments {
		name := w.Segments[i].Name
		label := name
		if label == "" {
			label = "all records"
		}
		out = append(out, segmentLink{label, windowLink(w.Monitor, name, w.End), name == here})
	}
	return out
}

// grid has a row for each field of the shown window and a column for each of
// the newest windows, newest first: that is what a narrow screen shows.
func (v *monitorView) grid(ws []*checks.Window, shown *checks.Window) {
	ws = slices.Clone(ws)
	slices.Reverse(ws)
	for _, w := range ws {
		head := cell{Class: unknown, Link: windowLink(w.Monitor, v.Segment, w.End), Note: clockSpan(w.Start, w.End)}
		if sg := segment(w, v.Segment); sg != nil {
			head = windowCell(w.Monitor, w, sg)
		}
		head.Text, head.Here = timeOfDay(w.End), w.End == shown.End
		v.Heads = append(v.Heads, head)
	}
	fields := segment(shown, v.Segment).Fields
	for i := range fields {
		f := &fields[i]
		row := gridRow{Name: f.Name, Type: f.Type, Role: f.Role}
		for _, w := range ws {
			c := fieldCell(w, v.Segment, f.Name)
			c.Here = w.End == shown.End
			row.Cells = append(row.Cells, c)
		}
		v.Grid = append(v.Grid, row)
	}
}

// fieldCell shows the check that explains the field's verdict, by name unless
// it is psi.
func fieldCell(w *checks.Window, segmentName, field string) cell {
	sg := segment(w, segmentName)
	if sg == nil {
		return cell{Class: unknown}
	}
	i := slices.IndexFunc(sg.Fields, func(f checks.Field) bool { return f.Name == field })
	if i < 0 {
		return cell{Class: unknown}
	}
	results := sg.Fields[i].Checks
	name := telling(results)
	c := resultCell(results[name])
	c.Note = fmt.Sprintf("%s, %s: %s", clockSpan(w.Start, w.End), name, c.Note)
	if name != "psi" && c.Text != "" {
		c.Text = name + " " + c.Text
	}
	return c
}

func fullWindow(w *checks.Window, sg *checks.Segment) *windowView {
	v := &windowView{Window: WindowOf(w, sg), Name: clockSpan(w.Start, w.End)}
	v.Cut = w.Cut
	for _, name := range names(sg.Checks) {
		c := resultCell(sg.Checks[name])
		switch value := sg.Checks[name].Value; {
		case c.Class == unknown:
		case name == "volume":
			c.Text = count(sg.Rows)
		case name == "freshness":
			c.Text = secondsText(value)
		case name == "duplicates":
			c.Text = checks.Percent(value)
		}
		v.Whole = append(v.Whole, labelled{name, c})
	}
	all := map[string]checks.Result{}
	for i := range sg.Fields {
		for name, r := range sg.Fields[i].Checks {
			all[name] = r
		}
	}
	v.Checks = names(all)
	for i := range sg.Fields {
		f := sg.Fields[i]
		row := fieldRow{Field: f, Class: verdictOf(f.Checks), Story: story(&f), Width: len(v.Checks) + 2}
		for _, name := range v.Checks {
			if r, ok := f.Checks[name]; ok {
				row.Cells = append(row.Cells, resultCell(r))
			} else {
				row.Cells = append(row.Cells, cell{Class: unknown})
			}
		}
		v.Table = append(v.Table, row)
	}
	return v
}

// story says of a field that drifted where that is and what moved.
func story(f *checks.Field) string {
	var parts []string
	if f.ExplainedBy != nil {
		parts = append(parts, f.ExplainedBy.String())
	}
	if len(f.Moved) > 0 {
		parts = append(parts, "moved most: "+checks.MovedText(f.Moved))
	}
	return strings.Join(parts, "; ")
}

// resultCell shows a result's value; what else is known of it is its note.
func resultCell(r checks.Result) cell {
	if r.Skipped != "" {
		return cell{Class: unknown, Text: "–", Note: "skipped: " + r.Skipped}
	}
	c := cell{Class: verdictOfResult(r), Text: number(r.Value), Note: number(r.Value)}
	if r.Low != r.High {
		c.Note += fmt.Sprintf(" (between %s and %s)", number(r.Low), number(r.High))
	}
	if r.Effect != nil {
		c.Note += ", effect " + number(*r.Effect)
	}
	if r.PValue != nil {
		c.Note += ", p " + number(*r.PValue)
	}
	switch c.Class {
	case drifted:
		c.Note += ": drift"
	case violated:
		c.Note += ": limit broken"
	case uncertain:
		c.Note += ": uncertain, the profile is too coarse to tell"
	}
	return c
}
