package metrics

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/source"
	"driftwatch/rules"
)

const openMetrics = "application/openmetrics-text; version=1.0.0"

// someLatencies are of what the snapshot of the tests has.
func someLatencies() *Latencies {
	l, w := NewLatencies(), snapshottest.Window("churn", 3)
	l.Shown("churn-features", w, 12*time.Second)
	l.Shown("churn-features", w, 2*time.Hour)
	l.Fetched("churn-features", source.Partition{Topic: "churn.features", ID: 2}, 617280, 30*time.Millisecond)
	l.Evaluated(w, 40*time.Millisecond)
	l.Stepped(w, 200*time.Microsecond)
	l.Committed(4 * time.Millisecond)
	l.Attempted("ml-team", &rules.Alert{Monitor: "churn", Name: "FeatureDrift"}, 700*time.Millisecond)
	return l
}

// sortExemplars puts the labels of exemplars, which come in any order, into one.
func sortExemplars(text string) string {
	return regexp.MustCompile(`# \{[^}]*`).ReplaceAllStringFunc(text, func(s string) string {
		labels := strings.Split(s[len("# {"):], ",")
		slices.Sort(labels)
		return "# {" + strings.Join(labels, ",")
	})
}

func latenciesOf(l *Latencies, s *snapshot.Snapshot) prometheus.Collector {
	return latencyCollector{l, func() *snapshot.Snapshot { return s }}
}

func TestLatencies(t *testing.T) {
	got := sortExemplars(scrape(t, latenciesOf(someLatencies(), snapshottest.New()), openMetrics))
	for _, line := range []string{
		"# TYPE driftwatch_window_delay_seconds histogram",
		`driftwatch_window_delay_seconds_bucket{stream="churn-features",le="5.0"} 0`,
		`driftwatch_window_delay_seconds_bucket{stream="churn-features",le="15.0"} 1 # {monitor="churn",window_end="2026-01-02T13:00:00Z"} 12.0 `,
		`driftwatch_window_delay_seconds_bucket{stream="churn-features",le="21600.0"} 2 # {monitor="churn",window_end="2026-01-02T13:00:00Z"} 7200.0 `,
		`driftwatch_window_delay_seconds_count{stream="churn-features"} 2`,
		`driftwatch_window_delay_seconds_count{stream="churn-scores"} 0`,
		`driftwatch_fetch_duration_seconds_bucket{stream="churn-features",le="0.05"} 1 # {offset="617280",partition="2"} 0.03 `,
		`driftwatch_window_evaluation_duration_seconds_sum 0.04`,
		`driftwatch_rules_evaluation_duration_seconds_bucket{le="0.0005"} 1 # {monitor="churn",window_end="2026-01-02T13:00:00Z"} 0.0002 `,
		`driftwatch_store_commit_duration_seconds_bucket{le="0.005"} 1`,
		`driftwatch_notification_duration_seconds_bucket{receiver="ml-team",le="1.0"} 1 # {alert="FeatureDrift",monitor="churn"} 0.7 `,
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no %s", line)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	if got := scrape(t, latenciesOf(someLatencies(), snapshottest.New()), "text/plain"); strings.Contains(got, "window_end") {
		t.Error("exemplars in a format that has none")
	}
}

func TestLatenciesAreNative(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(latenciesOf(someLatencies(), snapshottest.New()))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(families) != 6 {
		t.Errorf("%d families", len(families))
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h.GetSchema() != 3 || len(h.GetBucket()) != 9 || h.GetSampleCount() > 0 && len(h.GetPositiveSpan()) == 0 {
				t.Errorf("%s: schema %d, %d classic buckets, spans %v", f.GetName(), h.GetSchema(), len(h.GetBucket()), h.GetPositiveSpan())
			}
		}
	}
}

// What is gone has no latencies; when it comes back they go on.
func TestLatenciesOfWhatIsGone(t *testing.T) {
	l, s := someLatencies(), snapshottest.New()
	gone := *s
	gone.Streams, gone.Notified = s.Streams[1:], nil
	if got := scrape(t, latenciesOf(l, &gone), ""); strings.Contains(got, "churn-features") || strings.Contains(got, "ml-team") {
		t.Errorf("still there:\n%s", got)
	}
	if got := scrape(t, latenciesOf(l, s), ""); !strings.Contains(got, `driftwatch_window_delay_seconds_count{stream="churn-features"} 2`) {
		t.Errorf("they do not go on:\n%s", got)
	}
}

func TestLatencyNames(t *testing.T) {
	problems, err := testutil.CollectAndLint(latenciesOf(someLatencies(), snapshottest.New()))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// The names of an exemplar may have 128 characters together.
func TestExemplarsFit(t *testing.T) {
	const others = len("monitor" + "window_end" + "2026-01-02T13:00:00Z")
	w := snapshottest.Window("", 3)
	for n, kept := range map[int]bool{128 - others: true, 129 - others: false} {
		w.Monitor = strings.Repeat("ü", n)
		l := NewLatencies()
		l.Evaluated(w, time.Second)
		got := scrape(t, latenciesOf(l, &snapshot.Snapshot{}), openMetrics)
		if strings.Contains(got, w.Monitor) != kept {
			t.Errorf("a name of %d characters: kept %v, want %v", n, !kept, kept)
		}
		if !strings.Contains(got, "driftwatch_window_evaluation_duration_seconds_count 1\n") {
			t.Errorf("a name of %d characters: the window is not counted", n)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	l, w := NewLatencies(), snapshottest.Window("churn", 3)
	b.ReportAllocs()
	for b.Loop() {
		l.Shown("churn-features", w, 12*time.Second)
	}
}
