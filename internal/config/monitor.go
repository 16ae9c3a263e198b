package config

import (
	"slices"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/rules"
)

const (
	defaultSegments = 20
	defaultMaxOpen  = 4
	minBuckets      = 16
)

// declared is a monitor with the places of what is checked later.
type declared struct {
	monitors.Spec
	at, stream, window, asked, reference yamlx.Cursor

	countsIDs bool       // for the check of duplicates
	notInFile [][]string // entries of segments that the reference file says nothing of
}

func (l *loader) readMonitor(c yamlx.Cursor) {
	m := c.Map()
	d := declared{at: m.Need("name"), stream: m.Need("stream")}
	d.Name = readName(d.at)
	d.Stream = d.stream.Name()
	d.Where = readWhere(m.Get("where").Map())
	d.window = m.Need("window")
	d.Window = readWindow(d.window)
	segments := m.Get("segments")
	d.MaxSegments = m.Get("max_segments").Int(defaultSegments, 1, 10000)
	d.reference = m.Get("reference")
	d.Reference = l.readReference(d.reference, &d.Window)
	d.asked = m.Get("checks")
	d.Checks = readChecks(d.asked)
	fields := readFields(m.Need("fields"))
	d.UnknownFields = m.Get("unknown_fields").OneOf("report", "report", "ignore") == "report"
	d.Alpha = readAlpha(m.Get("alpha"))
	d.Buckets = m.Get("buckets").Int(profile.DefaultBuckets, minBuckets, profile.MaxBuckets)
	d.MaxSeries = readSeries(m.Get("max_series"))
	m.Done()
	for _, f := range fields {
		d.Fields = append(d.Fields, f.Field)
	}
	d.Segments = readSegments(segments, d.Fields)
	checkFit(d.asked, d.Checks, d.Fields)
	d.checkChampion()
	l.checkReferenceFile(&d, fields)
	if i := slices.IndexFunc(l.monitors, func(o declared) bool { return o.Name == d.Name }); i >= 0 && d.Name != "" {
		reportTwice(d.at, "monitor", d.Name, l.monitors[i].at)
		return
	}
	l.monitors = append(l.monitors, d)
}

func readAlpha(c yamlx.Cursor) float64 {
	v := c.FloatIn(checks.DefaultAlpha, 0, 0.5)
	if c.Present() && v == 0 {
		c.Errorf("value", "alpha must be greater than 0: at 0 nothing is ever drift")
	}
	return v
}

func readWhere(m *yamlx.Map) []monitors.Condition {
	var out []monitors.Condition
	for _, e := range m.Entries() {
		if v, ok := e.Value.Literal(); ok {
			out = append(out, monitors.Condition{Field: e.Name(), Value: v})
		}
		readPath(e.Key)
	}
	return out
}

func readSegments(c yamlx.Cursor, fields []monitors.Field) [][]string {
	var out [][]string
	for _, item := range c.List() {
		if !item.IsList() {
			item.Errorf("type", "each entry of segments is a list of fields, as in [[country], [country, device]]")
			continue
		}
		var by []string
		for _, f := range item.List() {
			if name := f.Name(); name != "" && readSegment(f, name, fields, by) {
				by = append(by, name)
			}
		}
		same := func(other []string) bool {
			return slices.Equal(slices.Sorted(slices.Values(other)), slices.Sorted(slices.Values(by)))
		}
		switch {
		case len(item.List()) == 0:
			item.Errorf("value", "a segment needs at least one field; the whole stream is always there")
		case slices.ContainsFunc(out, same):
			item.Errorf("duplicate", "the segments by these fields are already declared")
		default:
			out = append(out, by)
		}
	}
	return out
}

func readSegment(c yamlx.Cursor, name string, fields []monitors.Field, by []string) bool {
	i := slices.IndexFunc(fields, func(f monitors.Field) bool { return f.Name == name })
	switch {
	case i < 0:
		c.Errorf("unknown-field", "unknown field %q%s", name, yamlx.DidYouMean(name, fieldNames(fields)))
	case fields[i].Type != profile.Category && fields[i].Type != profile.Boolean && fields[i].Type != 0:
		c.Errorf("type", "segments are made of category and boolean fields; %q is %s", name, fields[i].Type)
	case fields[i].Redact:
		c.Errorf("redacted-segment", "field %q is redacted, and the names of segments show its values", name)
	case slices.Contains(by, name):
		c.Errorf("duplicate", "field %q occurs twice", name)
	default:
		return true
	}
	return false
}

func fieldNames(fields []monitors.Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// info is what rules are checked against.
func (d *declared) info() rules.MonitorInfo {
	info := rules.MonitorInfo{
		Name: d.Name, Segments: d.Segments, Compared: d.compared(),
		Results: map[string][]string{"": results(d.Spec.SegmentChecks())},
	}
	if !d.countsIDs {
		info.Results[""] = slices.DeleteFunc(info.Results[""], func(name string) bool { return name == duplicates })
	}
	if d.Window.Pane > 0 { // else it was reported
		info.Windows = d.Window.Shape()
	}
	for _, by := range d.Segments {
		info.Counts = append(info.Counts, int(d.SegmentsBy(by)))
	}
	for i := range d.Fields {
		f := &d.Fields[i]
		info.Fields = append(info.Fields, rules.FieldInfo{Name: f.Name, Type: f.Type.String(), Role: f.Role, Redact: f.Redact, Limits: f.Limits(), Values: f.Allowed})
		info.Results[f.Name] = results(d.Spec.FieldChecks(f))
	}
	return info
}
