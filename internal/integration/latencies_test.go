//go:build integration

package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/internal/metrics/metricstest"
)

const latenciesMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h, amend: 1h}
    reference: {trailing: 10s}
    fields: [{name: x, type: number}]
`

// TestLatenciesInPrometheus: a Prometheus that knows native histograms and
// exemplars has both, and one that does not has classic buckets.
func TestLatenciesInPrometheus(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	defer refuses.Close()
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	path := config(t, brokers, map[string]string{
		"monitor.yaml": latenciesMonitor, "rules.yaml": strings.Replace(reloadRules(0), "critical", "warning", 1),
	})
	whole := strings.Replace(alertingTo(brokers, refuses.URL, "hook"), "kafka: {", "kafka: {group: g, ", 1)
	daemontest.Files(t, filepath.Dir(path), map[string]string{"driftwatch.yaml": whole})
	d := daemontest.Start(t, path)
	d.Ready()
	target := strings.TrimPrefix(d.URL, "http://")
	native := startScraping(t, target, "--enable-feature=native-histograms,exemplar-storage")
	classic := startScraping(t, target)
	for _, p := range []*prometheus{native, classic} {
		// A series that Prometheus has seen at 0 has an increase.
		d.Until("the daemon is scraped", func() bool { return len(p.query(t, "driftwatch_ready")) > 0 })
	}
	kafkatest.Produce(t, cl, goodRecord("t", 0, 0), kafkatest.Record("t", 0, nil, []byte("broken"), start),
		goodRecord("t", 0, 15*time.Second), goodRecord("t", 0, 25*time.Second), goodRecord("t", 0, 0))

	for query, want := range map[string]float64{
		`histogram_count(driftwatch_window_delay_seconds{stream="s"})`:                         2,
		`histogram_count(driftwatch_window_evaluation_duration_seconds)`:                       2,
		`histogram_count(driftwatch_rules_evaluation_duration_seconds)`:                        2,
		`histogram_count(driftwatch_fetch_duration_seconds{stream="s"}) * 0`:                   0,
		`histogram_count(driftwatch_store_commit_duration_seconds) > bool 1`:                   1,
		`histogram_count(driftwatch_notification_duration_seconds{receiver="hook"}) >= bool 1`: 1,
		`histogram_quantile(0.5, driftwatch_window_delay_seconds{stream="s"}) > bool 0`:        1,
		`histogram_quantile(0.99, sum(driftwatch_store_commit_duration_seconds)) > bool 0`:     1,
	} {
		d.Until("native: "+query, func() bool { return native.is(t, query, want) })
	}
	for query, want := range map[string]float64{
		`driftwatch_window_delay_seconds_count{stream="s"}`:                                               2,
		`driftwatch_window_evaluation_duration_seconds_bucket{le="+Inf"}`:                                 2,
		`histogram_quantile(0.5, sum by (le) (driftwatch_store_commit_duration_seconds_bucket)) > bool 0`: 1,
	} {
		d.Until("classic: "+query, func() bool { return classic.is(t, query, want) })
	}
	for metric, want := range map[string]map[string]string{
		`driftwatch_record_errors_total{reason="json"}`: {"partition": "0", "offset": "1"},
		`driftwatch_notification_failures_total`:        {"monitor": "m", "alert": "High"},
		`driftwatch_window_evaluation_duration_seconds`: {"monitor": "m"},
		`driftwatch_window_delay_seconds{stream="s"}`:   {"monitor": "m"},
		`driftwatch_notification_duration_seconds`:      {"monitor": "m", "alert": "High"},
	} {
		d.Until("exemplar of "+metric, func() bool { return native.hasExemplar(t, metric, want) })
	}
	checkFormat(t, d)
	_, body := d.Get("/metrics")
	for name := range metricstest.Exported() {
		if !strings.Contains(body, "\n"+name+"{") && !strings.Contains(body, "\n"+name+" ") && !strings.Contains(body, "# TYPE "+name+" histogram") {
			t.Errorf("%s is not there", name)
		}
	}
	d.Stop()
}

// startScraping starts a Prometheus that scrapes target every second.
func startScraping(t *testing.T, target string, flags ...string) *prometheus {
	t.Helper()
	return runPrometheus(t, fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs:\n  - {job_name: driftwatch, static_configs: [{targets: [%q]}]}\n", target), t.TempDir(), flags...)
}

// is reports whether a query has one answer, and which.
func (p *prometheus) is(t *testing.T, query string, want float64) bool {
	t.Helper()
	got := p.query(t, query)
	for _, v := range got {
		return len(got) == 1 && v == want
	}
	return false
}

// hasExemplar reports whether Prometheus has an exemplar with labels of a series.
func (p *prometheus) hasExemplar(t *testing.T, series string, labels map[string]string) bool {
	t.Helper()
	var answer struct {
		Data []struct {
			Exemplars []struct{ Labels map[string]string }
		}
	}
	now := time.Now()
	ask := url.Values{"query": {series}, "start": {now.Add(-time.Hour).Format(time.RFC3339)}, "end": {now.Add(time.Hour).Format(time.RFC3339)}}
	if !p.get(t, "/api/v1/query_exemplars?"+ask.Encode(), &answer) {
		return false
	}
	for _, s := range answer.Data {
		for _, e := range s.Exemplars {
			has := 0
			for name, v := range labels {
				if e.Labels[name] == v {
					has++
				}
			}
			if has == len(labels) {
				return true
			}
		}
	}
	return false
}
