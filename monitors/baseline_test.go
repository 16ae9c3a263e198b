package monitors

import (
	"fmt"
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// watched is a monitor of a number, by country.
func watched(t testing.TB, change func(*Spec)) (*Plan, *Monitor) {
	return testMonitor(t, func(s *Spec) {
		s.Segments, s.Reference = [][]string{{"c"}}, Reference{File: "f"}
		s.Fields = []Field{
			{Name: "x", Type: profile.Number},
			{Name: "c", Type: profile.Category, Allowed: []string{"BR", "PT"}},
		}
		if change != nil {
			change(s)
		}
	})
}

// paneOf counts rows of {country, x} in a pane, one of each number below n.
func paneOf(t testing.TB, p *Plan, m *Monitor, rows map[string]func(i int) float64) *Pane {
	f, pane := newFeeder(t, p), m.NewPane(0)
	for c, x := range rows {
		for i := range 200 {
			f.feed(pane, fmt.Sprintf(`{"c":%q,"x":%v}`, c, x(i)))
		}
	}
	return pane
}

func plain(i int) float64   { return float64(i) }
func shifted(i int) float64 { return float64(i + 100) }

func baselineOf(t testing.TB, p *Pane) *Baseline {
	t.Helper()
	r, err := p.Reference()
	if err != nil {
		t.Fatal(err)
	}
	return NewBaseline(r)
}

func segmentNamed(w *checks.Window, name string) *checks.Segment {
	for i := range w.Segments {
		if w.Segments[i].Name == name {
			return &w.Segments[i]
		}
	}
	return nil
}

// outcome is the verdict of a check of field x, or why there is none.
func outcome(w *checks.Window, segment, check string) string {
	r := segmentNamed(w, segment).Fields[0].Checks[check]
	if r.Skipped != "" {
		return r.Skipped
	}
	return fmt.Sprint(*r.Drift)
}

func TestSegmentsAreComparedWithTheirOwnReference(t *testing.T) {
	p, m := watched(t, nil)
	before := paneOf(t, p, m, map[string]func(int) float64{"BR": plain, "PT": plain})
	w := m.Evaluate(Closing{
		Pane:      paneOf(t, p, m, map[string]func(int) float64{"BR": plain, "PT": shifted, "US": plain}),
		Reference: baselineOf(t, before),
	})
	for segment, want := range map[string]string{
		"c=BR": "false", "c=PT": "true", "c=US": "the reference has no segment c=US",
	} {
		if got := outcome(w, segment, "ks"); got != want {
			t.Errorf("ks of %s: %s, want %s", segment, got, want)
		}
	}
	ref, err := before.Reference()
	if err != nil || w.Reference != ref.Hash {
		t.Errorf("the window names the reference %s, want %s (%v)", w.Reference, ref.Hash, err)
	}
	if pt := segmentNamed(w, "c=PT").Fields[0].Reference; pt == nil || pt.Rows != 200 || *pt.Mean != 99.5 {
		t.Errorf("the reference of a segment is %+v", pt)
	}
	if us := segmentNamed(w, "c=US").Fields[0].Reference; us != nil {
		t.Errorf("a segment without a reference has %+v", us)
	}
}

func TestMixturesAreNotCompared(t *testing.T) {
	p, m := watched(t, func(s *Spec) { s.MaxSegments = 1 })
	pane := paneOf(t, p, m, map[string]func(int) float64{"A": plain, "B": plain, "C": plain})
	w := m.Evaluate(Closing{Pane: pane, Reference: baselineOf(t, pane)})
	want := "it is all that has no segment of its own, not the same in every window"
	if got := outcome(w, "c=<other>", "ks"); got != want {
		t.Errorf("ks of the rest: %s, want %s", got, want)
	}
}

func TestWhyThereIsNoReference(t *testing.T) {
	rows := map[string]func(int) float64{"BR": plain}
	for want, c := range map[string]struct {
		spec  Reference
		close Closing
	}{
		"no reference":     {},
		"no reference yet": {spec: Reference{File: "f"}},
		"the reference does not have this field": {
			spec: Reference{File: "f"}, close: Closing{Reference: newTestBaseline(t, reference.Segment{Rows: 1})},
		},
		"the reference has another type": {
			spec: Reference{File: "f"},
			close: Closing{Reference: newTestBaseline(t, reference.Segment{Rows: 1, Fields: []reference.Field{
				{Name: "x", Profile: profile.New(profile.Options{Kind: profile.Category})},
			}})},
		},
	} {
		p, m := watched(t, func(s *Spec) { s.Reference = c.spec })
		c.close.Pane = paneOf(t, p, m, rows)
		if got := outcome(m.Evaluate(c.close), "", "ks"); got != want {
			t.Errorf("skipped: %s, want %s", got, want)
		}
	}
}

func newTestBaseline(t testing.TB, whole reference.Segment) *Baseline {
	t.Helper()
	r, err := reference.New(whole)
	if err != nil {
		t.Fatal(err)
	}
	return NewBaseline(r)
}

func TestUnknownFieldsAreComparedWhereTheReferenceCountedThem(t *testing.T) {
	p, m := watched(t, nil)
	f, strange := newFeeder(t, p), m.NewPane(0)
	for i := range 200 {
		f.feed(strange, fmt.Sprintf(`{"c":"BR","x":%d,"new":1}`, i))
	}
	known := paneOf(t, p, m, map[string]func(int) float64{"BR": plain})
	for _, c := range []struct {
		name string
		ref  *Baseline
		want bool
	}{
		{"a pane", baselineOf(t, known), true},
		{"a file", newTestBaseline(t, reference.Segment{Rows: 200}), false},
	} {
		w := m.Evaluate(Closing{Pane: strange, Reference: c.ref})
		r := w.Whole().Checks["unknown_fields"]
		if r.Value != 1 || (r.Drift != nil) != c.want {
			t.Errorf("against %s: %+v, want a verdict: %v", c.name, r, c.want)
		}
	}
}
