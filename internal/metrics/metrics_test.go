package metrics

import (
	"bytes"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

var update = flag.Bool("update", false, "write the golden file")

func collectorOf(s *snapshot.Snapshot) *Collector {
	c := NewCollector(Options{
		Snapshot: func() *snapshot.Snapshot { return s },
		Now:      func() time.Time { return time.Date(2026, 1, 2, 21, 10, 0, 0, time.UTC) },
		Build:    Build{Version: "1.2.3", Revision: "abc", Go: "go1.26"},
		Log:      slog.New(slog.DiscardHandler), Latencies: NewLatencies(),
	})
	c.Prepare(s)
	return c
}

// gather is as the daemon gathers, of one collector.
func gather(c prometheus.Collector) prometheus.Gatherer {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	if c, ok := c.(*Collector); ok {
		return gatherer{r, c}
	}
	return r
}

func scrape(t *testing.T, c prometheus.Collector, accept string) string {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	Handler(gather(c)).ServeHTTP(w, req)
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestExposition(t *testing.T) {
	const golden = "testdata/exposition.txt"
	got := scrape(t, collectorOf(snapshottest.New()), "text/plain")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the exposition changed (run with -update to accept):\n%s", got)
	}
}

func TestOpenMetrics(t *testing.T) {
	got := scrape(t, collectorOf(snapshottest.New()), "application/openmetrics-text; version=1.0.0")
	if !strings.HasSuffix(got, "# EOF\n") || !strings.Contains(got, "# TYPE driftwatch_records counter") {
		t.Errorf("not OpenMetrics:\n%s", got)
	}
}

func TestLint(t *testing.T) {
	problems, err := testutil.GatherAndLint(gather(collectorOf(snapshottest.New())))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestNames holds the public names and labels, each of which dashboards use.
func TestNames(t *testing.T) {
	got := scrape(t, collectorOf(snapshottest.New()), "text/plain")
	for _, series := range []string{
		`driftwatch_check_value{check="psi",field="contract",monitor="churn",segment=""} 0.31`,
		`driftwatch_check_p_value{check="psi",field="contract",monitor="churn",segment=""} 3e-12`,
		`driftwatch_check_drift{check="psi",field="contract",monitor="churn",segment=""} 1`,
		`driftwatch_check_drift{check="psi",field="tenure",monitor="churn",segment=""} 0`,
		`driftwatch_window_rows{monitor="churn",segment="country=BR"} 911`,
		`driftwatch_window_end_timestamp_seconds{monitor="churn"} 1.7673876e+09`,
		`driftwatch_monitor_info{monitor="churn",stream="churn-features"} 1`,
		`driftwatch_monitor_window_seconds{monitor="churn"} 3600`,
		`driftwatch_page_info{url="http://drift.example"} 1`,
		`driftwatch_windows_total{monitor="churn"} 112`,
		`driftwatch_windows_total{monitor="churn-quiet"} 0`,
		`driftwatch_alerts{alert="FeatureDrift",monitor="churn",severity="warning",state="firing"} 2`,
		`driftwatch_alerts{alert="TooManyNulls",monitor="churn",severity="critical",state="pending"} 1`,
		`driftwatch_records_total{stream="churn-features"} 1.234567e+06`,
		`driftwatch_bytes_total{stream="churn-features"} 4.0740711e+08`,
		`driftwatch_record_errors_total{reason="json",stream="churn-features"} 31`,
		`driftwatch_late_records_total{monitor="churn"} 17`,
		`driftwatch_amended_records_total{monitor="churn"} 5`,
		`driftwatch_window_revision{monitor="churn"} 3`,
		`driftwatch_lost_records_total{stream="churn-features"} 12`,
		`driftwatch_lag_records{partition="0",stream="churn-features"} 20`,
		`driftwatch_notifications_total{receiver="ml-team"} 4`,
		`driftwatch_notification_failures_total{reason="timeout",receiver="ml-team"} 2`,
		`driftwatch_outbox_events 1`,
		`driftwatch_config_last_reload_successful 1`,
		`driftwatch_config_last_reload_success_timestamp_seconds 1.76734437e+09`,
		`driftwatch_rules_info{revision="3f2a9c"} 1`,
		`driftwatch_build_info{goversion="go1.26",revision="abc",version="1.2.3"} 1`,
		// The oldest of the partitions' newest times, five minutes after 21:00.
		`driftwatch_freshness_seconds{stream="churn-features"} 300`,
	} {
		if !strings.Contains(got, series+"\n") {
			t.Errorf("no %s", series)
		}
	}
	for _, absent := range []string{
		`check="volume"`,   // skipped
		`state="resolved"`, // not an alert any more
		`driftwatch_freshness_seconds{stream="churn-scores"}`,            // nothing read yet
		`driftwatch_window_end_timestamp_seconds{monitor="churn-quiet"}`, // no window yet
	} {
		if strings.Contains(got, absent) {
			t.Errorf("%s is there", absent)
		}
	}
}

// TestSeriesEnd is why the metrics are constant ones made from the snapshot.
func TestSeriesEnd(t *testing.T) {
	s := snapshottest.New()
	c := collectorOf(s)
	if !strings.Contains(scrape(t, c, ""), `monitor="churn"`) {
		t.Fatal("no series to begin with")
	}
	s.Monitors, s.Alerts = s.Monitors[1:2], nil
	c.Prepare(s)
	if got := scrape(t, c, ""); strings.Contains(got, `monitor="churn"`) || strings.Contains(got, "driftwatch_alerts") {
		t.Errorf("series of what is gone:\n%s", got)
	}
}

func TestInvalidUTF8(t *testing.T) {
	s := &snapshot.Snapshot{Monitors: []snapshot.Monitor{{Name: "m", Newest: &checks.Window{
		Monitor: "m", Segments: []checks.Segment{{Name: "c=\xff", Rows: 3}},
	}}}}
	if got := scrape(t, collectorOf(s), "text/plain"); !strings.Contains(got, "driftwatch_window_rows{monitor=\"m\",segment=\"c=\uFFFD\"} 3") {
		t.Errorf("the segment is not there:\n%s", got)
	}
}

func TestEmptySnapshot(t *testing.T) {
	got := scrape(t, collectorOf(&snapshot.Snapshot{Reason: "starting"}), "text/plain")
	for _, want := range []string{"driftwatch_outbox_events 0\n", "driftwatch_config_last_reload_successful 0\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "success_timestamp") {
		t.Error("a time of a load that never was")
	}
}

func TestGatherer(t *testing.T) {
	r := NewGatherer(collectorOf(snapshottest.New()))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range families {
		b.WriteString(f.GetName() + "\n")
	}
	for _, name := range []string{"go_goroutines\n", "process_start_time_seconds\n", "driftwatch_build_info\n"} {
		if !strings.Contains(b.String(), name) {
			t.Errorf("no %s", name)
		}
	}
}

// TestFamilyNames: no two families have the same name in OpenMetrics, where that of a
// counter is without _total.
func TestFamilyNames(t *testing.T) {
	families, err := NewGatherer(collectorOf(snapshottest.New())).Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, f := range families {
		name := f.GetName()
		if f.GetType() == dto.MetricType_COUNTER {
			name = strings.TrimSuffix(name, "_total")
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s are both %s", other, f.GetName(), name)
		}
		seen[name] = f.GetName()
	}
}

func TestFreshnessOfTheFuture(t *testing.T) {
	s := &snapshot.Snapshot{Streams: []snapshot.Stream{{Name: "s", Partitions: []snapshot.Partition{{Newest: window.Newest / 1e6}}}}}
	if got := scrape(t, collectorOf(s), "text/plain"); !strings.Contains(got, "driftwatch_freshness_seconds{stream=\"s\"} 0\n") {
		t.Errorf("not clamped:\n%s", got)
	}
}

func TestFreshnessWithoutRecords(t *testing.T) {
	if _, ok := freshness([]snapshot.Partition{{Newest: window.None}}); ok {
		t.Error("fresh without records")
	}
}
