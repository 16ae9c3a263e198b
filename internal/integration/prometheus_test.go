//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

const prometheusMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}, id: ts}
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h}
    segments: [[c]]
    reference: {file: reference.jsonl}
    fields:
      - {name: x, type: number, min: -100, max: 100}
      - {name: c, type: category, pattern: ".", allowed: [BR, PT, "São Paulo"]}
`

// TestPrometheus lets a real Prometheus scrape the daemon: what it answers is
// what /metrics shows.
func TestPrometheus(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	var reference strings.Builder
	for _, r := range categorised(0, 2000) {
		reference.Write(append(r.Value, '\n'))
	}
	d := daemontest.Start(t, config(t, brokers, map[string]string{
		"monitor.yaml": prometheusMonitor, "rules.yaml": reloadRules(1), "reference.jsonl": reference.String(),
	}))
	d.Ready()
	kafkatest.Produce(t, cl, categorised(0, 3000)...)
	kafkatest.Produce(t, cl, kafkatest.Record("t", 0, nil, []byte(`broken`), start), goodRecord("t", 0, 40*time.Second))
	d.Until("all is read and shown", func() bool {
		m := d.Metrics()
		return m[`driftwatch_windows_total{monitor="m"}`] == 3 && m[`driftwatch_records_total{stream="s"}`] == 3002 &&
			m[`driftwatch_lag_records{partition="0",stream="s"}`] == 0
	})
	checkFormat(t, d)

	p := startPrometheus(t, strings.TrimPrefix(d.URL, "http://"))
	want := steady(d.Metrics())
	var got daemontest.Metrics
	d.Until("Prometheus has scraped", func() bool {
		got = steady(p.query(t, `{__name__=~"driftwatch_.+"}`))
		return len(got) > 0
	})
	for _, series := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[series]; !ok || g != want[series] {
			t.Errorf("Prometheus has %v of %s (there: %v), /metrics %v", g, series, ok, want[series])
		}
	}
	for series := range got {
		if _, ok := want[series]; !ok {
			t.Errorf("Prometheus has %s, /metrics has not", series)
		}
	}
	if len(want) < 100 || want[`driftwatch_alerts{alert="High",monitor="m",severity="critical",state="firing"}`] != 1 {
		t.Errorf("%d series: %v", len(want), want)
	}
	p.rules(t, d)
	d.Stop()
	t.Logf("%d series in Prometheus are those of /metrics", len(want))
}

// oddName is hard to write in a label.
const oddName = "a \"quoted\\\" name\nof two lines"

// categorised makes records over 30 s of event time, with a category that is
// hard to write in a label.
func categorised(seed uint64, n int) []*kgo.Record {
	rng := rand.New(rand.NewPCG(seed, 0))
	out := make([]*kgo.Record, n)
	for i := range out {
		at := start.Add(time.Duration(i) * 30 * time.Second / time.Duration(n))
		c := []string{"BR", "PT", oddName, "São Paulo"}[rng.IntN(4)]
		value, _ := json.Marshal(map[string]any{"ts": at.UnixMilli(), "x": rng.NormFloat64(), "c": c}) // strings and numbers always marshal
		out[i] = kafkatest.Record("t", 0, nil, value, at)
	}
	return out
}

// checkFormat asks promtool what it thinks of /metrics.
func checkFormat(t *testing.T, d *daemontest.Daemon) {
	t.Helper()
	_, body := d.Get("/metrics")
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(body)
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// steady leaves out what changes from one scrape to the next without a record:
// ages, the heap, and the room in the store, which checkpoints take and give back.
// The bounds of buckets are written otherwise in the format that Prometheus asks for.
func steady(all daemontest.Metrics) daemontest.Metrics {
	m := daemontest.Metrics{}
	for series, v := range all {
		if strings.HasPrefix(series, "driftwatch_") && !unsteady.MatchString(series) {
			m[emptyLabel.ReplaceAllString(series, "")] = v
		}
	}
	return m
}

var unsteady = regexp.MustCompile(`^driftwatch_(freshness_seconds|memory_live_bytes|store_|fetch_|\w+_bucket\b)`)

// emptyLabel is what Prometheus leaves out: to it an empty label is none.
var emptyLabel = regexp.MustCompile(`,[a-z]+=""|[a-z]+="",|\{[a-z]+=""\}`)

// prometheus is a running Prometheus.
type prometheus struct{ url string }

// startPrometheus starts a Prometheus that scrapes target every second and has
// the rules about the daemon.
func startPrometheus(t *testing.T, target string) *prometheus {
	t.Helper()
	rules, err := filepath.Abs("../../deploy/prometheus/driftwatch.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	return runPrometheus(t, fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: driftwatch
    static_configs: [{targets: [%q]}]
`, rules, target), t.TempDir())
}

// runPrometheus starts a Prometheus with a configuration, on the blocks in a
// folder. It is killed with the test.
func runPrometheus(t *testing.T, config, data string, flags ...string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	daemontest.Files(t, dir, map[string]string{"prometheus.yml": config})
	cmd := exec.Command("prometheus", append(flags, "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+data, "--storage.tsdb.retention.time=10y", "--web.listen-address=127.0.0.1:0")...)
	return &prometheus{listening(t, cmd)}
}

// get reads a path of the HTTP API into v. It is false while Prometheus is not
// ready.
func (p *prometheus) get(t *testing.T, path string, v any) bool {
	t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == http.StatusServiceUnavailable {
		return false
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("GET %s: %v: %s", path, err, b)
	}
	return true
}

// query returns the newest values of the series that an expression selects.
func (p *prometheus) query(t *testing.T, expr string) daemontest.Metrics {
	t.Helper()
	m := daemontest.Metrics{}
	for _, r := range p.results(t, expr) {
		v, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		m[seriesOf(r.Metric)] = v
	}
	return m
}

// queryResult is one series of an answer.
type queryResult struct {
	Metric map[string]string
	Value  [2]any // time and value
}

// results returns what an expression selects now.
func (p *prometheus) results(t *testing.T, expr string) []queryResult {
	t.Helper()
	var answer struct {
		Error string
		Data  struct{ Result []queryResult }
	}
	p.get(t, "/api/v1/query?query="+url.QueryEscape(expr), &answer)
	if answer.Error != "" {
		t.Fatalf("%s: %s", expr, answer.Error)
	}
	return answer.Data.Result
}

// seriesOf writes a metric as the exposition format does, without the labels
// that Prometheus adds.
func seriesOf(labels map[string]string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "__name__" && name != "job" && name != "instance" {
			pairs = append(pairs, name+`="`+escape.Replace(labels[name])+`"`)
		}
	}
	if len(pairs) == 0 {
		return labels["__name__"]
	}
	return labels["__name__"] + "{" + strings.Join(pairs, ",") + "}"
}

// rules waits until each rule about the daemon was evaluated without an error.
func (p *prometheus) rules(t *testing.T, d *daemontest.Daemon) {
	t.Helper()
	d.Until("the rules are evaluated", func() bool {
		var answer struct {
			Data struct {
				Groups []struct {
					Rules []struct{ Name, Health, LastError string }
				}
			}
		}
		if !p.get(t, "/api/v1/rules", &answer) {
			return false
		}
		n := 0
		for _, g := range answer.Data.Groups {
			for _, r := range g.Rules {
				if r.Health == "err" {
					t.Fatalf("rule %s: %s", r.Name, r.LastError)
				}
				if r.Health != "ok" {
					return false
				}
				n++
			}
		}
		return n > 0
	})
}
