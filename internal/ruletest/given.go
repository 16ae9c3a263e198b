package ruletest

import (
	"slices"
	"strings"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// defaultStart is a Monday at midnight.
var defaultStart = time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)

// defaultRows are enough for most values of min_rows.
const defaultRows = 10_000

// readGiven reads windows with the results of their checks. They follow one
// another from start on.
func (t *Test) readGiven(c, start yamlx.Cursor) {
	shape := t.monitor.Window.Shape()
	panes := int64(max(1, shape.Panes))
	first := window.FromTime(defaultStart)
	if start.Present() {
		first = readTime(start)
	}
	at := shape.Index(first)
	for _, item := range c.List() {
		m := item.Map()
		s := step{line: item.Line()}
		n := m.Get("repeat").Int(1, 1, 10_000)
		partial := m.Get("partial").Bool(false)
		s.silence = m.Get("silence").Duration(0, time.Second)
		whole := t.readSegment(m, "")
		segments := []checks.Segment{whole}
		for _, e := range m.Get("segments").Map().Entries() {
			t.checkSegment(e.Key, e.Name())
			sm := e.Value.Map()
			segments = append(segments, t.readSegment(sm, e.Name()))
			sm.Done()
		}
		t.readAlerts(m.Get("alerts"), &s)
		m.Get("end")
		m.Key("end").Errorf("value", "windows that are given follow one another from the test's start on; end is for those of records")
		m.Done()
		slices.SortFunc(segments, func(a, b checks.Segment) int { return strings.Compare(a.Name, b.Name) })
		for i := range n {
			given := step{line: s.line, window: &checks.Window{
				Monitor: t.monitor.Name, Start: shape.Border(at), End: shape.Border(at + panes), Partial: partial, Segments: segments,
			}}
			if i == n-1 {
				given.silence, given.checked, given.alerts = s.silence, s.checked, s.alerts
			}
			t.steps = append(t.steps, given)
			at++
		}
	}
}

// readSegment reads the results of one segment.
func (t *Test) readSegment(m *yamlx.Map, name string) checks.Segment {
	seg := checks.Segment{Name: name, Rows: uint64(m.Get("rows").Int(defaultRows, 0, 1<<31-1))}
	seg.Checks = readResults(m.Get("checks"), planned(t.monitor.SegmentChecks()))
	byName := map[string]yamlx.Cursor{}
	for _, e := range m.Get("fields").Map().Entries() {
		t.checkField(e.Key, e.Name())
		byName[e.Name()] = e.Value
	}
	for i := range t.monitor.Fields {
		f := &t.monitor.Fields[i]
		seg.Fields = append(seg.Fields, checks.Field{
			Name: f.Name, Type: f.Type.String(), Role: f.Role,
			Checks: readResults(byName[f.Name], planned(t.monitor.FieldChecks(f))),
		})
	}
	return seg
}

// planned lists the names of results.
func planned(list []monitors.Planned) []string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Result
	}
	return names
}

// readResults reads {psi: 0.3, ks: {value: 0.1, drift: true}}. A check that is not
// named has no result.
func readResults(c yamlx.Cursor, known []string) map[string]checks.Result {
	results := map[string]checks.Result{}
	for _, e := range c.Map().Entries() {
		if !slices.Contains(known, e.Name()) {
			e.Key.Errorf("unknown-check", "check %q is not computed here%s", e.Name(), yamlx.DidYouMean(e.Name(), known))
			continue
		}
		results[e.Name()] = readResult(e.Value)
	}
	return results
}

// readResult reads a value, which is certain, or all that a check says.
func readResult(c yamlx.Cursor) checks.Result {
	if !c.IsMap() {
		v, _ := c.Float()
		return checks.Result{Value: v, Low: v, High: v}
	}
	m := c.Map()
	r := checks.Result{Skipped: m.Get("skipped").Str("")}
	at := m.Get("value")
	r.Value, _ = at.Float()
	r.Low, r.High = r.Value, r.Value
	if v := number(m.Get("low")); v != nil {
		r.Low = *v
	}
	if v := number(m.Get("high")); v != nil {
		r.High = *v
	}
	r.Effect, r.PValue, r.Reference = number(m.Get("effect")), number(m.Get("p_value")), number(m.Get("reference"))
	if r.Reference != nil {
		change := r.Value - *r.Reference
		r.Change = &change
	}
	if d := m.Get("drift"); d.Present() {
		drift := d.Bool(false)
		r.Drift = &drift
	}
	m.Done()
	switch {
	case r.Low > r.Value || r.Value > r.High:
		c.Errorf("value", "the value must lie between low and high")
	case !at.Present() && r.Skipped == "" && r.Drift == nil:
		c.Errorf("missing-key", "key %q is missing", "value")
	}
	return r
}

func number(c yamlx.Cursor) *float64 {
	if v, ok := c.Float(); ok {
		return &v
	}
	return nil
}
