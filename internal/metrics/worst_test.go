package metrics

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
)

// result is one with a verdict, so many times beyond the floor of psi.
func result(beyond float64, drift bool) map[string]checks.Result {
	floor, _ := checks.Find("psi")
	return map[string]checks.Result{"psi_20": {Value: beyond, Effect: new(beyond * floor.Floor), PValue: new(0.5), Drift: &drift}}
}

// windowOf makes a window of segments with fields: "a 3 drift" is three times beyond
// the floor.
func windowOf(segments map[string][]string) *checks.Window {
	w := &checks.Window{Monitor: "m"}
	for _, name := range []string{"", "c=BR", "c=PT"} {
		fields, ok := segments[name]
		if !ok {
			continue
		}
		s := checks.Segment{Name: name, Checks: map[string]checks.Result{"volume": {Value: 1}}}
		for _, text := range fields {
			var field, drift string
			var beyond float64
			_, _ = fmt.Sscan(text, &field, &beyond, &drift) // the last word may be missing
			s.Fields = append(s.Fields, checks.Field{Name: field, Checks: result(beyond, drift != "")})
		}
		w.Segments = append(w.Segments, s)
	}
	return w
}

// names are those of parts, in their order: segment/field.
func names(parts []part) (all []string) {
	for _, p := range parts {
		all = append(all, p.segment+"/"+p.field)
	}
	return all
}

func TestWorst(t *testing.T) {
	// A field has three series, a segment two beside its fields.
	for name, tc := range map[string]struct {
		segments map[string][]string
		before   []partName
		limit    int
		want     string
		leftOut  int
	}{
		"all fit":                       {segments: map[string][]string{"": {"a 1", "b 2 drift"}}, limit: 8, want: "/ /a /b"},
		"no limit":                      {segments: map[string][]string{"": {"a 1", "b 2 drift"}}, want: "/ /a /b"},
		"drift first":                   {segments: map[string][]string{"": {"a 9", "b 2 drift"}}, limit: 7, want: "/ /b", leftOut: 3},
		"the greater drift first":       {segments: map[string][]string{"": {"a 2 drift", "b 3 drift"}}, limit: 7, want: "/ /b", leftOut: 3},
		"the whole stream first":        {segments: map[string][]string{"": {"a 1", "b 2 drift"}, "c=BR": {"a 9 drift", "b 8"}}, limit: 8, want: "/ /b c=BR/a", leftOut: 8},
		"drift in a segment goes first": {segments: map[string][]string{"": {"a 1"}, "c=BR": {"a 2 drift"}}, limit: 7, want: "/ c=BR/a", leftOut: 5},
		"equal ones by name":            {segments: map[string][]string{"": {"b 1", "a 1"}, "c=PT": {"a 1"}, "c=BR": {"a 1"}}, limit: 11, want: "/ /a /b c=BR/a", leftOut: 7},
		"calm ones stay": {
			segments: map[string][]string{"": {"a 0.9", "b 0.1"}}, before: []partName{{"", "b"}}, limit: 6, want: "/ /b", leftOut: 3,
		},
		"calm ones go for drift": {
			segments: map[string][]string{"": {"a 1 drift", "b 0.1"}}, before: []partName{{"", "b"}}, limit: 6, want: "/ /a", leftOut: 3,
		},
		"drifting ones stay": {
			segments: map[string][]string{"": {"a 3.9 drift", "b 2 drift"}}, before: []partName{{"", "b"}}, limit: 6, want: "/ /b", leftOut: 3,
		},
		"drifting ones go for what is twice as far": {
			segments: map[string][]string{"": {"a 4.1 drift", "b 2 drift"}}, before: []partName{{"", "b"}}, limit: 6, want: "/ /a", leftOut: 3,
		},
		"not even one": {segments: map[string][]string{"": {"a 1", "b 2 drift"}}, limit: 1, want: "", leftOut: 8},
	} {
		t.Run(name, func(t *testing.T) {
			before := map[partName]bool{}
			for _, p := range tc.before {
				before[p] = true
			}
			kept, leftOut := worst(partsOf(windowOf(tc.segments)), before, tc.limit)
			if got := strings.Join(names(kept), " "); got != tc.want || leftOut != tc.leftOut {
				t.Errorf("kept %q, %d series left out; want %q, %d", got, leftOut, tc.want, tc.leftOut)
			}
		})
	}
}

// TestPartsAreCounted: the limit is on what is exported.
func TestPartsAreCounted(t *testing.T) {
	d := newDescs()
	w := snapshottest.Window("churn", 11)
	w.Segments[0].Fields[0].Checks["psi"] = checks.Redaction{w.Segments[0].Fields[0].Name: true}.Window(w).Segments[0].Fields[0].Checks["psi"]
	for _, p := range partsOf(w) {
		n, s := 0, windowSeries{window: w, metrics: map[*prometheus.Desc][]*dto.Metric{}}
		s.addPart(&d, labels{}, &p)
		for _, metrics := range s.metrics {
			n += len(metrics)
		}
		if n != p.series {
			t.Errorf("%q has %d series, and %d are counted", p.partName, n, p.series)
		}
	}
}

// The same window keeps the same, in whatever order its parts come, and nothing that
// is left out is worse than what is kept.
func TestWorstIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var fields []string
		for i := range rapid.IntRange(1, 8).Draw(t, "fields") {
			fields = append(fields, fmt.Sprintf("f%d %v%s", i, rapid.IntRange(0, 3).Draw(t, "beyond"), rapid.SampledFrom([]string{"", " drift"}).Draw(t, "drift")))
		}
		before := map[partName]bool{}
		for i := range rapid.IntRange(0, 8).Draw(t, "before") {
			before[partName{"", fmt.Sprintf("f%d", i)}] = true
		}
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		parts := partsOf(windowOf(map[string][]string{"": fields, "c=BR": fields}))
		kept, leftOut := worst(slices.Clone(parts), before, limit)
		slices.Reverse(parts)
		again, _ := worst(slices.Clone(parts), before, limit)
		got, want := names(kept), names(again)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("kept %v, in another order %v", got, want)
		}
		sum, driftLeft := 0, false
		for _, p := range kept {
			sum += p.series
		}
		if sum > limit {
			t.Errorf("%d series of at most %d", sum, limit)
		}
		total := 0
		for _, p := range parts {
			total += p.series
			p.rank(floors())
			driftLeft = driftLeft || p.drift && !slices.Contains(got, p.segment+"/"+p.field)
		}
		if total-sum != leftOut {
			t.Errorf("%d of %d series kept, and %d left out", sum, total, leftOut)
		}
		for _, p := range kept {
			if driftLeft && !p.drift && p.field != "" {
				t.Errorf("%q is kept, and one that drifts is left out", p.partName)
			}
		}
	})
}

// A scrape hands on the series that were made when the window closed, and says what
// is not among them; the log says it once.
func TestSeriesAreLeftOut(t *testing.T) {
	var log strings.Builder
	s := &snapshot.Snapshot{Monitors: []snapshot.Monitor{{
		Name: "m", MaxSeries: 7, Newest: windowOf(map[string][]string{"": {"a 1", "b 2 drift", "c 1"}}),
	}}}
	c := collectorOf(s)
	c.o.Log = slog.New(slog.NewTextHandler(&log, nil))
	want := func(leftOut string, fields ...string) {
		t.Helper()
		c.Prepare(s)
		got := scrape(t, c, "text/plain")
		if !strings.Contains(got, `driftwatch_series_left_out{monitor="m"} `+leftOut+"\n") {
			t.Errorf("no %s series left out in\n%s", leftOut, got)
		}
		for _, f := range []string{"a", "b", "c"} {
			if strings.Contains(got, `field="`+f+`"`) != slices.Contains(fields, f) {
				t.Errorf("field %s is or is not in\n%s", f, got)
			}
		}
	}
	want("6", "b")
	s.Monitors[0].MaxSeries = 10
	want("3", "a", "b")
	s.Monitors[0].Newest = windowOf(map[string][]string{"": {"a 1", "b 1", "c 5"}})
	want("3", "a", "b")
	if s.Monitors[0].LeftOut != 3 {
		t.Errorf("the snapshot says %d", s.Monitors[0].LeftOut)
	}
	s.Monitors[0].MaxSeries = 0
	want("0", "a", "b", "c")
	if n := strings.Count(log.String(), "\n"); n > 1 {
		t.Errorf("the log says it %d times:\n%s", n, log.String())
	}
	s.Monitors[0].MaxSeries = 7
	want("6", "c") // all were exported, and nothing drifts
	if n := strings.Count(log.String(), "left_out=6"); n != 1 {
		t.Errorf("the log says it %d times:\n%s", n, log.String())
	}
}

// TestScrapeWalks: however many series there are, a scrape makes and sorts none of
// them: it hands on what was made for the one before.
func TestScrapeWalks(t *testing.T) {
	families := func(g prometheus.Gatherer) (all []*dto.MetricFamily, series int) {
		all, err := g.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			series += len(f.GetMetric())
		}
		return all, series
	}
	wide := gather(collectorOf(largeSnapshot()))
	first, _ := families(wide)
	again, series := families(wide)
	handedOn := 0
	for _, f := range again {
		if slices.Contains(first, f) {
			handedOn += len(f.GetMetric())
		}
	}
	if made := series - handedOn; handedOn < 9990 || made > 60 {
		t.Errorf("%d series were handed on, %d made anew", handedOn, made)
	}
}

// A window that closes replaces the series of its monitor, and of no other.
func TestPrepareMakesWhatIsNew(t *testing.T) {
	s := snapshottest.New()
	c := collectorOf(s)
	before := c.windows.Load()
	c.Prepare(s)
	if c.windows.Load() != before {
		t.Error("series are made anew of a snapshot with the same windows")
	}
	s.Monitors[0].Newest = snapshottest.Window("churn", 5)
	c.Prepare(s)
	after := c.windows.Load()
	if after.monitors["churn"] == before.monitors["churn"] || after.monitors[snapshottest.Odd] != before.monitors[snapshottest.Odd] {
		t.Errorf("the series before %v, after %v", before.monitors, after.monitors)
	}
	s.Monitors = s.Monitors[1:]
	c.Prepare(s)
	if after := c.windows.Load(); after.monitors["churn"] != nil || len(after.families) == 0 {
		t.Errorf("the series of what is left are %v", after.monitors)
	}
}
