package rules

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// before serves the windows of a list that end at or before a time.
func before(past []*checks.Window) Earlier {
	return func(end window.Time) *checks.Window {
		for _, w := range slices.Backward(past) {
			if w.End <= end {
				return w
			}
		}
		return nil
	}
}

// TestChange runs a rule over the PSI of one field: nan is a skipped check, a
// number below -100 an hour without a window.
func TestChange(t *testing.T) {
	nan, gap := math.NaN(), -1000.0
	day := func(values ...float64) []float64 { return append(slices.Repeat([]float64{0.5}, 24), values...) }
	for _, c := range []struct {
		name, change string
		values       []float64
		want         string // of all windows in which something happens
	}{
		{"against the window before", "{above: 50%, against: previous}", []float64{1, 1.5, 2.4, 2.4}, "2 firing a; 3 resolved a"},
		{"a fall", "{below: -50%, against: previous}", []float64{1, 0.5, 0.2}, "2 firing a"},
		{"either", "{outside: [-50%, 50%], against: previous}", []float64{1, 2, 2, 0.9}, "1 firing a; 2 resolved a; 3 firing a"},
		{"in its unit", "{above: 0.3, against: previous}", []float64{0, 0.3, 0.7}, "2 firing a"},
		{"of values below 0", "{above: 50%, against: previous}", []float64{-2, -1.5, -0.5}, "2 firing a"},
		{"from 0 no share is known", "{above: 50%, against: previous}", []float64{0, 5, 6}, ""},
		{"of a window without a value nothing is", "{above: 50%, against: previous}", []float64{1, nan, 5, 8}, "3 firing a"},
		{"over a gap", "{above: 50%, against: previous}", []float64{1, gap, gap, 5}, "3 firing a"},
		{"a day ago", "{above: 50%, against: 1d}", day(0.6, 0.8), "25 firing a"},
		{"a day ago was no window", "{above: 50%, against: 1d}", append([]float64{gap}, day(5)[1:]...), ""},
		{"the trailing mean", "{above: 50%, against: {trailing: 4}}", []float64{1, 1, 3, 2, 2.6, 3.3}, "2 firing a; 3 resolved a; 5 firing a"},
		{"of too few", "{above: 50%, against: {trailing: 5}}", []float64{1, 1, 3, 5}, "3 firing a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parseSet(t, oneRule("alert: A, when: {check: psi, change: "+c.change+"}")).ForMonitor(testMonitor)
			var s State
			var past []*checks.Window
			got := ""
			for i, v := range c.values {
				w := psiOf(i, v)
				switch {
				case v < -100:
					continue
				case math.IsNaN(v):
					w = windowOf(i, segment("", "psi", map[string]checks.Result{"a": {Skipped: "no values"}}))
				}
				var events []Event
				earlier := before(past)
				s, events = p.Step(s, w, func(end window.Time) *checks.Window { return p.Thin(earlier(end)) })
				if past = append(past, w); len(events) > 0 {
					got += fmt.Sprintf("; %d %s", i, show(events))
				}
			}
			if want := c.want; got != want && got != "; "+want {
				t.Errorf("seen %q, wanted %q", got, want)
			}
		})
	}
}

// TestChangeIsCertain: a change that may be smaller is no alarm, and what the
// earlier window could not tell counts too.
func TestChangeIsCertain(t *testing.T) {
	p := parseSet(t, oneRule("alert: A, when: {check: psi, change: {above: 50%, against: previous}}")).ForMonitor(testMonitor)
	of := func(i int, low, high float64) *checks.Window {
		return windowOf(i, segment("", "psi", map[string]checks.Result{"a": {Value: low, Low: low, High: high}}))
	}
	for _, c := range []struct {
		then, now [2]float64
		want      string
	}{
		{[2]float64{1, 1}, [2]float64{1.6, 1.7}, "firing a"},
		{[2]float64{1, 1}, [2]float64{1.4, 1.7}, ""},
		{[2]float64{1, 1.1}, [2]float64{1.6, 1.6}, ""},
		{[2]float64{-1.1, -1}, [2]float64{-0.4, -0.4}, "firing a"},
		{[2]float64{0, 1}, [2]float64{9, 9}, ""},
	} {
		_, events := p.Step(State{}, of(1, c.now[0], c.now[1]), before([]*checks.Window{of(0, c.then[0], c.then[1])}))
		if got := show(events); got != c.want {
			t.Errorf("from %v to %v: %q, wanted %q", c.then, c.now, got, c.want)
		}
	}
}

// TestChangeOfSegments: each segment is compared with itself, and not with one
// that was small, partial or muted.
func TestChangeOfSegments(t *testing.T) {
	p := parseSet(t, oneRule(`alert: A, segments: {country: "*"}, min_rows: 100, mute: {cron: "0 0 * * *", for: 30m},
		when: {check: psi, change: {above: 50%, against: previous}}, annotations: {summary: "{{ .Value }} was {{ .Reference }}, {{ .Change }} more, {{ .Percent }} %, in {{ .Against }}"}`)).
		ForMonitor(testMonitor)
	of := func(i int, br, pt float64) *checks.Window {
		psi := func(v float64) map[string]checks.Result { return map[string]checks.Result{"a": result(v)} }
		return windowOf(i, segment("country=BR", "psi", psi(br)), segment("country=PT", "psi", psi(pt)))
	}
	for _, c := range []struct {
		name   string
		change func(w *checks.Window)
		at     int
		want   string
	}{
		{"usual", func(*checks.Window) {}, 1, "firing country=PT a"},
		{"partial", func(w *checks.Window) { w.Partial = true }, 1, ""},
		{"small", func(w *checks.Window) { w.Segments[1].Rows = 99 }, 1, ""},
		{"muted", func(*checks.Window) {}, 0, ""},
	} {
		then := of(c.at, 4, 1)
		c.change(then)
		_, events := p.Step(State{}, of(c.at+1, 4, 2), before([]*checks.Window{then}))
		if got := show(events); got != c.want {
			t.Errorf("%s: %q, wanted %q", c.name, got, c.want)
		}
		if len(events) == 0 {
			continue
		}
		a := events[0].Alert
		if a.Annotations["summary"] != "2 was 1, 1 more, 100 %, in the window before" || a.Against != "the window before" || a.When != "change of psi against the window before is above 50%" {
			t.Errorf("%q, %q", a.Annotations["summary"], a.When)
		}
	}
}

// BenchmarkStepChange compares 1,000 fields of 20 segments with 10 windows before.
func BenchmarkStepChange(b *testing.B) {
	var m Monitor
	m.Name = "m"
	for i := range 1000 {
		m.Fields = append(m.Fields, FieldInfo{Name: fmt.Sprintf("f%d", i), Type: "number"})
	}
	at := func(i int) *checks.Window {
		w := windowOf(i)
		for s := range 20 {
			seg := checks.Segment{Name: fmt.Sprintf("c=%02d", s), Rows: 1000}
			for _, f := range m.Fields {
				seg.Fields = append(seg.Fields, checks.Field{Name: f.Name, Checks: map[string]checks.Result{"mean": result(1)}})
			}
			w.Segments = append(w.Segments, seg)
		}
		return w
	}
	var past []*checks.Window
	for i := range 10 {
		past = append(past, at(i))
	}
	p := parseSet(b, oneRule(`alert: A, segments: {c: "*"}, when: {check: mean, change: {above: 50%, against: trailing}}`)).ForMonitor(m)
	w := at(10)
	b.ReportAllocs()
	for b.Loop() {
		p.Step(State{}, w, before(past))
	}
}
