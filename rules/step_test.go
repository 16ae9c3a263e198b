package rules

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// parseSet reads a rule file that must be right.
func parseSet(t interface {
	Helper()
	Fatal(...any)
}, text string) *Set {
	t.Helper()
	rep := &yamlx.Reporter{}
	s := &Set{}
	if c, ok := yamlx.Parse("r.yaml", []byte(text), rep); ok {
		s.Add(c)
	}
	if list := rep.Diagnostics(); yamlx.HasErrors(list) {
		t.Fatal(list)
	}
	return s
}

// oneRule is a file with one rule, given as the inside of a flow mapping.
func oneRule(rule string) string {
	return "groups: [{name: g, monitor: m, labels: {team: risk}, rules: [{" + rule + "}]}]"
}

var testFields = []FieldInfo{
	{Name: "a", Type: "number", Role: "feature"},
	{Name: "b", Type: "number", Role: "feature"},
	{Name: "y", Type: "number", Role: "prediction"},
}

// testMonitor has windows of an hour.
var testMonitor = Monitor{Name: "m", Fields: testFields, Grid: window.Grid{Size: time.Hour}}

// none is that there are no earlier windows.
func none(window.Time) *checks.Window { return nil }

// result is an exact result.
func result(v float64) checks.Result { return checks.Result{Value: v, Low: v, High: v} }

func verdictOf(drift bool, p float64) checks.Result {
	r := result(1)
	r.Drift, r.PValue, r.Effect = &drift, &p, &p
	return r
}

// segment is a segment of 1,000 rows with one check for each field.
func segment(name, check string, fields map[string]checks.Result) checks.Segment {
	s := checks.Segment{Name: name, Rows: 1000, Checks: map[string]checks.Result{}}
	for _, f := range testFields {
		if r, ok := fields[f.Name]; ok {
			s.Fields = append(s.Fields, checks.Field{Name: f.Name, Type: f.Type, Role: f.Role, Checks: map[string]checks.Result{check: r}})
		}
	}
	return s
}

// windowOf is the i-th hour.
func windowOf(i int, segments ...checks.Segment) *checks.Window {
	const hour = 3_600_000
	return &checks.Window{Monitor: "m", Start: window.Time(i * hour), End: window.Time((i + 1) * hour), Segments: segments}
}

// psiOf is the i-th hour with a PSI of field a.
func psiOf(i int, v float64) *checks.Window {
	return windowOf(i, segment("", "psi", map[string]checks.Result{"a": result(v)}))
}

// show writes events as "firing a" and "resolved country=BR a".
func show(events []Event) string {
	var parts []string
	for _, e := range events {
		parts = append(parts, strings.Join(strings.Fields(e.Alert.State+" "+e.Alert.Segment+" "+e.Alert.Field), " "))
	}
	return strings.Join(parts, ", ")
}

// TestSequences runs a rule over the PSI of one field: nan is a skipped check,
// and what comes out of each window is compared.
func TestSequences(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name, rule string
		values     []float64
		want       []string
	}{
		{"fires and resolves", "alert: A, when: {check: psi, above: 0.2}",
			[]float64{0.1, 0.3, 0.3, 0.2}, []string{"", "firing a", "", "resolved a"}},
		{"three in a row", "alert: A, when: {check: psi, above: 0.2}, windows: 3",
			[]float64{0.3, 0.3, 0.1, 0.3, 0.3, 0.3, 0.3}, []string{"", "", "", "", "", "firing a", ""}},
		{"a skipped check breaks no row", "alert: A, when: {check: psi, above: 0.2}, windows: 2",
			[]float64{0.3, nan, 0.3, nan, 0.1}, []string{"", "", "firing a", "", "resolved a"}},
		{"hysteresis", "alert: A, when: {check: psi, above: 0.2}, resolve: {below: 0.1}",
			[]float64{0.3, 0.15, 0.1, 0.09, 0.15}, []string{"firing a", "", "", "resolved a", ""}},
		{"below", "alert: A, when: {check: psi, below: 0.2}, resolve: {above: 0.3}",
			[]float64{0.2, 0.1, 0.25, 0.31}, []string{"", "firing a", "", "resolved a"}},
		{"outside", "alert: A, when: {check: psi, outside: [0.1, 0.2]}",
			[]float64{0.1, 0.09, 0.2, 0.21}, []string{"", "firing a", "resolved a", "firing a"}},
		{"two of three", "alert: A, when: {check: psi, above: 0.2}, windows: {m: 2, of: 3}",
			[]float64{0.3, 0.1, 0.1, 0.3, 0.1, 0.3, 0.3, 0.1, 0.1}, []string{"", "", "", "", "", "firing a", "", "", "resolved a"}},
		{"two of four do not flap", "alert: A, when: {check: psi, above: 0.2}, windows: {m: 2, of: 4}",
			[]float64{0.3, 0.1, 0.3, 0.1, 0.3, 0.1, 0.1}, []string{"", "", "firing a", "", "", "", "resolved a"}},
		{"two of three with a skipped check", "alert: A, when: {check: psi, above: 0.2}, windows: {m: 2, of: 3}",
			[]float64{0.3, nan, 0.1, nan, 0.3}, []string{"", "", "", "", "firing a"}},
		{"muted from three to five", `alert: A, when: {check: psi, above: 0.2}, windows: 2, mute: {cron: "0 3 * * *", for: 2h}`,
			[]float64{0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.1}, []string{"", "", "", "", "", "firing a", "resolved a"}},
		{"muted while it fires", `alert: A, when: {check: psi, above: 0.2}, mute: [{cron: "0 1 * * *", for: 90m}]`,
			[]float64{0.3, 0.1, 0.1, 0.1}, []string{"firing a", "", "", "resolved a"}},
		{"again after it resolved", "alert: A, when: {check: psi, above: 0.2}, windows: 2",
			[]float64{0.3, 0.3, 0.1, 0.3, 0.3}, []string{"", "firing a", "resolved a", "", "firing a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule(c.rule)).ForMonitor(testMonitor)
			var s State
			for i, v := range c.values {
				w := psiOf(i, v)
				if math.IsNaN(v) {
					w = windowOf(i, segment("", "psi", map[string]checks.Result{"a": {Skipped: "no reference"}}))
				}
				var events []Event
				s, events = p.Step(s, w, none)
				if got := show(events); got != c.want[i] {
					t.Errorf("window %d, %v: %q, wanted %q", i, v, got, c.want[i])
				}
			}
		})
	}
}

// TestOneWindow judges conditions on one window.
func TestOneWindow(t *testing.T) {
	yes, no := verdictOf(true, 1e-6), verdictOf(false, 0.5)
	wide := checks.Result{Value: 0.15, Low: 0.15, High: 0.3}
	type results = map[string]checks.Result
	three := segment("", "psi", results{"a": yes, "b": no, "y": yes})
	rows := checks.Segment{Rows: 1000, Checks: results{"volume": yes}}
	early := checks.Segment{Rows: 40, Checks: results{"volume": {Skipped: "needs 7 windows"}}}
	small := three
	small.Rows = 10
	for _, c := range []struct {
		name, rule string
		segments   []checks.Segment
		want       string
	}{
		{"all fields", "alert: A, when: {check: psi, drift: true}", []checks.Segment{three}, "firing a, firing y"},
		{"by role", "alert: A, fields: {role: prediction}, when: {check: psi, drift: true}", []checks.Segment{three}, "firing y"},
		{"by name", "alert: A, fields: [b, y], when: {check: psi, drift: true}", []checks.Segment{three}, "firing y"},
		{"by glob", `alert: A, fields: "[ab]", when: {check: psi, drift: true}`, []checks.Segment{three}, "firing a"},
		{"p-value", "alert: A, when: {check: psi, p_below: 0.01}", []checks.Segment{three}, "firing a, firing y"},
		{"uncertain value above", "alert: A, when: {check: psi, above: 0.2}", []checks.Segment{segment("", "psi", results{"a": wide})}, ""},
		{"certain value above", "alert: A, when: {check: psi, above: 0.1}", []checks.Segment{segment("", "psi", results{"a": wide})}, "firing a"},
		{"uncertain value below", "alert: A, when: {check: psi, below: 0.2}", []checks.Segment{segment("", "psi", results{"a": wide})}, ""},
		{"few rows", "alert: A, min_rows: 11, when: {check: psi, drift: true}", []checks.Segment{small}, ""},
		{"enough rows", "alert: A, min_rows: 10, when: {check: psi, drift: true}", []checks.Segment{small}, "firing a, firing y"},
		{"without a field", "alert: A, when: {check: volume, drift: true}", []checks.Segment{rows}, "firing"},
		{"a limit of rows without history", "alert: A, when: {check: volume, below: 41}", []checks.Segment{early}, "firing"},
		{"a limit of rows that holds", "alert: A, when: {check: volume, below: 40}", []checks.Segment{early}, ""},
		{"volume's verdict without history", "alert: A, when: {check: volume, drift: true}", []checks.Segment{early}, ""},
		{"any", "alert: A, when: {any: [{check: psi, drift: true}, {check: ks, above: 1}]}", []checks.Segment{three}, "firing a, firing y"},
		{"all, one unknown", "alert: A, when: {all: [{check: psi, drift: true}, {check: ks, above: 1}]}", []checks.Segment{three}, ""},
		{"all", "alert: A, when: {all: [{check: psi, drift: true}, {check: psi, above: 0.5}]}", []checks.Segment{three}, "firing a, firing y"},
		{"share", "alert: A, when: {share_of_fields: {check: psi, drift: true}, above: 0.6}", []checks.Segment{three}, "firing"},
		{"share, too few", "alert: A, when: {share_of_fields: {check: psi, drift: true}, above: 0.7}", []checks.Segment{three}, ""},
		{"share of features", "alert: A, fields: {role: feature}, when: {share_of_fields: {check: psi, drift: true}, above: 0.5}", []checks.Segment{three}, ""},
		{"result with parameters", "alert: A, when: {check: psi, drift: true}", []checks.Segment{segment("", "psi_20", results{"a": yes})}, "firing a"},
		{"other parameters", "alert: A, when: {check: psi_10, drift: true}", []checks.Segment{segment("", "psi_20", results{"a": yes})}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule(c.rule)).ForMonitor(testMonitor)
			_, events := p.Step(State{}, windowOf(0, c.segments...), none)
			if got := show(events); got != c.want {
				t.Errorf("seen %q, wanted %q", got, c.want)
			}
		})
	}
}

func TestSegments(t *testing.T) {
	yes := map[string]checks.Result{"a": verdictOf(true, 0)}
	w := windowOf(0)
	for _, name := range []string{"", "country=", "country=<other>", "country=BR", "country=BR,device=ios", `country=a\,b\=c\\`} {
		w.Segments = append(w.Segments, segment(name, "psi", yes))
	}
	for segments, want := range map[string]string{
		``:                               "firing a",
		`{country: "*"}`:                 `firing country= a, firing country=BR a, firing country=a\,b\=c\\ a`,
		`{country: BR}`:                  "firing country=BR a",
		`{country: [B*, "<other>"]}`:     "firing country=<other> a, firing country=BR a",
		`{device: ios, country: "*"}`:    "firing country=BR,device=ios a",
		`{country: 'a,b=c\\'}`:           `firing country=a\,b\=c\\ a`,
		`{device: "*"}`:                  "",
		`{device: android, country: BR}`: "",
	} {
		t.Run(segments, func(t *testing.T) {
			rule := "alert: A, when: {check: psi, drift: true}"
			if segments != "" {
				rule += ", segments: " + segments
			}
			_, events := parseSet(t, oneRule(rule)).ForMonitor(testMonitor).Step(State{}, w, none)
			if got := show(events); got != want {
				t.Errorf("seen %q, wanted %q", got, want)
			}
		})
	}
}

func TestPartialWindow(t *testing.T) {
	set := parseSet(t, `groups: [{name: g, monitor: m, rules: [
		{alert: Drift, when: {check: psi, drift: true}}, {alert: High, when: {check: psi, above: 0.2}}]}]`)
	p := set.ForMonitor(testMonitor)
	s, events := p.Step(State{}, windowOf(0, segment("", "psi", map[string]checks.Result{"a": verdictOf(true, 0)})), none)
	if len(events) != 2 {
		t.Fatalf("events %v", events)
	}
	partial := psiOf(1, 0.1)
	partial.Partial = true
	s, events = p.Step(s, partial, none)
	if len(events) != 1 || events[0].Alert.Name != "High" || events[0].Alert.State != Resolved {
		t.Errorf("events %v", events)
	}
	if alerts := s.Alerts(); len(alerts) != 1 || alerts[0].State != Firing || alerts[0].WindowEnd != windowOf(0).End {
		t.Errorf("alerts %+v", alerts)
	}
}

// A partial window has fewer rows than there were.
func TestLimitOfRowsOfPartialWindow(t *testing.T) {
	p := parseSet(t, oneRule("alert: A, when: {check: volume, below: 41}")).ForMonitor(testMonitor)
	w := windowOf(0, checks.Segment{Rows: 40, Checks: map[string]checks.Result{"volume": {Skipped: "needs 7 windows"}}})
	for _, partial := range []bool{true, false} {
		w.Partial = partial
		if _, events := p.Step(State{}, w, none); len(events) != 0 == partial {
			t.Errorf("partial %v: events %v", partial, events)
		}
	}
}

// TestAlert looks at everything that an alert says on its way.
func TestAlert(t *testing.T) {
	p := parseSet(t, oneRule(`alert: A, when: {check: psi, above: 0.2}, windows: 2, severity: critical, labels: {team: x, tier: 1},
		annotations: {summary: "{{ .Field }}: {{ printf \"%.2f\" .Value }} of {{ .Rows }} rows until {{ .WindowEnd }}, {{ .Labels.team }}{{ .Labels.none }}, p {{ .PValue }}"}`)).
		ForMonitor(testMonitor)
	s, _ := p.Step(State{}, psiOf(0, 0.3), none)
	pending := s.Alerts()[0]
	if pending.State != Pending || pending.Fired != nil || pending.Since != windowOf(0).End {
		t.Errorf("pending %+v", pending)
	}
	s, events := p.Step(s, psiOf(1, 0.4), none)
	fired := events[0].Alert
	want := "a: 0.40 of 1000 rows until 1970-01-01T02:00:00Z, x, p NaN"
	if fired.Annotations["summary"] != want {
		t.Errorf("summary %q", fired.Annotations["summary"])
	}
	if fired.Severity != Critical || fired.Labels["team"] != "x" || fired.Labels["tier"] != "1" || fired.Check != "psi" || fired.Result.Value != 0.4 {
		t.Errorf("fired %+v", fired)
	}
	if fired.Since != windowOf(0).End || *fired.Fired != windowOf(1).End || fired.EndsAt != nil || fired.Fingerprint != pending.Fingerprint {
		t.Errorf("fired %+v", fired)
	}
	_, events = p.Step(s, psiOf(2, 0.1), none)
	over := events[0].Alert
	if over.State != Resolved || *over.EndsAt != windowOf(2).End || *over.Fired != windowOf(1).End || over.Result.Value != 0.1 {
		t.Errorf("resolved %+v", over)
	}
}

// TestInheritance: a rule has the labels and annotations of its group, unless it
// says its own; its class is a label.
func TestInheritance(t *testing.T) {
	set := parseSet(t, `groups: [{name: g, monitor: "*", labels: {team: risk, tier: 1}, annotations: {summary: "{{ .Field }}", runbook: "{{ .Page }}"}, rules: [
		{alert: Drift, when: {check: psi, above: 0.2}, labels: {tier: 2}, annotations: {summary: "own {{ .Page }}"}},
		{alert: Form, when: {any: [{check: psi, above: 9}, {check: nulls, above: 0.2}]}},
		{alert: Said, class: performance, when: {check: psi, above: 0.2}}]}]`)
	p := set.ForMonitor(Monitor{Name: "m n", Fields: testFields, Site: "https://dw.example/"})
	_, events := p.Step(State{}, psiOf(0, 0.3), none)
	want := `Drift map[class:values team:risk tier:2] map[runbook:https://dw.example/monitors/m%20n summary:own https://dw.example/monitors/m%20n]
Said map[class:performance team:risk tier:1] map[runbook:https://dw.example/monitors/m%20n summary:a]
`
	var got strings.Builder
	for _, e := range events {
		fmt.Fprintln(&got, e.Alert.Name, e.Alert.Labels, e.Alert.Annotations)
	}
	if got.String() != want {
		t.Errorf("seen\n%swanted\n%s", &got, want)
	}
	if class := set.Rules[1].Class; class != Schema {
		t.Errorf("a rule on psi or nulls is about %s", class)
	}
}

// TestIdentityOfOlderRules: a firing alert goes on under a newer program.
func TestIdentityOfOlderRules(t *testing.T) {
	for rule, want := range map[string]string{
		"alert: A, when: {any: [{check: psi, above: 0.2}, {check: ks, p_below: 0.01}]}, windows: 3, min_rows: 5": "89144765e41f3471",
		"alert: A, when: {check: psi, above: 0.2}, resolve: {below: 0.1}":                                        "59febfd55ec765de",
	} {
		if id := parseSet(t, oneRule(rule)).Rules[0].id; id != want {
			t.Errorf("%s: %s, was %s", rule, id, want)
		}
	}
	var old State
	if err := json.Unmarshal([]byte(`{"alerts":[{"rule":"x","run":2,"alert":{"alert":"A","state":"pending"}}]}`), &old); err != nil || old.tracked[0].Run.held() != 2 {
		t.Errorf("%+v, error %v", old, err)
	}
}

// TestAlertTellsWhatMoved: of the field of the newest window, and in words in its
// annotations.
func TestAlertTellsWhatMoved(t *testing.T) {
	p := parseSet(t, oneRule(`alert: A, when: {check: psi, above: 0.2}, annotations: {summary: "{{ .Moved }}{{ with .Explained }}; {{ . }}{{ end }}"}`)).
		ForMonitor(testMonitor)
	w := psiOf(0, 0.3)
	f := &w.Segments[0].Fields[0]
	f.Moved = []checks.Move{{Bin: "> 9", Reference: 0.1, Current: 0.4}}
	f.ExplainedBy = &checks.Explanation{Segment: "c=BR", Check: "psi", Effect: 0.31, Without: 0.02}
	s, events := p.Step(State{}, w, none)
	a := events[0].Alert
	if want := "> 9: 10 % → 40 %; mostly in c=BR: without it the effect of psi falls from 0.31 to 0.02"; a.Annotations["summary"] != want {
		t.Errorf("summary %q", a.Annotations["summary"])
	}
	if len(a.Moved) != 1 || a.ExplainedBy == nil {
		t.Errorf("the alert tells %v, %v", a.Moved, a.ExplainedBy)
	}
	s, _ = p.Step(s, psiOf(1, 0.4), none)
	if a := s.Alerts()[0]; a.Moved != nil || a.ExplainedBy != nil || a.Annotations["summary"] != "" {
		t.Errorf("it still tells of the window before: %+v", a)
	}
}

func TestOldWindowChangesNothing(t *testing.T) {
	p := parseSet(t, oneRule("alert: A, when: {check: psi, above: 0.2}")).ForMonitor(testMonitor)
	s, _ := p.Step(State{}, psiOf(3, 0.3), none)
	for _, i := range []int{3, 2} {
		if next, events := p.Step(s, psiOf(i, 0.1), none); len(events) > 0 || stateJSONOf(t, next) != stateJSONOf(t, s) {
			t.Errorf("window %d: events %v", i, events)
		}
	}
}

func stateJSONOf(t interface {
	Helper()
	Fatal(...any)
}, s State) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAdopt changes the rules under a firing and a pending alert.
func TestAdopt(t *testing.T) {
	const before = "alert: A, when: {check: psi, above: 0.2}, windows: 2"
	firing, pending := "firing a", "pending b"
	for _, c := range []struct{ name, file, want, alerts string }{
		{"nothing", oneRule(before), "", firing + ", " + pending},
		{"other words", oneRule(before + ", severity: critical, annotations: {summary: x}, labels: {a: b}"), "", firing + ", " + pending},
		{"another rule above", strings.Replace(oneRule(before), "[{alert", "[{alert: B, when: {check: psi, below: 0}}, {alert", 1), "", firing + ", " + pending},
		{"fewer fields", oneRule(before + ", fields: a"), "", firing},
		{"the other field", oneRule(before + ", fields: b"), "resolved a", pending},
		{"segments", oneRule(before + `, segments: {country: "*"}`), "resolved a", ""},
		{"another limit", oneRule("alert: A, when: {check: psi, above: 0.25}, windows: 2"), "resolved a", ""},
		{"another name", oneRule("alert: B, when: {check: psi, above: 0.2}, windows: 2"), "resolved a", ""},
		{"another monitor", strings.Replace(oneRule(before), "monitor: m", "monitor: n", 1), "resolved a", ""},
		{"no rules", "groups: []", "resolved a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule(before)).ForMonitor(testMonitor)
			s, _ := p.Step(State{}, psiOf(0, 0.3), none)
			s, _ = p.Step(s, windowOf(1, segment("", "psi", map[string]checks.Result{"a": result(0.3), "b": result(0.3)})), none)
			next, events := parseSet(t, c.file).ForMonitor(testMonitor).Adopt(s)
			if got := show(events); got != c.want {
				t.Errorf("events %q, wanted %q", got, c.want)
			}
			for _, e := range events {
				if e.Alert.EndsAt == nil || *e.Alert.EndsAt != windowOf(1).End {
					t.Errorf("ends at %v", e.Alert.EndsAt)
				}
			}
			var alerts []string
			for _, a := range next.Alerts() {
				alerts = append(alerts, a.State+" "+a.Field)
			}
			if got := strings.Join(alerts, ", "); got != c.alerts {
				t.Errorf("alerts %q, wanted %q", got, c.alerts)
			}
		})
	}
}

// BenchmarkStep judges a window of 100 fields by 20 rules.
func BenchmarkStep(b *testing.B) {
	var text strings.Builder
	text.WriteString("groups:\n  - name: g\n    monitor: m\n    rules:\n")
	for i := range 20 {
		fmt.Fprintf(&text, "      - {alert: A%d, when: {check: psi, above: 0.%d}}\n", i, i+1)
	}
	var fields []FieldInfo
	seg := checks.Segment{Rows: 1000}
	for i := range 100 {
		name := fmt.Sprintf("f%d", i)
		fields = append(fields, FieldInfo{Name: name, Type: "number", Role: "feature"})
		seg.Fields = append(seg.Fields, checks.Field{Name: name, Checks: map[string]checks.Result{"psi": result(0.01)}})
	}
	p := parseSet(b, text.String()).ForMonitor(Monitor{Name: "m", Fields: fields})
	w := windowOf(0, seg)
	b.ReportAllocs()
	for b.Loop() {
		p.Step(State{}, w, none)
	}
}
