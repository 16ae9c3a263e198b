package monitors

import (
	"fmt"
	"math"
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

type rowsOf = map[string]func(i int) float64

// Only fields that drifted say what moved, each in its segment; a window that
// lacks records says nothing.
func TestMovedOfDriftedFields(t *testing.T) {
	plan, m := watched(t, func(s *Spec) { s.Buckets = 1000 })
	ref := baselineOf(t, paneOf(t, plan, m, rowsOf{"BR": plain, "PT": plain}))
	in := Closing{Pane: paneOf(t, plan, m, rowsOf{"BR": shifted, "PT": plain}), Reference: ref}
	w := m.Evaluate(in)
	for segment, want := range map[string]string{
		"":     "> 179: 10 % → 35 %, <= 19: 10 % → 5 %, (19, 39]: 10 % → 5 %, (39, 59]: 10 % → 5 %, (59, 79]: 10 % → 5 %",
		"c=BR": "> 179: 10 % → 60 %, <= 19: 10 % → 0 %, (19, 39]: 10 % → 0 %, (39, 59]: 10 % → 0 %, (59, 79]: 10 % → 0 %",
		"c=PT": "",
	} {
		s := segmentNamed(w, segment)
		if got := checks.MovedText(s.Fields[0].Moved); got != want {
			t.Errorf("segment %q: %s\nwant %s", segment, got, want)
		}
		if got := s.Fields[1].Moved; got != nil {
			t.Errorf("segment %q: the country moved: %v", segment, got)
		}
	}
	in.Partial = true
	if got := m.Evaluate(in).Whole().Fields[0].Moved; got != nil {
		t.Errorf("in a partial window: %v", got)
	}
}

// device is a row of a stream that has two ways to be cut.
type device struct {
	country, device string
	x               float64
}

// byCountryAndDevice is a monitor with segments by country, and by both.
func byCountryAndDevice(t *testing.T, limit int) (*Plan, *Monitor) {
	return watched(t, func(s *Spec) {
		s.Segments, s.MaxSegments, s.Checks = [][]string{{"c"}, {"c", "d"}}, limit, []Check{{Name: "psi"}, {Name: "ks"}}
		s.Fields = append(s.Fields, Field{Name: "d", Type: profile.Category})
		s.Fields[1].Allowed = nil
	})
}

// paneOfDevices counts 300 rows of each of four countries and three devices, and
// more of one.
func paneOfDevices(t *testing.T, p *Plan, m *Monitor, change func(r *device)) *Pane {
	f, pane := newFeeder(t, p), m.NewPane(0)
	for _, c := range []string{"BR", "DE", "PT", "US"} {
		for _, d := range []string{"android", "ios", "web"} {
			n := 300
			if c == "BR" && d == "ios" {
				n = 1500
			}
			for i := range n {
				r := device{c, d, float64(i % 300)}
				change(&r)
				f.feed(pane, fmt.Sprintf(`{"c":%q,"d":%q,"x":%v}`, r.country, r.device, r.x))
			}
		}
	}
	return pane
}

func unchanged(*device) {}

// TestExplainedBySegment plants changes and asks which segment they are in.
func TestExplainedBySegment(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(r *device)
		want   string
	}{
		{"one country", func(r *device) {
			if r.country == "BR" {
				r.x += 300
			}
		}, "c=BR"},
		{"one device of one country", func(r *device) {
			if r.country == "BR" && r.device == "ios" {
				r.x += 1000
			}
		}, "c=BR,d=ios"},
		{"everywhere", func(r *device) { r.x += 150 }, ""},
		{"two countries alike", func(r *device) {
			if r.country == "DE" || r.country == "US" {
				r.x += 300
			}
		}, ""},
		{"nowhere", unchanged, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, m := byCountryAndDevice(t, 20)
			ref := baselineOf(t, paneOfDevices(t, plan, m, unchanged))
			w := m.Evaluate(Closing{Pane: paneOfDevices(t, plan, m, tt.change), Reference: ref})
			e := w.Whole().Fields[0].ExplainedBy
			got := ""
			if e != nil {
				got = e.Segment
				if e.Check != "psi" || e.Without >= e.Effect/2 || math.Abs(e.Effect-*w.Whole().Fields[0].Checks["psi"].Effect) > 1e-12 {
					t.Errorf("%+v", *e)
				}
			}
			if got != tt.want {
				t.Errorf("explained by %q, want %q", got, tt.want)
			}
			for _, s := range w.Segments[1:] {
				if s.Fields[0].ExplainedBy != nil {
					t.Errorf("segment %s is explained too", s.Name)
				}
			}
		})
	}
}

// TestExplainedBesideOther: segments beyond the limit are one, which can explain
// a change like any other.
func TestExplainedBesideOther(t *testing.T) {
	plan, m := byCountryAndDevice(t, 2)
	ref := baselineOf(t, paneOfDevices(t, plan, m, unchanged))
	kept := map[string]bool{}
	for _, name := range paneOfDevices(t, plan, m, unchanged).names() {
		kept[name] = true
	}
	for _, country := range []string{"BR", "DE", "PT", "US"} {
		w := m.Evaluate(Closing{Reference: ref, Pane: paneOfDevices(t, plan, m, func(r *device) {
			if r.country == country {
				r.x += 1000
			}
		})})
		want := "c=<other>"
		if kept["c="+country] {
			want = "c=" + country
		}
		if e := w.Whole().Fields[0].ExplainedBy; e == nil || e.Segment != want {
			t.Errorf("a change in %s is explained by %+v, want %s", country, e, want)
		}
	}
}

// TestExplainedWithoutSegmentsInTheReference: each is left out of the window
// alone.
func TestExplainedWithoutSegmentsInTheReference(t *testing.T) {
	plan, m := byCountryAndDevice(t, 20)
	ref := baselineOf(t, paneOfDevices(t, plan, m, unchanged))
	for name := range ref.segments {
		if name != "" {
			delete(ref.segments, name)
		}
	}
	w := m.Evaluate(Closing{Reference: ref, Pane: paneOfDevices(t, plan, m, func(r *device) {
		if r.country == "PT" {
			r.x += 1000
		}
	})})
	if e := w.Whole().Fields[0].ExplainedBy; e == nil || e.Segment != "c=PT" {
		t.Errorf("explained by %+v", e)
	}
}

func TestSegmentsOfALimiter(t *testing.T) {
	one, two := newLimiter(nil, []string{"c"}, 1), newLimiter(nil, []string{"c", "d"}, 1)
	for name, want := range map[string][2]bool{
		"": {}, "c=BR": {true, false}, "c=BR,d=ios": {false, true}, `c=a\,d=b`: {true, false}, `c=a\,b,d=x`: {false, true},
		"c=": {true, false}, "c=,d=": {false, true}, "c=<other>": {true, false}, "c,d=<other>": {false, true},
		"d=ios": {}, "cc=BR": {}, "c=BR,d=ios,e=1": {}, `c=a\`: {true, false},
	} {
		if got := [2]bool{one.owns(name), two.owns(name)}; got != want {
			t.Errorf("%q belongs to %v, want %v", name, got, want)
		}
	}
}

// TestExplainedByTheOnlySegment: without it no row is left, so nothing is claimed
// of it; one that is gone from the window may be what explains it.
func TestExplainedByTheOnlySegment(t *testing.T) {
	plan, m := watched(t, func(s *Spec) { s.Checks = []Check{{Name: "psi"}} })
	both := baselineOf(t, paneOf(t, plan, m, rowsOf{"BR": plain, "PT": shifted}))
	whole := baselineOf(t, paneOf(t, plan, m, rowsOf{"BR": plain}))
	for name := range whole.segments {
		if name != "" {
			delete(whole.segments, name)
		}
	}
	far := func(i int) float64 { return float64(i + 1000) }
	for name, tt := range map[string]struct {
		rows rowsOf
		ref  *Baseline
		want string
	}{
		"one segment, not known to the reference": {rowsOf{"BR": far}, whole, ""},
		"a country stops sending":                 {rowsOf{"BR": plain}, both, "c=PT"},
		"the one that is left has changed":        {rowsOf{"BR": far}, both, ""},
	} {
		got := ""
		if e := m.Evaluate(Closing{Pane: paneOf(t, plan, m, tt.rows), Reference: tt.ref}).Whole().Fields[0].ExplainedBy; e != nil {
			got = e.Segment
		}
		if got != tt.want {
			t.Errorf("%s: explained by %q, want %q", name, got, tt.want)
		}
	}
}
