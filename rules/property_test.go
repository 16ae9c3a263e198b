package rules

import (
	"encoding/json"
	"fmt"
	"testing"
	"text/template"
	"time"

	"pgregory.net/rapid"

	"driftwatch/monitors/checks"
)

// drawWindow is the i-th hour: some fields of some segments, some results
// skipped, some windows small.
func drawWindow(t *rapid.T, i int) *checks.Window {
	w := windowOf(i)
	for _, name := range []string{"", "country=BR", "country=PT"} {
		if name != "" && rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
			continue
		}
		seg := checks.Segment{Name: name, Rows: uint64(rapid.IntRange(0, 20).Draw(t, "rows"))}
		for _, f := range testFields {
			r := result(float64(rapid.IntRange(0, 5).Draw(t, "psi")) / 10)
			if rapid.IntRange(0, 5).Draw(t, "skipped") == 0 {
				r = checks.Result{Skipped: "no reference"}
			}
			seg.Fields = append(seg.Fields, checks.Field{Name: f.Name, Checks: map[string]checks.Result{"psi": r}})
		}
		w.Segments = append(w.Segments, seg)
	}
	return w
}

// drawRule is a rule on PSI with hysteresis or without, as text.
type drawnRule struct {
	above, resolve float64 // resolve < 0: none
	windows, of    int
	rows           int
}

func (r drawnRule) text() string {
	s := fmt.Sprintf(`alert: A, segments: {country: "*"}, when: {check: psi, above: %v}, windows: {m: %d, of: %d}, min_rows: %d`, r.above, r.windows, r.of, r.rows)
	if r.resolve >= 0 {
		s += fmt.Sprintf(", resolve: {below: %v}", r.resolve)
	}
	return oneRule(s)
}

func drawRule(t *rapid.T) drawnRule {
	r := drawnRule{
		above:   float64(rapid.IntRange(1, 4).Draw(t, "above")) / 10,
		windows: rapid.IntRange(1, 3).Draw(t, "windows"),
		rows:    rapid.IntRange(0, 10).Draw(t, "min rows"),
		resolve: -1,
	}
	r.of = r.windows + rapid.IntRange(0, 2).Draw(t, "more windows")
	if rapid.Bool().Draw(t, "hysteresis") {
		r.resolve = r.above - 0.1
	}
	return r
}

// expect says from the values of the windows that count alone, newest last,
// whether an alert fires or resolves now: the definition of the rule language,
// without a state machine.
func (r drawnRule) expect(values []float64) string {
	firing, since := false, 0
	event := ""
	for i, v := range values {
		event = ""
		held := 0
		for _, v := range values[max(since, i+1-r.of) : i+1] {
			if v > r.above {
				held++
			}
		}
		switch {
		case firing && (r.resolve < 0 && held < r.windows || r.resolve >= 0 && v < r.resolve):
			firing, since, event = false, i+1, Resolved
		case !firing && held >= r.windows:
			firing, event = true, Firing
		}
	}
	return event
}

// TestStepAgainstDefinition compares Step with the definition, and Step from
// a state that was stored with Step from one that was not.
func TestStepAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := drawRule(t)
		p := parseSet(t, rule.text()).ForMonitor(testMonitor)
		history := make(map[string][]float64)
		var s State
		for i := range rapid.IntRange(1, 25).Draw(t, "windows") {
			w := drawWindow(t, i)
			before := stateJSONOf(t, s)
			next, events := p.Step(s, w, none)
			if stateJSONOf(t, s) != before {
				t.Fatal("Step changed its input")
			}
			var stored State
			if err := json.Unmarshal([]byte(before), &stored); err != nil {
				t.Fatal(err)
			}
			again, eventsAgain := p.Step(stored, w, none)
			if stateJSONOf(t, again) != stateJSONOf(t, next) || show(eventsAgain) != show(events) {
				t.Fatalf("after a restart: %s instead of %s", show(eventsAgain), show(events))
			}
			if got, want := show(events), rule.expectAll(w, history); got != want {
				t.Fatalf("window %d: %q, wanted %q", i, got, want)
			}
			s = next
		}
	})
}

// expectAll adds the window to the histories and says what happens now.
func (r drawnRule) expectAll(w *checks.Window, history map[string][]float64) string {
	var events []Event
	for _, seg := range w.Segments {
		if seg.Name == "" || seg.Rows < uint64(r.rows) {
			continue
		}
		for _, f := range seg.Fields {
			got := f.Checks["psi"]
			if got.Skipped != "" {
				continue
			}
			k := seg.Name + f.Name
			history[k] = append(history[k], got.Value)
			if state := r.expect(history[k]); state != "" {
				events = append(events, Event{Alert: Alert{State: state, Segment: seg.Name, Field: f.Name}})
			}
		}
	}
	return show(events)
}

// TestResolveFollowsFire changes the rules at any time: no alert fires twice
// without a resolve between, none resolves that does not fire, and with no rules
// left nothing is firing.
func TestResolveFollowsFire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		firing := make(map[string]bool)
		follow := func(events []Event) {
			for _, e := range events {
				now := e.Alert.State == Firing
				if firing[e.Alert.Fingerprint] == now {
					t.Fatalf("%s of %+v", e.Alert.State, e.Alert)
				}
				firing[e.Alert.Fingerprint] = now
			}
		}
		var s State
		p := parseSet(t, drawRule(t).text()).ForMonitor(testMonitor)
		for i := range rapid.IntRange(1, 25).Draw(t, "windows") {
			var events []Event
			if rapid.IntRange(0, 4).Draw(t, "reload") == 0 {
				p = parseSet(t, drawRule(t).text()).ForMonitor(testMonitor)
				s, events = p.Adopt(s)
				follow(events)
			}
			s, events = p.Step(s, drawWindow(t, i), none)
			follow(events)
		}
		s, events := (&Program{Monitor: testMonitor}).Adopt(s)
		follow(events)
		for id, on := range firing {
			if on {
				t.Fatalf("%s is still firing", id)
			}
		}
		if len(s.Alerts()) > 0 {
			t.Fatalf("alerts %+v", s.Alerts())
		}
	})
}

// FuzzTemplate compiles any template: what is accepted can be executed, shortly
// and within bounds.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{{ .Field }} of {{ .Monitor }}", `{{ printf "%.2f" .Value }}`, "{{ range 10 }}{{ end }}", "{{ with $x := .Labels }}{{ $x.a }}{{ end }}",
		`{{ if and (gt .Value 0.2) (lt .Rows 10) }}{{ .Segment | printf "%q" }}{{ else }}{{ index .Labels "a" }}{{ end }}`, `{{ slice .Field 0 1 }}`,
		`{{ $x := print .Field .Field }}{{ $x = print $x $x }}{{ $x }}`, `{{ define "a" }}{{ template "a" }}{{ end }}`, `{{ (print .Field).Foo }}`, `{{ break }}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		defer func() {
			if d := time.Since(start); d > time.Second {
				t.Errorf("took %v", d)
			}
		}()
		compiled, err := compileTemplate("summary", text)
		if err != nil {
			return
		}
		r := &Rule{}
		r.templates = map[string]*template.Template{"summary": compiled}
		for _, a := range []Alert{{}, {Field: "x", Segment: "country=BR", Labels: map[string]string{"a": "b"}, Result: verdictOf(true, 0)}} {
			if got := r.render(a, 3, "")["summary"]; len(got) > maxText+200 {
				t.Errorf("%d bytes", len(got))
			}
		}
	})
}
