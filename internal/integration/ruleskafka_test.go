//go:build integration

package integration

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/checks"
)

// TestChangeAndSilenceOnKafka drives the rules that windows alone cannot decide, on
// Apache Kafka: a value that jumps fires against the window before and resolves with
// the next one; a producer that stops fires by the clock, and resolves when its next
// window closes.
func TestChangeAndSilenceOnKafka(t *testing.T) {
	h := &hook{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	broker := kafkatest.Real(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address})
	kafkatest.CreateTopic(t, cl, "t", 2)
	path := config(t, []string{broker.Address}, map[string]string{
		"monitor.yaml": "streams:\n  - {name: s, topic: t, time: {field: ts}}\nmonitors:\n  - {name: m, stream: s, window: {size: 10s, idle: 1h}, fields: [{name: x, type: number}]}\n",
		"rules.yaml": `groups:
  - name: g
    monitor: m
    rules:
      - {alert: Jump, fields: x, when: {check: mean, change: {above: 50%, against: previous}}}
      - {alert: Silent, when: {no_data: 1m}}
`,
	})
	daemontest.Files(t, filepath.Dir(path), map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%q]}
web: {listen: "127.0.0.1:0"}
monitors: ["monitor.yaml"]
rules: ["rules.yaml"]
alerting:
  route: {receiver: hook}
  receivers: [{name: hook, webhook: {url: %q}}]
`, broker.Address, server.URL)})
	d := daemontest.Start(t, path)
	told := func(titles ...string) {
		t.Helper()
		d.Until(fmt.Sprintf("the receiver was told %q", titles), func() bool { return slices.Equal(h.seen(), titles) })
	}
	produced := 0
	windows := func(values ...int) {
		t.Helper()
		for _, x := range values {
			kafkatest.Produce(t, cl, both(x, 10*produced)...)
			produced++
		}
		d.Until("the windows are closed", func() bool {
			return d.Metrics()[`driftwatch_windows_total{monitor="m"}`] >= float64(produced-1)
		})
	}

	windows(10, 10, 100, 100) // the last one is open
	told("[FIRING:1] m: Jump")
	var answer struct {
		Alerts []struct {
			Alert, Against string
			Result         checks.Result
		}
	}
	d.JSON("/api/v1/alerts", &answer)
	if len(answer.Alerts) != 1 || answer.Alerts[0].Against != "the window before" || answer.Alerts[0].Result.Value != 100 || *answer.Alerts[0].Result.Reference != 10 {
		t.Errorf("alerts %+v", answer.Alerts)
	}
	last := time.Now()
	windows(100)
	told("[FIRING:1] m: Jump", "[RESOLVED:1] m: Jump")

	told("[FIRING:1] m: Jump", "[RESOLVED:1] m: Jump", "[FIRING:1] m: Silent")
	if after := time.Since(last); after < time.Minute {
		t.Errorf("a minute of silence was told %v after the newest window cannot have been closed yet", after)
	}
	windows(100)
	told("[FIRING:1] m: Jump", "[RESOLVED:1] m: Jump", "[FIRING:1] m: Silent", "[RESOLVED:1] m: Silent")
	d.Stop()
}

// both is a record in each partition.
func both(x, second int) []*kgo.Record {
	at := start.Add(time.Duration(second) * time.Second)
	value := fmt.Appendf(nil, `{"ts":%d,"x":%d}`, at.UnixMilli(), x)
	return []*kgo.Record{kafkatest.Record("t", 0, nil, value, at), kafkatest.Record("t", 1, nil, value, at)}
}
