package ruletest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"time"

	"driftwatch/internal/config"
	"driftwatch/internal/watch"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Read reads a file of tests and the configuration that it is for. The File is
// nil if any diagnostic is an error.
func Read(path string) (*File, []yamlx.Diagnostic) {
	rep := &yamlx.Reporter{}
	f := &File{Path: path}
	data, err := (*watch.Files)(nil).Read(path)
	if err != nil {
		rep.Errorf(path, "file", "%s", reason(err))
	} else if c, ok := yamlx.Parse(path, data, rep); ok {
		f.read(c, rep)
	}
	list := rep.Diagnostics()
	if yamlx.HasErrors(list) {
		return nil, list
	}
	return f, list
}

func reason(err error) string {
	if os.IsNotExist(err) {
		return "no such file"
	}
	return err.Error()
}

// relative resolves a path against the file that names it.
func relative(c yamlx.Cursor) string {
	name := c.Name()
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(c.File()), name)
}

func (f *File) read(c yamlx.Cursor, rep *yamlx.Reporter) {
	m := c.Map()
	path := relative(m.Need("config"))
	for _, item := range m.Get("rules").OneOrList() {
		f.rules = append(f.rules, relative(item))
	}
	tests := m.Need("tests")
	m.Done()
	if path == "" {
		return
	}
	var problems []yamlx.Diagnostic
	f.config, problems = config.Load(path, config.Options{Rules: f.rules, MissingSecrets: true, MissingReferences: true})
	if f.config == nil {
		for _, d := range problems {
			rep.Add(d)
		}
		return
	}
	for _, item := range tests.List() {
		f.readTest(item)
	}
}

func (f *File) readTest(c yamlx.Cursor) {
	m := c.Map()
	t := &Test{File: c.File(), Line: c.Line(), file: f}
	at := m.Need("name")
	t.Name = at.Name()
	if slices.ContainsFunc(f.Tests, func(o *Test) bool { return o.Name == t.Name }) && t.Name != "" {
		at.Errorf("duplicate", "test %q occurs twice", t.Name)
	}
	t.monitor = f.readMonitor(m.Need("monitor"))
	records, input := m.Get("records"), m.Get("input")
	t.readRecords(records)
	for _, item := range input.OneOrList() {
		t.inputs = append(t.inputs, existing(item))
	}
	start, windows := m.Get("start"), m.Need("windows")
	m.Done()
	switch {
	case records.Present() && input.Present():
		m.Key("input").Errorf("value", "a test has records or input")
	case t.monitor == nil: // that was reported
	case t.replays():
		if start.Present() {
			m.Key("start").Errorf("value", "windows are those of the records; start is for windows that are given")
		}
		t.readWanted(windows)
	default:
		t.readGiven(windows, start)
	}
	f.Tests = append(f.Tests, t)
}

func existing(c yamlx.Cursor) string {
	path := relative(c)
	if path == "" {
		return ""
	}
	if _, err := os.Stat(path); err != nil {
		c.Errorf("file", "read %s: %s", path, reason(err))
	}
	return path
}

func (f *File) readMonitor(c yamlx.Cursor) *monitors.Spec {
	name := c.Name()
	if name == "" {
		return nil
	}
	var names []string
	for i := range f.config.Monitors {
		m := &f.config.Monitors[i]
		if m.Name == name {
			return m
		}
		names = append(names, m.Name)
	}
	c.Errorf("unknown-monitor", "%s has no monitor %q%s", f.config.File, name, yamlx.DidYouMean(name, names))
	return nil
}

// mostRepeats bounds what one entry of a test stands for.
const mostRepeats = 1_000_000

// readRecords reads texts of JSON Lines, and single records as YAML.
func (t *Test) readRecords(c yamlx.Cursor) {
	for _, item := range c.OneOrList() {
		if !item.IsMap() {
			t.records = append(append(t.records, bytes.TrimSpace([]byte(item.Str("")))...), '\n')
			continue
		}
		m := item.Map()
		line := append(m.Need("record").AppendJSON(nil), '\n')
		n := m.Get("repeat").Int(1, 1, mostRepeats)
		m.Done()
		t.records = append(t.records, bytes.Repeat(line, n)...)
	}
}

// readWanted reads what is wanted after the windows of records.
func (t *Test) readWanted(c yamlx.Cursor) {
	for _, item := range c.List() {
		m := item.Map()
		s := step{line: item.Line(), end: readTime(m.Get("end"))}
		t.readAlerts(m.Get("alerts"), &s)
		m.Done()
		t.steps = append(t.steps, s)
	}
}

func readTime(c yamlx.Cursor) window.Time {
	word, ok := c.Literal()
	if !ok {
		return 0
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, word); err == nil {
			return window.FromTime(at)
		}
	}
	c.Must("be a time such as 2026-01-02T15:04:05Z, not %q", word)
	return 0
}

// alert is one that is wanted. What is not said of it is not compared.
type alert struct {
	name, segment, field, severity string
	labels, annotations            map[string]string
}

// readAlerts reads the alerts that fire after a window: all of them.
func (t *Test) readAlerts(c yamlx.Cursor, s *step) {
	s.checked = c.Present()
	for _, item := range c.List() {
		m := item.Map()
		name, segment, field := m.Need("alert"), m.Get("segment"), m.Get("field")
		a := alert{
			name: name.Name(), segment: segment.Str(""), field: field.Str(""),
			severity: m.Get("severity").OneOf("", rules.Info, rules.Warning, rules.Critical),
			labels:   readTexts(m.Get("labels")), annotations: readTexts(m.Get("annotations")),
		}
		m.Done()
		t.checkName(name, a.name)
		t.checkField(field, a.field)
		t.checkSegment(segment, a.segment)
		s.alerts = append(s.alerts, a)
	}
}

// checkName reports an alert that no rule makes, which no test should wait for.
func (t *Test) checkName(c yamlx.Cursor, name string) {
	var names []string
	for _, r := range t.program().Rules() {
		names = append(names, r.Alert)
	}
	if name != "" && !slices.Contains(names, name) {
		c.Errorf("unknown-alert", "no rule for %q makes an alert %q%s", t.monitor.Name, name, yamlx.DidYouMean(name, names))
	}
}

// checkField reports a field that the monitor does not have.
func (t *Test) checkField(c yamlx.Cursor, name string) {
	var names []string
	for i := range t.monitor.Fields {
		names = append(names, t.monitor.Fields[i].Name)
	}
	if name != "" && !slices.Contains(names, name) {
		c.Errorf("unknown-field", "unknown field %q%s", name, yamlx.DidYouMean(name, names))
	}
}

// checkSegment reports a segment that no window of the monitor can have.
func (t *Test) checkSegment(c yamlx.Cursor, name string) {
	if !t.monitor.HasSegment(name) {
		c.Errorf("unknown-segment", "the monitor %q makes no segment %q", t.monitor.Name, name)
	}
}

func readTexts(c yamlx.Cursor) map[string]string {
	texts := map[string]string{}
	for _, e := range c.Map().Entries() {
		if v, ok := e.Value.Literal(); ok {
			texts[e.Name()] = v
		}
	}
	return texts
}
