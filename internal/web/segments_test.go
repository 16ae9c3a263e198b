package web

import (
	"strings"
	"testing"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

// TestWorstSegment: drift that all records hide is named where all monitors are.
func TestWorstSegment(t *testing.T) {
	field := func(effect float64) []checks.Field {
		drift := effect > 0.1
		return []checks.Field{{Name: "charge", Type: "number", Checks: map[string]checks.Result{"ks": {Value: effect, Effect: &effect, Drift: &drift}}}}
	}
	segments := []checks.Segment{
		{Fields: field(0.02)}, {Name: "country=BR", Fields: field(0.01)},
		{Name: "country=MX", Fields: field(0.2)}, {Name: "country=MX,device=android", Fields: field(0.45)},
	}
	show := func(segments []checks.Segment) string {
		s := &snapshot.Snapshot{Monitors: []snapshot.Monitor{{Name: "m", Fields: 1, Windows: []*checks.Window{{Monitor: "m", Segments: segments}}}}}
		return call(Handler(optionsOf(s), nil), "GET", "/").Body.String()
	}
	for want, segments := range map[string][]checks.Segment{
		"No field drifted in all records</p>\n  <p class=\"dim\">Worst: <b>charge</b> in country=MX,device=android, ks 0.45</p>": segments,
		"No field drifted</p>\n  <p class=\"dim\">Nothing to look at</p>":                                                        segments[:2],
	} {
		if got := show(segments); !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}
