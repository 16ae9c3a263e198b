package web

import (
	"fmt"
	"net/http"
	"strings"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// windowView is one window in full.
type windowView struct {
	Window
	Name      string
	Class     verdict
	Here      string // link to the page itself, for forms
	Choices   choices
	Before    string // links, or ""
	After     string
	Whole     []labelled // results without a field
	Checks    []string   // columns
	Table     []fieldRow
	Unhealthy []snapshot.Sample // records of the window's cut that could not be used
	File      string            // link to its profile
}

type labelled struct {
	Name string
	cell
}

type fieldRow struct {
	checks.Field
	Class verdict
	Link  string
	Cells []cell
	Story string // of a field that drifted: where, and what moved; "" of others
	Width int    // columns of the table
}

func (h *handler) window(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	m, shown, sg, ok := h.chosen(w, r, s, r.PathValue("end"))
	if !ok {
		return
	}
	v := fullWindow(shown, sg)
	v.Choices.Segments = segmentChoices(shown, sg.Name)
	v.Here = windowPage(m.Name, "", shown.End)
	v.File = "/api/v1" + monitorLink(m.Name) + "/windows/" + shown.End.String() + "/profile"
	v.Unhealthy = samplesOf(s, m, shown)
	before, after, err := h.neighbours(m.Name, shown.End)
	if err != nil {
		h.failPage(w, r, http.StatusInternalServerError, fmt.Errorf("read windows of %q: %w", m.Name, err))
		return
	}
	if before != window.None {
		v.Before = windowPage(m.Name, sg.Name, before)
	}
	if after != window.None {
		v.After = windowPage(m.Name, sg.Name, after)
	}
	h.render(w, r, "window", page{
		Title: m.Name + ", " + clock(shown.End), API: apis("window", windowPage(m.Name, sg.Name, shown.End)), Body: v,
	}, s)
}

// chosen finds the monitor, the window and its segment that a page is asked for, or
// answers that there is none.
func (h *handler) chosen(w http.ResponseWriter, r *http.Request, s *snapshot.Snapshot, end string) (*snapshot.Monitor, *checks.Window, *checks.Segment, bool) {
	m, err := find(s, r.PathValue("name"))
	if err != nil {
		h.failPage(w, r, http.StatusNotFound, err)
		return nil, nil, nil, false
	}
	shown, err := h.shown(m, end)
	if err == nil && shown == nil {
		err = fmt.Errorf("monitor %q has no window yet", m.Name)
	}
	if err != nil {
		h.failPage(w, r, http.StatusNotFound, err)
		return nil, nil, nil, false
	}
	name := r.URL.Query().Get("segment")
	sg := segment(shown, name)
	if sg == nil {
		h.failPage(w, r, http.StatusNotFound, fmt.Errorf("that window has no segment %q", name))
		return nil, nil, nil, false
	}
	return m, shown, sg, true
}

// samplesOf lists the bad records that were read for the window.
func samplesOf(s *snapshot.Snapshot, m *snapshot.Monitor, w *checks.Window) (out []snapshot.Sample) {
	for i := range s.Streams {
		if s.Streams[i].Name != m.Stream {
			continue
		}
		for _, x := range s.Streams[i].Samples {
			for _, c := range w.Cut {
				if c.Partition == x.Partition && c.From <= x.Offset && x.Offset < c.Next {
					out = append(out, x)
					break
				}
			}
		}
	}
	return out
}

func fullWindow(w *checks.Window, sg *checks.Segment) *windowView {
	v := &windowView{Window: WindowOf(w, sg), Name: clockSpan(w.Start, w.End), Class: windowVerdict(sg)}
	v.Cut = w.Cut
	for _, name := range names(sg.Checks) {
		c := resultCell(name, "", sg.Checks[name])
		v.Whole = append(v.Whole, labelled{name, c})
	}
	v.Checks = checkNames(sg)
	for i := range sg.Fields {
		f := sg.Fields[i]
		row := fieldRow{
			Field: f, Class: verdictOf(f.Checks), Story: story(&f), Width: len(v.Checks) + 2,
			Link: fieldLink(w.Monitor, f.Name, sg.Name, telling(f.Checks), w.End),
		}
		for _, name := range v.Checks {
			if r, ok := f.Checks[name]; ok {
				row.Cells = append(row.Cells, resultCell(name, f.Type, r))
			} else {
				row.Cells = append(row.Cells, cell{Class: unknown, Note: "not a check of this field"})
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
func resultCell(name, kind string, r checks.Result) cell {
	if r.Skipped != "" {
		return cell{Class: verdictOfResult(r), Text: "–", Note: "skipped: " + r.Skipped}
	}
	c := cell{Class: verdictOfResult(r), Text: valueText(name, kind, r.Value)}
	c.Note = name + " " + c.Text
	if between := intervalText(name, kind, r); between != "" {
		c.Note += " (" + between + ")"
	}
	if r.Effect != nil {
		c.Note += ", effect " + number(*r.Effect)
	}
	if r.PValue != nil {
		c.Note += ", p " + number(*r.PValue)
	}
	c.Note += ": " + verdictWords(name, r)
	return c
}
