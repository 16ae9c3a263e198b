package web

import (
	"slices"
	"strings"
	"testing"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
)

// TestFindings changes the made-up monitor and looks at what is said of it.
func TestFindings(t *testing.T) {
	calm := func(m *snapshot.Monitor, _ *snapshot.Stream) {
		for _, w := range m.Windows {
			for i := range w.Segments {
				w.Segments[i].Fields = slices.DeleteFunc(w.Segments[i].Fields, func(f checks.Field) bool {
					return f.Name == "monthly_charges" || f.Name == "contract" || f.Name == "tenure"
				})
			}
		}
	}
	usual := func(m *snapshot.Monitor, s *snapshot.Stream) {
		m.Last().Whole().Checks["volume"] = checks.Result{Value: 5407, Low: 5407, High: 5407, Drift: new(false)}
		m.Late = 0
		*s = snapshot.Stream{Name: s.Name}
	}
	for _, tc := range []struct {
		name    string
		change  []func(*snapshot.Monitor, *snapshot.Stream)
		verdict cause
		says    string
	}{
		{"values and nulls", nil, causeBoth, "Since 2 Jan 17:00 (4 windows): monthly_charges drifted (psi 0.420)."},
		{"a limit", nil, causeBoth, "Since 2 Jan 20:00 (1 window): tenure is outside your limit (nulls 8 %)."},
		{"what was lost", nil, causeBoth, "36 could not be used, 17 late, 12 lost; 20 records to read."},
		{"nothing", []func(*snapshot.Monitor, *snapshot.Stream){calm, usual}, causeNone, "Pipeline: 5\u202f407 rows, as usual; no record was bad, late or lost."},
		{"values only", []func(*snapshot.Monitor, *snapshot.Stream){usual, func(m *snapshot.Monitor, _ *snapshot.Stream) {
			m.Last().Whole().Fields[1].Checks["nulls"] = checks.Result{Drift: new(false)}
		}}, causeData, "nothing points at the pipeline"},
		{"rows", []func(*snapshot.Monitor, *snapshot.Stream){calm, func(m *snapshot.Monitor, _ *snapshot.Stream) {
			m.Last().Whole().Checks["volume"] = checks.Result{Value: 5407, Low: 5407, High: 5407, Drift: new(true)}
		}}, causePipeline, "not all as usual: see volume"},
		{"nulls explain the distance", []func(*snapshot.Monitor, *snapshot.Stream){func(m *snapshot.Monitor, _ *snapshot.Stream) {
			m.Last().Whole().Fields[0].Checks["nulls"] = checks.Result{Value: 0.5, Low: 0.5, High: 0.5, Drift: new(true)}
		}}, causeBoth, "Since 2 Jan 20:00 (1 window): monthly_charges drifted (nulls 50 %)"},
		{"in a segment only", []func(*snapshot.Monitor, *snapshot.Stream){calm, func(m *snapshot.Monitor, _ *snapshot.Stream) {
			psi := checks.Result{Value: 0.7, Low: 0.7, High: 0.7, Drift: new(true), Effect: new(0.7)}
			for _, w := range m.Windows[5:] {
				w.Segments[1].Fields = []checks.Field{{Name: "score", Type: "number", Checks: map[string]checks.Result{"psi": psi}}}
			}
		}}, causeData, "Since 2 Jan 14:00 (7 windows): score drifted (psi 0.700), in country=BR only."},
		{"a window that was not judged", []func(*snapshot.Monitor, *snapshot.Stream){func(m *snapshot.Monitor, _ *snapshot.Stream) {
			m.Windows[9].Whole().Fields[0].Checks = map[string]checks.Result{"psi": {Skipped: "too few rows"}}
		}}, causeBoth, "Since 2 Jan 17:00 (3 windows): monthly_charges"},
		{"mostly in a segment", []func(*snapshot.Monitor, *snapshot.Stream){func(m *snapshot.Monitor, _ *snapshot.Stream) {
			m.Last().Whole().Fields[0].ExplainedBy = &checks.Explanation{Segment: "country=BR", Check: "psi", Effect: 0.4, Without: 0.1}
		}}, causeBoth, "monthly_charges drifted (psi 0.420), mostly in country=BR."},
		{"redacted", []func(*snapshot.Monitor, *snapshot.Stream){func(m *snapshot.Monitor, _ *snapshot.Stream) {
			m.Last().Whole().Fields[0].Checks = map[string]checks.Result{"mean": checks.Result{Value: 1, Drift: new(true)}.WithoutValues("mean")}
		}}, causeBoth, "monthly_charges drifted (mean)."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := snapshottest.New()
			for _, change := range tc.change {
				change(&s.Monitors[0], &s.Streams[0])
			}
			h := &handler{o: optionsOf(s)}
			f, err := h.findings(s, &s.Monitors[0])
			if err != nil || f.Verdict != tc.verdict || !strings.Contains(strings.Join(f.Words, "\n"), tc.says) {
				t.Errorf("%v %q, want %q and %q in\n%s", err, f.Verdict, tc.verdict, tc.says, strings.Join(f.Words, "\n"))
			}
		})
	}
}
