package ruletest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"driftwatch/internal/app"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// program is the rules of the test's monitor.
func (t *Test) program() *rules.Program { return app.Program(t.file.config, t.monitor) }

// judged is a window and the alerts that fired or resolved in it.
type judged struct {
	*checks.Window
	changes []rules.Alert
}

// run returns what is not as it is wanted.
func (t *Test) run(ctx context.Context) []string {
	if !t.replays() {
		return t.compare(t.step(), "")
	}
	windows, unusable, err := t.replay(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	return t.compare(windows, unusable)
}

// step judges the windows that are given.
func (t *Test) step() []judged {
	var state rules.State
	var out []judged
	program := t.program()
	for i := range t.steps {
		w := t.steps[i].window
		if w == nil {
			return nil
		}
		var events []rules.Event
		state, events = program.Step(state, w, earlier(out))
		state, events = t.listen(program, state, i, events)
		j := judged{Window: w}
		for _, e := range events {
			j.changes = append(j.changes, e.Alert)
		}
		out = append(out, j)
	}
	return out
}

// earlier finds windows among those before.
func earlier(before []judged) rules.Earlier {
	return func(end window.Time) *checks.Window {
		for _, j := range slices.Backward(before) {
			if j.End <= end {
				return j.Window
			}
		}
		return nil
	}
}

// listen lets the clock go on to the end of a window, and through the silence after
// it.
func (t *Test) listen(p *rules.Program, state rules.State, i int, events []rules.Event) (rules.State, []rules.Event) {
	now := t.steps[i].window.End.Time()
	state, heard := p.Heard(state, now)
	state, quiet := p.Tick(state, now.Add(t.steps[i].silence), time.Time{})
	return state, slices.Concat(events, heard, quiet)
}

// replay runs the records through the engine, and says how many of them cannot be
// used.
func (t *Test) replay(ctx context.Context) (_ []judged, unusable string, err error) {
	o := app.ReplayOptions{
		Config: t.file.config.File, Rules: t.file.rules, Monitors: []string{t.monitor.Name}, Inputs: t.inputs,
		Log: slog.New(slog.DiscardHandler),
	}
	if t.records != nil {
		o.Inputs, o.Stdin = []string{"-"}, bytes.NewReader(t.records)
	}
	result, err := app.Replay(ctx, o)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	var out []judged
	if err := result.Windows(func(w *checks.Window) error {
		out = append(out, judged{Window: w})
		return nil
	}); err != nil {
		return nil, "", err
	}
	summary, err := result.Summary()
	if err != nil {
		return nil, "", err
	}
	for _, why := range slices.Sorted(maps.Keys(summary.Errors)) {
		unusable += fmt.Sprintf("; records that cannot be used: %d (%s)", summary.Errors[why], why)
	}
	alerts, err := result.Alerts()
	for _, a := range alerts {
		i, found := slices.BinarySearchFunc(out, a.WindowEnd, func(j judged, end window.Time) int { return cmp.Compare(j.End, end) })
		if found {
			out[i].changes = append(out[i].changes, a)
		}
	}
	return out, unusable, err
}

// compare follows the windows and compares what fires with what is wanted. Note
// is said where a window is missing.
func (t *Test) compare(windows []judged, note string) (failures []string) {
	firing := map[string]rules.Alert{}
	next := 0
	follow := func(to int) {
		for ; next <= to && next < len(windows); next++ {
			for _, a := range windows[next].changes {
				if a.State == rules.Firing {
					firing[a.Fingerprint] = a
				} else {
					delete(firing, a.Fingerprint)
				}
			}
		}
	}
	for i := range t.steps {
		s := &t.steps[i]
		at := next
		if s.end != 0 {
			at = slices.IndexFunc(windows, func(j judged) bool { return j.End == s.end })
		}
		if at < 0 || at >= len(windows) {
			failures = append(failures, fmt.Sprintf("line %d: there is no such window: %s%s", s.line, list(windows), note))
			continue
		}
		if at < next-1 {
			failures = append(failures, fmt.Sprintf("line %d: the window ends before the one of the entry above", s.line))
			continue
		}
		follow(at)
		if !s.checked {
			continue
		}
		why := func(w *alert) string { return t.why(windows[:at+1], w) }
		if lines := differences(s.alerts, firing, why); len(lines) > 0 {
			head := fmt.Sprintf("window %d (line %d), %s to %s:", at+1, s.line, windows[at].Start, windows[at].End)
			failures = append(failures, head+"\n  "+strings.Join(lines, "\n  "))
		}
	}
	return failures
}

// why says why an alert does not fire after the last of some windows.
func (t *Test) why(windows []judged, w *alert) string {
	var state rules.State
	program := t.program()
	for i := range windows {
		state, _ = program.Step(state, windows[i].Window, earlier(windows[:i]))
	}
	last := len(windows) - 1
	return program.Missing(state, windows[last].Window, earlier(windows[:last]), rules.Alert{Name: w.name, Segment: w.segment, Field: w.field})
}

// list names the windows that there are.
func list(windows []judged) string {
	if len(windows) == 0 {
		return "the records make none"
	}
	return fmt.Sprintf("there are %d, the first ends at %s and the last at %s", len(windows), windows[0].End, windows[len(windows)-1].End)
}
