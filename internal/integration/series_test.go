package integration

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// seriesBefore and seriesAfter are two versions of one configuration: all that is
// named gone is not in the second.
var seriesBefore = map[string]string{
	"monitor.yaml": `streams:
  - {name: kept, topic: t, time: {field: ts}}
  - {name: gone-stream, topic: u, time: {field: ts}}
monitors:
  - name: kept
    stream: kept
    window: {size: 10s, idle: 1h, amend: 1h}
    segments: [[gone]]
    fields:
      - {name: x, type: number, checks: [max, {quantile: {q: 0.9}}]}
      - {name: gone, type: category}
  - name: gone-monitor
    stream: gone-stream
    window: {size: 10s, idle: 1h}
    fields: [{name: x, type: number}]
`,
	"rules.yaml": `groups:
  - name: g
    monitor: "*"
    rules:
      - {alert: Kept, fields: x, when: {check: max, above: 0}}
      - {alert: gone-rule, fields: x, when: {check: max, above: 0.5}}
`,
}

var seriesAfter = map[string]string{
	"monitor.yaml": `streams:
  - {name: kept, topic: t, time: {field: ts}}
monitors:
  - name: kept
    stream: kept
    window: {size: 10s, idle: 1h, amend: 1h}
    fields:
      - {name: x, type: number, checks: [max]}
`,
	"rules.yaml": `groups:
  - name: g
    monitor: kept
    rules: [{alert: Kept, fields: x, when: {check: max, above: 0}}]
`,
}

// alertingTo is a configuration that tells each of the receivers.
func alertingTo(brokers []string, url string, receivers ...string) string {
	text := fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data}
web: {listen: "127.0.0.1:0"}
reload: {watch: "off"}
monitors: [monitor.yaml]
rules: [rules.yaml]
alerting:
  route:
    receiver: %s
    routes:
`, quoted(brokers), receivers[0])
	declared := "  receivers:\n"
	for _, name := range receivers {
		text += fmt.Sprintf("      - {match: severity=warning, receiver: %s, continue: true}\n", name)
		declared += fmt.Sprintf("    - {name: %s, webhook: {url: %q}}\n", name, url)
	}
	return text + declared
}

// TestSeriesOfWhatIsGone: what a reload removes has no series in the first scrape
// after it, and what stays counts on, over the reload and over a restart.
func TestSeriesOfWhatIsGone(t *testing.T) {
	t.Parallel()
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	defer refuses.Close()
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	kafkatest.CreateTopic(t, cl, "u", 1)
	path := config(t, brokers, seriesBefore)
	dir := filepath.Dir(path)
	daemontest.Files(t, dir, map[string]string{"driftwatch.yaml": alertingTo(brokers, refuses.URL, "kept", "gone-receiver")})
	d := daemontest.Start(t, path)
	d.Ready()
	for _, topic := range []string{"t", "u"} {
		kafkatest.Produce(t, cl,
			seriesRecord(topic, 0), seriesRecord(topic, 25*time.Second), seriesRecord(topic, time.Second), kafkatest.Record(topic, 0, nil, []byte("broken"), start))
	}
	gone := []string{
		"gone-stream", "gone-monitor", "gone-rule", "gone-receiver", `field="gone"`, `segment="gone=1"`, `check="quantile_0.9"`,
	}
	d.Until("all is there", func() bool {
		m := d.Metrics()
		return m[`driftwatch_record_errors_total{reason="json",stream="gone-stream"}`] == 1 && m[`driftwatch_amended_records_total{monitor="kept"}`] == 1 &&
			m[`driftwatch_window_rows{monitor="kept",segment=""}`] > 0 && failedTo(m, "kept") > 0 && failedTo(m, "gone-receiver") > 0 &&
			len(without(m, gone)) == 0
	})
	before := d.Metrics()

	daemontest.Files(t, dir, seriesAfter)
	daemontest.Files(t, dir, map[string]string{"driftwatch.yaml": alertingTo(brokers, refuses.URL, "kept")})
	if status, body := d.Post("/-/reload"); status != http.StatusOK {
		t.Fatalf("reload: %d %s", status, body)
	}
	after := d.Metrics()
	for series := range after {
		if strings.Contains(series, "gone") || strings.Contains(series, `check="quantile`) {
			t.Errorf("%s is there after the reload", series)
		}
	}
	countOn(t, "reload", before, after)

	d.Stop()
	d = daemontest.Start(t, path)
	d.Ready()
	d.Until("what was read is known again", func() bool { return d.Metrics()[`driftwatch_records_total{stream="kept"}`] == 4 })
	stored := daemontest.Metrics{} // notifications and latencies begin anew with the process
	for series, v := range after {
		if regexp.MustCompile(`^driftwatch_(late_|amended_|lost_|)(records|bytes|record_errors|windows)_total`).MatchString(series) {
			stored[series] = v
		}
	}
	if len(stored) != 7 {
		t.Errorf("%d counters are stored: %v", len(stored), stored)
	}
	countOn(t, "restart", stored, d.Metrics())
	d.Stop()
}

func seriesRecord(topic string, after time.Duration) *kgo.Record {
	at := start.Add(after)
	return kafkatest.Record(topic, 0, nil, fmt.Appendf(nil, `{"ts":%q,"x":1,"gone":"1"}`, at.Format(time.RFC3339)), at)
}

// failedTo counts the failed attempts to tell a receiver.
func failedTo(m daemontest.Metrics, receiver string) (n float64) {
	for series, v := range m {
		if strings.HasPrefix(series, "driftwatch_notification_failures_total") && strings.Contains(series, `receiver="`+receiver+`"`) {
			n += v
		}
	}
	return n
}

// without returns the words that no series has.
func without(m daemontest.Metrics, words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool {
		for series := range m {
			if strings.Contains(series, word) {
				return true
			}
		}
		return false
	})
}

var counter = regexp.MustCompile(`^driftwatch_\w+(_total|_count|_sum|_bucket)\b`)

// countOn compares the counters of what is still there.
func countOn(t *testing.T, what string, before, after daemontest.Metrics) {
	t.Helper()
	n := 0
	for _, series := range slices.Sorted(maps.Keys(before)) {
		if !counter.MatchString(series) || strings.Contains(series, "gone") {
			continue
		}
		n++
		if v, ok := after[series]; !ok || v < before[series] {
			t.Errorf("%s was %v before the %s and is %v (there: %v)", series, before[series], what, v, ok)
		}
	}
	if n == 0 {
		t.Errorf("no counters before the %s", what)
	}
}
