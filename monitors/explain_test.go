package monitors

import (
	"testing"

	"driftwatch/monitors/checks"
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
