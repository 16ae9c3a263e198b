// Package ruletest runs the tests of rules that teams keep beside them: what
// windows say, or which records come, and which alerts are to fire after each
// window. Results are judged by the rules as the daemon's engine does it; records
// go through the engine itself, as in a replay.
package ruletest

import (
	"context"
	"regexp"
	"time"

	"driftwatch/internal/config"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// File is a file of tests.
type File struct {
	Path  string
	Tests []*Test

	config *config.Config
	rules  []string // paths, in place of those of the configuration; nil: those
}

// Test is one scenario: windows of one monitor in a row.
type Test struct {
	Name string
	File string
	Line int

	file    *File
	monitor *monitors.Spec
	records []byte   // lines to read, or
	inputs  []string // files to read, or
	steps   []step   // windows that are given, and what is wanted
}

// replays reports whether the test is of records.
func (t *Test) replays() bool { return t.records != nil || t.inputs != nil }

// step is one window.
type step struct {
	line    int
	window  *checks.Window // given; nil where there are records
	end     window.Time    // of the window that is meant, where there are records; 0: the next one
	silence time.Duration  // by the clock, after it; then the alerts are looked at
	checked bool
	alerts  []alert // that are wanted after it, if checked
}

// Outcome is what became of a test.
type Outcome struct {
	*Test
	Failures []string // each may have several lines; none: it passed
	Took     time.Duration
}

// Run runs the tests whose names match.
func (f *File) Run(ctx context.Context, match *regexp.Regexp) []Outcome {
	var out []Outcome
	for _, t := range f.Tests {
		if !match.MatchString(t.Name) {
			continue
		}
		began := time.Now()
		failures := t.run(ctx)
		out = append(out, Outcome{t, failures, time.Since(began)})
	}
	return out
}
