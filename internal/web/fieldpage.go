package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"driftwatch/internal/plot"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
)

// What a field's page draws.
const (
	fieldBins       = 30
	fieldCategories = 12
	trendWindows    = 120
)

// fieldJSON is one field of one window, as the API shows it.
type fieldJSON struct {
	Monitor string      `json:"monitor"`
	Start   window.Time `json:"start"`
	End     window.Time `json:"end"`
	Segment string      `json:"segment"`
	Partial bool        `json:"partial,omitempty"`
	Hash    string      `json:"reference_hash,omitempty"`
	checks.Field
	Bars        []barJSON     `json:"bars"`                   // shares of the values in bins or categories
	NoBars      string        `json:"no_bars,omitempty"`      // why there are none
	NoReference string        `json:"no_reference,omitempty"` // why nothing is known of the reference
	Segments    []segmentJSON `json:"segments"`               // the same field there
	Trend       trendJSON     `json:"trend"`

	bars plot.Bars
}

type barJSON struct {
	Label     string   `json:"label"`
	From      *float64 `json:"from,omitempty"` // of bins of numbers
	To        *float64 `json:"to,omitempty"`
	Reference float64  `json:"reference"`
	Current   float64  `json:"current"`
}

// segmentJSON is a field in another segment of the same window.
type segmentJSON struct {
	Segment string                   `json:"segment"`
	Rows    uint64                   `json:"rows"`
	Verdict verdict                  `json:"verdict"`
	Check   string                   `json:"check,omitempty"` // that has the verdict
	Checks  map[string]checks.Result `json:"-"`
}

type trendJSON struct {
	Check  string      `json:"check"`
	Points []pointJSON `json:"points"` // of each window, oldest first
}

type pointJSON struct {
	End window.Time `json:"end"`
	cellJSON
}

func (h *handler) field(w http.ResponseWriter, r *http.Request) {
	s := h.o.Snapshot()
	m, shown, sg, ok := h.chosen(w, r, s, r.URL.Query().Get("end"))
	if !ok {
		return
	}
	f, err := h.fieldOf(m, shown, sg, r.PathValue("field"), r.URL.Query().Get("check"))
	if err != nil {
		h.failPage(w, r, codeOf(err), err)
		return
	}
	v, err := h.viewField(f, shown)
	if err != nil {
		h.failPage(w, r, http.StatusInternalServerError, err)
		return
	}
	v.Alerts = slices.DeleteFunc(alertRows(s, m.Name), func(a alertRow) bool { return a.Alert.Field != f.Name })
	h.render(w, r, "field", page{
		Title: f.Name + " of " + m.Name, API: apis("field", fieldLink(m.Name, f.Name, sg.Name, f.Trend.Check, shown.End)), Body: v,
	}, s)
}

func (h *handler) apiField(w http.ResponseWriter, r *http.Request) {
	m, err := find(h.o.Snapshot(), r.PathValue("name"))
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
	var sg *checks.Segment
	if shown != nil {
		sg = segment(shown, q.Get("segment"))
	}
	if sg == nil {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no window of %q with segment %q", m.Name, q.Get("segment")))
		return
	}
	f, err := h.fieldOf(m, shown, sg, r.PathValue("field"), q.Get("check"))
	if err != nil {
		fail(w, codeOf(err), err)
		return
	}
	reply(w, f)
}

// codeOf is the status of a request that cannot be met.
func codeOf(err error) int {
	if refusal := (*snapshot.Refusal)(nil); errors.As(err, &refusal) && refusal.Missing {
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

// fieldOf collects what is known of a field in a segment of a window.
func (h *handler) fieldOf(m *snapshot.Monitor, w *checks.Window, sg *checks.Segment, name, check string) (*fieldJSON, error) {
	i := slices.IndexFunc(sg.Fields, func(f checks.Field) bool { return f.Name == name })
	if i < 0 {
		return nil, snapshot.Missing("that window has no field %q", name)
	}
	out := &fieldJSON{
		Monitor: m.Name, Start: w.Start, End: w.End, Segment: sg.Name, Partial: w.Partial, Hash: w.Reference, Field: sg.Fields[i],
		Bars: []barJSON{}, Segments: []segmentJSON{},
	}
	if check == "" {
		check = telling(out.Checks)
	}
	for j := range w.Segments {
		other := &w.Segments[j]
		if k := slices.IndexFunc(other.Fields, func(f checks.Field) bool { return f.Name == name }); k >= 0 {
			results := other.Fields[k].Checks
			out.Segments = append(out.Segments, segmentJSON{other.Name, other.Rows, verdictOf(results), telling(results), results})
		}
	}
	h.draw(out, m.Name, w.End)
	return out, h.trend(out, m, check)
}

// draw finds how the values are distributed. Profiles are kept for less long than
// results, so that not having them is nothing unusual.
func (h *handler) draw(f *fieldJSON, monitor string, end window.Time) {
	c, err := h.o.References.Compared(monitor, end, f.Segment, f.Name)
	if err != nil {
		f.NoBars = err.Error()
		return
	}
	f.NoReference = c.NoReference
	f.bars = barsOf(c)
	for _, b := range f.bars.Bars {
		bar := barJSON{Label: strings.ToValidUTF8(b.Label, "\uFFFD"), Reference: b.Reference, Current: b.Current}
		if f.bars.Ordered {
			bar.From, bar.To = &b.From, &b.To
		}
		f.Bars = append(f.Bars, bar)
	}
	if len(f.Bars) == 0 {
		f.NoBars = "there are no values"
	}
}

func barsOf(c monitors.Compared) plot.Bars {
	n := fieldCategories
	if c.Current.Kind().Numeric() {
		n = fieldBins
	}
	return plot.Compare(c.Reference, c.Current, n)
}

// trend reads the check in the newest windows or, where the window is older than all
// of them, in those up to it.
func (h *handler) trend(f *fieldJSON, m *snapshot.Monitor, check string) error {
	points, err := h.points(f, m, check, window.Newest)
	if err == nil && len(points) > 0 && points[0].End > f.End {
		points, err = h.points(f, m, check, f.End)
	}
	f.Trend = trendJSON{check, list(points)}
	return err
}

func (h *handler) points(f *fieldJSON, m *snapshot.Monitor, check string, to window.Time) (out []pointJSON, err error) {
	reader := digest.Reader{Redact: m.Redaction}
	var failed error
	err = h.o.History.Digests(m.Name, window.None, to, func(d []byte) bool {
		p := pointJSON{cellJSON: cellJSON{Check: check, Verdict: unknown}}
		var w digest.Window
		w, failed = reader.Read(d, f.Segment, check, func(c digest.Cell) {
			if c.Field == f.Name {
				p.cellJSON = *jsonOfCell(c)
			}
		})
		p.End = w.End
		out = append(out, p)
		return failed == nil && len(out) < trendWindows
	})
	slices.Reverse(out)
	if err = errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("read windows of %q: %w", m.Name, err)
	}
	return out, nil
}

// fieldView is a field's page.
type fieldView struct {
	*fieldJSON
	Class    verdict
	Name     string // of the window
	Headline string
	Alerts   []alertRow
	Choices  choices
	Plot     template.HTML
	Facts    []fact
	Results  []resultRow
	Graph    template.HTML
	Points   []pointRow // newest first
	Parts    []partRow
	Window   string // links
	Before   string
	After    string
}

type fact struct{ Name, Reference, Current string }

type resultRow struct {
	Name, Link, Value, Interval, Effect, P, Words string
	Class                                         verdict
	Here                                          bool
}

type pointRow struct {
	Clock, Value, Link string
	Class              verdict
}

type partRow struct {
	Name, Link, Result string
	Rows               uint64
	Class              verdict
	Here               bool
}

func (h *handler) viewField(f *fieldJSON, w *checks.Window) (*fieldView, error) {
	v := &fieldView{
		fieldJSON: f, Class: verdictOf(f.Checks), Name: clockSpan(f.Start, f.End), Headline: headline(&f.Field),
		Facts: facts(&f.Field), Results: resultRows(f), Parts: partRows(f), Window: windowPage(f.Monitor, f.Segment, f.End),
	}
	v.Choices.Segments = segmentChoices(w, f.Segment)
	v.Choices.Checks = options(names(f.Checks), f.Trend.Check)
	if worse := worseSegments(f, v.Class); len(worse) > 0 {
		v.Headline += " But look at " + strings.Join(worse, "; ") + "."
	}
	before, after, err := h.neighbours(f.Monitor, f.End)
	if err != nil {
		return nil, err
	}
	if before != window.None {
		v.Before = fieldLink(f.Monitor, f.Field.Name, f.Segment, f.Trend.Check, before)
	}
	if after != window.None {
		v.After = fieldLink(f.Monitor, f.Field.Name, f.Segment, f.Trend.Check, after)
	}
	err = v.pictures()
	return v, err
}

func resultRows(f *fieldJSON) (out []resultRow) {
	for _, name := range names(f.Checks) {
		r := f.Checks[name]
		row := resultRow{
			Name: name, Link: fieldLink(f.Monitor, f.Field.Name, f.Segment, name, f.End) + "#trend", Interval: intervalText(name, f.Type, r),
			Effect: knownNumber(r.Effect), P: knownNumber(r.PValue), Words: verdictWords(name, r), Class: verdictOfResult(r), Here: name == f.Trend.Check,
		}
		if r.Skipped == "" {
			row.Value = valueText(name, f.Type, r.Value)
		}
		if row.Class == steady && r.Drift == nil {
			row.Class = unknown
		}
		out = append(out, row)
	}
	return out
}

func partRows(f *fieldJSON) (out []partRow) {
	for _, p := range f.Segments {
		row := partRow{
			Name: segmentName(p.Segment), Link: fieldLink(f.Monitor, f.Field.Name, p.Segment, "", f.End), Rows: p.Rows, Class: p.Verdict, Here: p.Segment == f.Segment,
		}
		if r, ok := p.Checks[p.Check]; ok && r.Skipped == "" {
			row.Result = p.Check + " " + valueText(p.Check, f.Type, r.Value)
		}
		out = append(out, row)
	}
	return out
}

// worseSegments lists the segments in which the field drifted, or broke a limit, more
// than here.
func worseSegments(f *fieldJSON, here verdict) (out []string) {
	for _, p := range f.Segments {
		if p.Verdict.rank() < here.rank() && p.Verdict.rank() <= violated.rank() {
			out = append(out, segmentName(p.Segment))
		}
	}
	return out
}

// pictures draws the values and the trend.
func (v *fieldView) pictures() error {
	if len(v.Bars) > 0 {
		svg, err := plot.SVG(v.bars, "Shares of the values of "+v.Field.Name+" in the reference and in the window")
		if err != nil {
			return err
		}
		v.Plot = template.HTML(svg) //nolint:gosec // the plot escapes its texts
	}
	var points []plot.Point
	for _, p := range v.Trend.Points {
		q := plot.Point{At: float64(p.End.Time().Unix()), Marked: p.Verdict == drifted || p.Verdict == violated}
		row := pointRow{Clock: clock(p.End), Value: "–", Class: p.Verdict, Link: fieldLink(v.Monitor, v.Field.Name, v.Segment, v.Trend.Check, p.End)}
		if p.Value != nil {
			q.Value, q.Low, q.High, q.Known = *p.Value, *p.Value, *p.Value, true
			if p.Low != nil {
				q.Low, q.High = *p.Low, *p.High
			}
			row.Value = valueText(v.Trend.Check, v.Type, *p.Value)
		}
		points = append(points, q)
		v.Points = append(v.Points, row)
	}
	slices.Reverse(v.Points)
	svg, err := plot.Trend(points, isTime(v.Trend.Check, v.Type), fmt.Sprintf("%s of %s in %d windows", v.Trend.Check, v.Field.Name, len(points)))
	v.Graph = template.HTML(svg) //nolint:gosec // the plot escapes its texts
	return err
}

// headline says in one sentence how the field is.
func headline(f *checks.Field) string {
	by := map[verdict][]string{}
	for _, name := range names(f.Checks) {
		v := verdictOfResult(f.Checks[name])
		by[v] = append(by[v], name)
	}
	var parts []string
	for _, x := range []struct {
		v    verdict
		text string
	}{{drifted, "Drift by "}, {violated, "Outside your limits by "}, {uncertain, "Uncertain by "}} {
		if list := by[x.v]; len(list) > 0 {
			parts = append(parts, x.text+strings.Join(list, ", "))
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ". ") + "."
	case len(by[steady]) > 0:
		return "No check found a drift."
	}
	return "Nothing could be judged."
}

// facts describe the values on both sides.
func facts(f *checks.Field) []fact {
	r, c := checks.Summary{}, f.Current
	known := f.Reference != nil
	if known {
		r = *f.Reference
	}
	var out []fact
	add := func(name, reference, current string) {
		if !known {
			reference = "–"
		}
		out = append(out, fact{name, reference, current})
	}
	for _, x := range []struct {
		name string
		r, c uint64
	}{{"rows", r.Rows, c.Rows}, {"present", r.Present, c.Present}, {"null", r.Null, c.Null}, {"missing", r.Missing, c.Missing}, {"invalid", r.Invalid, c.Invalid}, {"distinct", r.Distinct, c.Distinct}} {
		add(x.name, count(x.r), count(x.c))
	}
	text := func(check string, v *float64) string {
		if v == nil {
			return "–"
		}
		return valueText(check, f.Type, *v)
	}
	optional := func(name, check string, r, c *float64) {
		if r != nil || c != nil {
			add(name, text(check, r), text(check, c))
		}
	}
	optional("mean", "mean", r.Mean, c.Mean)
	optional("standard deviation", "stddev", r.StdDev, c.StdDev)
	optional("least", "min", r.Min, c.Min)
	for _, q := range [...][2]string{{"0.01", "1 %"}, {"0.05", "5 %"}, {"0.25", "25 %"}, {"0.5", "median"}, {"0.75", "75 %"}, {"0.95", "95 %"}, {"0.99", "99 %"}} {
		optional(q[1], "quantile", at(r.Quantiles, q[0]), at(c.Quantiles, q[0]))
	}
	optional("greatest", "max", r.Max, c.Max)
	return out
}

func at(m map[string]float64, key string) *float64 {
	if v, ok := m[key]; ok {
		return &v
	}
	return nil
}
