//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/dashboards"
	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// shownMonitors are one monitor of which everything is shown that a dashboard
// can show, and one that lags and loses records.
const shownMonitors = `streams:
  - {name: s, topic: t, time: {field: ts}, id: ts}
  - {name: slow, topic: slow, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h, amend: 1h}
    segments: [[c]]
    reference: {file: reference.jsonl}
    fields:
      - {name: x, type: number, min: -100, max: 100}
      - {name: c, type: category, pattern: ".", allowed: [BR, PT, "São Paulo"]}
  - {name: slow, stream: slow, window: {size: 1s, idle: 1h}, fields: [{name: x, type: number}]}
`

// shownRules are rules that fire at once, wait, fire and end, fire with the drift,
// and many that fire and end together.
func shownRules() string {
	var b strings.Builder
	b.WriteString(`groups:
  - name: g
    monitor: m
    rules:
      - {alert: High, fields: x, when: {check: max, above: 1}, severity: critical}
      - {alert: Patient, fields: x, when: {check: max, above: 1}, windows: 100, severity: info}
      - {alert: Brief, fields: x, when: {check: min, below: -50}, severity: info}
      - {alert: Drift, fields: [x, c], when: {check: psi, drift: true}, severity: warning}
`)
	for i := range 120 {
		fmt.Fprintf(&b, "      - {alert: Spike%d, fields: x, when: {check: max, above: 50}, severity: info}\n", i)
	}
	return b.String()
}

// shop is a daemon with receivers, of which one takes messages and one does not.
type shop struct {
	*daemontest.Daemon
	cl   *kgo.Client
	path string // of its configuration
}

// configure writes the daemon's configuration, with what stands in its section of
// the page.
func (s *shop) configure(t *testing.T, brokers []string, receivers *httptest.Server, web string) {
	t.Helper()
	daemontest.Files(t, filepath.Dir(s.path), map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data}
web: {listen: "127.0.0.1:0"%s}
monitors: ["monitor*.yaml"]
rules: ["rules*.yaml"]
alerting:
  outbox_limit: 100
  route: {receiver: taken, routes: [{receiver: refused, match: monitor=m, continue: true}, {receiver: taken, match: monitor=m}]}
  receivers:
    - {name: taken, webhook: {url: %q}}
    - {name: refused, webhook: {url: %q}}
`, quoted(brokers), web, receivers.URL+"/taken", receivers.URL+"/refused")})
}

// TestDashboards lets a real Prometheus scrape a daemon while known records come,
// and asks it all that the dashboards ask: panels, variables and marks. Each
// query has to return what the daemon's API and the records say, and links have
// to lead to pages.
func TestDashboards(t *testing.T) {
	receivers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(receivers.Close)
	brokers := []string{kafkatest.Real(t).Address}
	s := &shop{cl: kafkatest.Idempotent(t, brokers, kgo.ProducerBatchCompression(kgo.NoCompression()))}
	kafkatest.CreateTopic(t, s.cl, "t", 1, "retention.ms", "-1")
	s.lag(t)
	s.path = config(t, brokers, map[string]string{
		"monitor.yaml": shownMonitors, "rules.yaml": shownRules(), "reference.jsonl": referenceOf(categorised(0, 2000)),
	})
	s.configure(t, brokers, receivers, "")
	s.Daemon = daemontest.Start(t, s.path)
	s.Ready()
	s.first(t)
	target := strings.TrimPrefix(s.URL, "http://")
	p, native := startPrometheus(t, target), startScraping(t, target, "--enable-feature=native-histograms")
	s.Until("both have scraped", func() bool {
		return len(p.query(t, "driftwatch_build_info")) > 0 && len(native.query(t, "driftwatch_build_info")) > 0
	})
	k := &known{daemon: s.Daemon, before: s.Metrics(), links: map[string]bool{}, shown: map[string]bool{}}
	k.sent = s.second(t)
	s.Until("there are twenty scrapes", func() bool {
		for _, n := range p.query(t, `count_over_time(driftwatch_build_info[1h])`) {
			return n >= 20
		}
		return false
	})

	for _, c := range []dashboards.Choices{
		{"monitor": {"m"}, "field": {"x"}},
		{"monitor": {"m"}, "field": {"c"}, "segment": {"c=São Paulo"}, "check": {"psi"}},
		{"monitor": {"m"}, "field": {"x"}, "segment": {"c=BR"}, "check": {"quantile"}, "instance": {target}, "stream": {"s"}},
	} {
		c["__rate_interval"] = []string{"1h"}
		for _, q := range dashboards.Queries(c) {
			p.shows(t, k, c, &q)
		}
	}
	// All fields at once, which only the monitor's dashboard can choose.
	all := dashboards.Choices{"monitor": {"m"}, "__rate_interval": {"1h"}}
	for _, q := range dashboards.Queries(all) {
		if q.Dashboard == "driftwatch-monitor" {
			p.shows(t, k, all, &q)
		}
	}
	native.showsLatencies(t, k, all)
	for name := range expected {
		if !k.shown[name] {
			t.Errorf("%s was not asked, or has never had anything to show", name)
		}
	}
	k.follow(t)
	t.Logf("%d queries return what is known, %d links lead to pages", len(k.shown), len(k.links))
	s.elsewhere(t, p, brokers, receivers)
	s.Stop()
}

// elsewhere tells the daemon where people find its page: links go there.
func (s *shop) elsewhere(t *testing.T, p *prometheus, brokers []string, receivers *httptest.Server) {
	t.Helper()
	s.configure(t, brokers, receivers, `, external_url: "http://drift.example/"`)
	s.reload(t)
	for _, q := range dashboards.Queries(dashboards.Choices{"monitor": {"m"}, "field": {"x"}}) {
		if q.Place == "variable page" {
			s.Until("links lead elsewhere", func() bool {
				return slices.Equal(p.options(t, &q), []string{"http://drift.example"})
			})
		}
	}
}

func (s *shop) reload(t *testing.T) {
	t.Helper()
	if status, answer := s.Post("/-/reload"); status != http.StatusOK {
		t.Fatalf("reload: %d %s", status, answer)
	}
}

// referenceOf is a file of the records' values.
func referenceOf(records []*kgo.Record) string {
	var b strings.Builder
	for _, r := range records {
		b.Write(append(r.Value, '\n'))
	}
	return b.String()
}

// lag writes more to a partition of the monitor slow than may be read ahead of its
// neighbour: some of it will wait.
func (s *shop) lag(t *testing.T) {
	t.Helper()
	kafkatest.CreateTopic(t, s.cl, "slow", 2, "retention.ms", "-1")
	for at := time.Duration(0); at < time.Minute; {
		var batch []*kgo.Record
		for range 10 {
			r := recordAt("slow", 0, at)
			r.Value = append(r.Value, strings.Repeat(" ", 1000)...)
			batch, at = append(batch, r), at+10*time.Millisecond
		}
		kafkatest.Produce(t, s.cl, batch...)
	}
	kafkatest.Produce(t, s.cl, recordAt("slow", 1, 0))
}

// first closes three windows of the monitor m. It returns when nothing moves any
// more.
func (s *shop) first(t *testing.T) {
	t.Helper()
	records := append(categorised(0, 3000), kafkatest.Record("t", 0, nil, []byte(`broken`), start), goodRecord("t", 0, 40*time.Second),
		goodRecord("t", 0, 0), kafkatest.Record("t", 0, nil, []byte(`{"x":1}`), start))
	kafkatest.Produce(t, s.cl, records...)
	s.Until("all is read that can be", func() bool {
		m := s.Metrics()
		return m[`driftwatch_windows_total{monitor="m"}`] == 3 && m[`driftwatch_records_total{stream="s"}`] == 3004 &&
			m[`driftwatch_lag_records{partition="0",stream="s"}`] == 0 && m[`driftwatch_late_records_total{monitor="m"}`] == 1 &&
			m[`driftwatch_lag_records{partition="0",stream="slow"}`] > 3000 && m[`driftwatch_lag_records{partition="1",stream="slow"}`] == 0 &&
			m[`driftwatch_notifications_total{receiver="taken"}`] == 1 && m[`driftwatch_notification_failures_total{reason="gone",receiver="refused"}`] == 1
	})
}

// sent counts what was written while Prometheus watched, by stream.
type sent struct {
	records, bytes int
	errors         map[string]int
	late           int
}

// second closes nine windows more, in the last of which x has moved, and has
// errors and late records in it. The other stream's partition that waits loses
// records and goes on.
func (s *shop) second(t *testing.T) sent {
	t.Helper()
	records := moved(9000)
	for range 5 {
		records = append(records, kafkatest.Record("t", 0, nil, []byte(`broken`), start))
	}
	for range 2 {
		records = append(records, kafkatest.Record("t", 0, nil, []byte(`{"x":1}`), start))
	}
	for _, at := range []time.Duration{140 * time.Second, 122 * time.Second, 123 * time.Second, 5 * time.Second} { // a newer one, and late ones
		records = append(records, goodRecord("t", 0, at))
	}
	n := sent{records: len(records), errors: map[string]int{"json": 5, "time": 2}, late: 3}
	for _, r := range records {
		n.bytes += len(r.Value)
	}
	kafkatest.Produce(t, s.cl, records[:4100]...)
	s.Until("what fires a second time overtakes the first", func() bool {
		return s.Metrics()[`driftwatch_notifications_superseded_total{receiver="refused"}`] > 0
	})
	s.reload(t)
	s.Until("what was refused is tried again", func() bool {
		return s.Metrics()[`driftwatch_notification_failures_total{reason="gone",receiver="refused"}`] > 1
	})
	kafkatest.Produce(t, s.cl, records[4100:]...)
	kafkatest.DeleteRecords(t, s.cl, "slow", 0, 2500)
	kafkatest.Produce(t, s.cl, recordAt("slow", 1, 30*time.Second))
	s.Until("all of it is read and told", func() bool {
		m := s.Metrics()
		return m[`driftwatch_records_total{stream="s"}`] == 3004+float64(n.records) && m[`driftwatch_late_records_total{monitor="m"}`] == 4 &&
			m[`driftwatch_window_revision{monitor="m"}`] == 2 && m[`driftwatch_lag_records{partition="0",stream="s"}`] == 0 &&
			m[`driftwatch_lost_records_total{stream="slow"}`] > 0 && m[`driftwatch_lag_records{partition="0",stream="slow"}`] > 0 &&
			m[`driftwatch_outbox_dropped_total{receiver="refused"}`] > 0
	})
	return n
}

// moved makes n records over 90 s that follow those of the first half minute. In
// the last ten seconds x is three greater; before, some are far off.
func moved(n int) []*kgo.Record {
	rng := rand.New(rand.NewPCG(7, 0))
	out := make([]*kgo.Record, n)
	for i := range out {
		at := start.Add(40*time.Second + time.Duration(i)*90*time.Second/time.Duration(n))
		x := rng.NormFloat64()
		switch {
		case i == 500 || i == 2500:
			x = -90
		case i == 4500:
			x = 90
		case i >= n-n/9:
			x += 3
		}
		value, _ := json.Marshal(map[string]any{"ts": at.UnixMilli(), "x": x, "c": []string{"BR", "PT", "São Paulo", "XX"}[rng.IntN(4)]}) // strings and numbers always marshal
		out[i] = kafkatest.Record("t", 0, nil, value, at)
	}
	return out
}

// shows waits until a query returns what is known.
func (p *prometheus) shows(t *testing.T, k *known, c dashboards.Choices, q *dashboards.Query) {
	t.Helper()
	if q.Label != "" || q.Regex != "" {
		p.offers(t, k, c, q)
		return
	}
	expect := expected[q.String()]
	if expect == nil {
		t.Errorf("nobody says what %s is to show: %s", q, q.Expr)
		return
	}
	var got daemontest.Metrics
	if problem := k.until(func() string {
		got = p.query(t, q.Expr)
		return expect(k, c).differs(got)
	}); problem != "" {
		t.Errorf("%s with %v: %s\n%s", q, c, problem, q.Expr)
	}
	k.remember(q, c, got)
}

// showsLatencies asks a Prometheus that scrapes native histograms instead of classic
// ones. Their buckets are finer and have no last one.
func (p *prometheus) showsLatencies(t *testing.T, k *known, c dashboards.Choices) {
	t.Helper()
	latencies := latenciesShow()
	for _, q := range dashboards.Queries(c) {
		expect := latencies[q.String()]
		if expect == nil {
			continue
		}
		if problem := k.until(func() string {
			want := expect(k, c).near()
			if strings.Contains(q.Place, "Delay") {
				want = want.beyond()
			}
			return want.differs(p.query(t, q.Expr))
		}); problem != "" {
			t.Errorf("%s, of native histograms: %s\n%s", &q, problem, q.Expr)
		}
	}
}

// offers waits until a variable has the values that are known.
func (p *prometheus) offers(t *testing.T, k *known, c dashboards.Choices, q *dashboards.Query) {
	t.Helper()
	want, known := offered[q.Place]
	if !known {
		t.Errorf("nobody says what %s is to offer", q)
		return
	}
	if problem := k.until(func() string {
		if got := p.options(t, q); !slices.Equal(got, want(k, c)) {
			return fmt.Sprintf("offers %q, want %q", got, want(k, c))
		}
		return ""
	}); problem != "" {
		t.Errorf("%s with %v: %s", q, c, problem)
	}
}

// options are the values that Grafana would offer for a variable, in order.
func (p *prometheus) options(t *testing.T, q *dashboards.Query) []string {
	t.Helper()
	var list []string
	if q.Label != "" {
		var answer struct{ Data []string }
		p.get(t, "/api/v1/label/"+q.Label+"/values?match[]="+url.QueryEscape(q.Expr), &answer)
		list = answer.Data
	} else {
		for _, r := range p.results(t, q.Expr) {
			if m := regexp.MustCompile(q.Regex).FindStringSubmatch(seriesOf(r.Metric)); m != nil {
				list = append(list, m[1])
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
