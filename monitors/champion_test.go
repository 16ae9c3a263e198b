package monitors

import (
	"fmt"
	"slices"
	"testing"
)

func TestChampion(t *testing.T) {
	p, m := testMonitor(t, func(s *Spec) {
		s.Segments, s.MaxSegments = [][]string{{"c"}, {"b"}, {"c", "b"}}, 10
		s.Fields[2].Allowed = nil
		s.Reference = Reference{Segment: []Condition{{Field: "c", Value: "v=2"}}}
	})
	f, pane := newFeeder(t, p), m.NewPane(0)
	for i := range 300 {
		f.feed(pane, fmt.Sprintf(`{"c":"v=2","b":true,"x":%d}`, i%100))
		f.feed(pane, fmt.Sprintf(`{"c":"v=3","b":true,"x":%d}`, i%100))
		f.feed(pane, fmt.Sprintf(`{"c":"v=4","b":%v,"x":%d}`, i%2 == 0, i%100+50))
	}
	w := m.Evaluate(Closing{Pane: pane})
	const others = "the reference is a segment by other fields"
	for segment, want := range map[string]string{
		"":               "all records hold the reference too",
		`c=v\=2`:         "it is the reference",
		`c=v\=3`:         "false",
		`c=v\=4`:         "true",
		"b=true":         others,
		"b=false":        others,
		`c=v\=2,b=true`:  "it is the reference",
		`c=v\=3,b=true`:  "false",
		`c=v\=4,b=false`: `the window has no segment c=v\=2,b=false to compare with`,
	} {
		if segmentNamed(w, segment) == nil {
			t.Errorf("there is no segment %s", segment)
		} else if got := outcome(w, segment, "ks"); got != want {
			t.Errorf("ks of %s: %s, want %s", segment, got, want)
		}
	}
	if got := segmentNamed(w, `c=v\=4`).Fields[2].Checks["psi"].Skipped; got != "the segment is made by this field" {
		t.Errorf("the field of the segment: %s", got)
	}
	if ref := segmentNamed(w, `c=v\=3`).Fields[0].Reference; ref == nil || ref.Rows != 300 {
		t.Errorf("the reference of a challenger is %+v", ref)
	}
}

// The champion is kept whatever the limit, so that it is there to compare with.
func TestChampionStays(t *testing.T) {
	p, m := watched(t, func(s *Spec) {
		s.MaxSegments, s.Fields[1].Allowed = 1, nil
		s.Reference = Reference{Segment: []Condition{{Field: "c", Value: "v7"}}}
	})
	f, pane := newFeeder(t, p), m.NewPane(0)
	for i := range 20 {
		f.feed(pane, fmt.Sprintf(`{"c":"v%d","x":1}`, i))
	}
	if !slices.Contains(pane.names(), "c=v7") || len(pane.names()) != 4 {
		t.Errorf("segments %q, want the champion, one more and the rest", pane.names())
	}
}

func TestShape(t *testing.T) {
	_, m := testMonitor(t, nil)
	for name, c := range map[string]struct {
		same   bool
		change func(*Spec)
	}{
		"alpha":     {true, func(s *Spec) { s.Alpha = 0.1 }},
		"reference": {true, func(s *Spec) { s.Reference.Trailing = 1 }},
		"role":      {true, func(s *Spec) { s.Fields[0].Role = Label }},
		"checks":    {true, func(s *Spec) { s.Checks = []Check{{Name: "ks"}} }},
		"type":      {false, func(s *Spec) { s.Fields[2].Type = 4 }},
		"field":     {false, func(s *Spec) { s.Fields = s.Fields[:4] }},
		"limit":     {false, func(s *Spec) { s.Fields[0].Min = nil }},
		"coerce":    {false, func(s *Spec) { s.Fields[0].Coerce = true }},
		"where":     {false, func(s *Spec) { s.Where = []Condition{{"b", "true"}} }},
		"segments":  {false, func(s *Spec) { s.Segments = s.Segments[:1] }},
		"champion":  {false, func(s *Spec) { s.Reference.Segment = []Condition{{"c", "a"}} }},
		"buckets":   {false, func(s *Spec) { s.Buckets = 32 }},
	} {
		_, other := testMonitor(t, c.change)
		if (other.shape == m.shape) != c.same {
			t.Errorf("another %s: the same shape %v, want %v", name, !c.same, c.same)
		}
		_, err := other.DecodePane(encode(t, m.NewPane(0)))
		if (err == nil) != c.same {
			t.Errorf("another %s: decoding its pane: %v", name, err)
		}
	}
}
