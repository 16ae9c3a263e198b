package rules

import (
	"text/template"

	"driftwatch/internal/mute"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
)

// Set is all rules of all files. It is not changed once it is loaded.
type Set struct {
	Groups []Group
	Rules  []*Rule // in the order of files and lines
}

// Group is rules for the same monitors.
type Group struct {
	Name     string
	Monitors []string // names and globs
	File     string
	Line     int
}

// Rule is one rule as its file declares it, checked and with defaults.
type Rule struct {
	Alert       string
	Group       string
	Monitors    []string // names and globs
	File        string
	Line        int
	Fields      Selector
	Segments    []Dimension // by name; empty: the whole stream
	When        Condition
	Windows     Windows    // in how many it has to hold before it fires
	Resolve     *Threshold // nil: it resolves when the condition no longer holds
	MinRows     uint64     // windows with fewer rows change nothing
	Mute        mute.Times // windows that overlap with them change nothing
	Class       string
	Severity    string
	Redact      bool              // its alerts say that it fired, and no value
	Labels      map[string]string // the class among them
	Annotations map[string]string // the templates' text

	templates map[string]*template.Template
	id        string
	at        places
	broken    bool // an error of it was reported: what else is wrong with it cannot be told
}

// places are where the parts of a rule stand in its file, for problems that
// show only when the monitors are known.
type places struct {
	alert, monitor, fields, segments, resolve, mute yamlx.Cursor
}

// Selector chooses fields. The zero Selector chooses all.
type Selector struct {
	Names []string // names and globs
	Roles []string
}

// Dimension is one field of a segmentation and the values that are meant.
type Dimension struct {
	Field  string
	Values []string // globs
}

// FieldInfo is what rules know of a monitor's field.
type FieldInfo struct {
	Name   string
	Type   string
	Role   string
	Redact bool          // no value of it may be shown
	Limits checks.Limits // what is promised of it
	Values []string      // that it is promised to have; nil: any
}

// Severities, from the least.
const (
	Info     = "info"
	Warning  = "warning"
	Critical = "critical"
)
