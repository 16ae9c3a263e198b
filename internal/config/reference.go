package config

import (
	"slices"
	"strings"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/profile"
)

// The ways to a reference.
var ways = []string{"file", "trailing", "offset", "first", "segment"}

// readReference reads one of the ways to a reference of the monitor's windows.
func (l *loader) readReference(c yamlx.Cursor, w *monitors.Window) (r monitors.Reference) {
	if !c.Present() {
		return r
	}
	m := c.Map()
	if l.opts.MissingReferences {
		r.File = l.path(m.Get("file"))
	} else {
		r.File = l.existing(m.Get("file"))
	}
	r.Trailing = readSpan(m, "trailing", w)
	r.Offset = readSpan(m, "offset", w)
	r.First = m.Get("first").Int(0, 1, 10000)
	r.Segment = readWhere(m.Get("segment").Map())
	r.SkipDrift = m.Get("skip_drift").Bool(false)
	m.Done()
	if m.Has("skip_drift") && !m.Has("trailing") {
		m.Key("skip_drift").Errorf("value", "skip_drift goes with trailing")
	}
	if m.Has("segment") && m.Get("segment").IsMap() && len(r.Segment) == 0 {
		m.Key("segment").Errorf("value", "segment names the fields and values of a segment, as in {version: \"2\"}")
	}
	given := slices.DeleteFunc(slices.Clone(ways), func(way string) bool { return !m.Has(way) })
	switch {
	case len(given) == 0 && c.IsMap():
		c.Errorf("missing-key", "needs one of %s", strings.Join(ways, ", "))
	case len(given) > 1:
		m.Key(given[1]).Errorf("value", "only one of %s can be given", strings.Join(given, ", "))
	}
	return r
}

// readSpan reads how far back a reference of earlier windows reaches.
func readSpan(m *yamlx.Map, key string, w *monitors.Window) time.Duration {
	c, size := m.Get(key), max(w.Size, w.Pane)
	d := c.Duration(0, time.Millisecond)
	switch {
	case d == 0 || size == 0:
	case d > maxWindow:
		c.Errorf("value", "%s must be at most ten years", key)
		return 0
	case d < size:
		c.Errorf("value", "%s of %s is shorter than a window, which is %s", key, yamlx.FormatDuration(d), yamlx.FormatDuration(size))
	case key == "offset" && w.Rows > 0:
		c.Errorf("value", "offset is for windows of a size: of those that count rows none ends exactly so much earlier")
	case key == "offset" && d%w.Pane != 0:
		c.Errorf("value", "no window ends %s before another: offset must be a multiple of %s", yamlx.FormatDuration(d), yamlx.FormatDuration(w.Pane))
	}
	return d
}

// checkChampion reports a reference segment that no window can have.
func (d *declared) checkChampion() {
	if len(d.Reference.Segment) == 0 {
		return
	}
	c, ok := d.reference.Map().Get("segment"), true
	for _, e := range c.Map().Entries() {
		ok = d.checkChampionField(e) && ok
	}
	if ok && !slices.ContainsFunc(d.Segments, d.byChampion) {
		c.Errorf("unknown-segment", "no entry of segments has the field%s %s", plural(len(d.Reference.Segment)), strings.Join(d.championFields(), " and "))
	}
}

func (d *declared) checkChampionField(e yamlx.Entry) bool {
	i := slices.IndexFunc(d.Fields, func(f monitors.Field) bool { return f.Name == e.Name() })
	if i < 0 {
		e.Key.Errorf("unknown-field", "unknown field %q%s", e.Name(), yamlx.DidYouMean(e.Name(), fieldNames(d.Fields)))
		return false
	}
	f := &d.Fields[i]
	value, ok := e.Value.Literal()
	switch {
	case !ok:
	case f.Type == profile.Boolean && value != "true" && value != "false":
		e.Value.Errorf("type", "a boolean is true or false, not %q", value)
	case f.Allowed != nil && !slices.Contains(f.Allowed, value):
		e.Value.Warnf("value", "%q is not among the allowed values of %q", value, f.Name)
	}
	return true
}

func (d *declared) championFields() []string {
	var names []string
	for _, c := range d.Reference.Segment {
		names = append(names, c.Field)
	}
	return names
}

// byChampion reports whether an entry of segments has all fields of the
// reference segment.
func (d *declared) byChampion(by []string) bool {
	return !slices.ContainsFunc(d.championFields(), func(name string) bool { return !slices.Contains(by, name) })
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// compared lists the entries of segments that are compared with a reference; that
// of the whole stream is empty.
func (d *declared) compared() [][]string {
	switch r := &d.Reference; {
	case r.IsZero():
		return nil
	case len(r.Segment) > 0:
		return slices.DeleteFunc(slices.Clone(d.Segments), func(by []string) bool { return !d.byChampion(by) })
	case len(d.notInFile) > 0:
		known := slices.DeleteFunc(slices.Clone(d.Segments), func(by []string) bool {
			return slices.ContainsFunc(d.notInFile, func(o []string) bool { return slices.Equal(o, by) })
		})
		return append([][]string{{}}, known...)
	}
	return append([][]string{{}}, d.Segments...)
}

// manyWindows is where merging the windows of a reference again, as each start
// does, becomes slow.
const manyWindows = 5000

// checkReference reports references of windows that the store will not have.
func (l *loader) checkReference(d *declared) {
	key, span := "trailing", d.Reference.Trailing
	if d.Reference.Offset > 0 {
		key, span = "offset", d.Reference.Offset
	}
	kept, by := l.windowsKept()
	if span > kept && !l.partial {
		d.reference.Map().Get(key).Errorf("value", "%s of %s is longer than windows are kept for it: %s is %s",
			key, yamlx.FormatDuration(span), by, yamlx.FormatDuration(kept))
	}
	if n := d.trailing(); n > manyWindows {
		d.reference.Map().Get(key).Warnf("value", "%d pieces are merged at each start: larger windows, or a shorter time, make that faster", n)
	}
}

// windowsKept is how long all of a window is kept, and by which key.
func (l *loader) windowsKept() (kept time.Duration, by string) {
	if s := &l.cfg.Store; s.Retention < s.Profiles {
		return s.Retention, "store.retention"
	}
	return l.cfg.Store.Profiles, "store.profiles"
}

// checkAmend reports late records of windows that the store will not have.
func (l *loader) checkAmend(d *declared) {
	if kept, by := l.windowsKept(); d.Window.Amend > kept && !l.partial {
		d.window.Map().Get("amend").Errorf("value", "amend of %s is longer than closed windows are kept: %s is %s",
			yamlx.FormatDuration(d.Window.Amend), by, yamlx.FormatDuration(kept))
	}
}

// trailing is how many panes are merged into a reference.
func (d *declared) trailing() int {
	if d.Window.Pane <= 0 {
		return 0
	}
	return int(d.Reference.Trailing / d.Window.Pane)
}

// checkReferenceFile compares the monitor's types and segments with those of the
// reference.
func (l *loader) checkReferenceFile(d *declared, fields []field) {
	path := d.Reference.File
	if path == "" || l.opts.ReferenceFile == nil || l.checkFile(path) != nil {
		return
	}
	at := d.reference.Map().Get("file")
	file, err := l.opts.ReferenceFile(path)
	if err != nil {
		at.Errorf("reference", "read %s: %s", path, reason(err))
		return
	}
	if file == nil {
		return
	}
	for _, f := range fields {
		switch kind, ok := file.Kinds[f.Name]; {
		case f.Type == 0:
		case !ok:
			f.at.Warnf("reference", "field %q is not in the reference %s%s", f.Name, path, yamlx.DidYouMean(f.Name, sortedKeys(file.Kinds)))
		case kind != f.Type:
			f.typ.Errorf("reference", "field %q is %s here and %s in the reference %s", f.Name, f.Type, kind, path)
		}
	}
	d.checkFileSegments(at, file)
}

// checkFileSegments notes which entries of segments a profile file says nothing of.
func (d *declared) checkFileSegments(at yamlx.Cursor, file *ReferenceFile) {
	var missing []string
	for _, by := range d.Segments {
		if !slices.ContainsFunc(file.Segments, func(name string) bool { return monitors.SegmentBy(name, by) }) {
			d.notInFile = append(d.notInFile, by)
			missing = append(missing, "by "+strings.Join(by, " and "))
		}
	}
	if len(missing) > 0 {
		at.Warnf("reference", "%s has no segments %s: what compares is skipped for them; make it again with driftwatch profile --monitor",
			d.Reference.File, strings.Join(missing, ", "))
	}
}
