package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// hook notes the titles of the messages that it gets.
type hook struct {
	mu     sync.Mutex
	titles []string
}

func (h *hook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var m struct{ Title string }
	_ = json.NewDecoder(r.Body).Decode(&m) // what cannot be read is an empty title
	h.mu.Lock()
	defer h.mu.Unlock()
	h.titles = append(h.titles, m.Title)
}

func (h *hook) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.titles)
}

// TestFlappingAlert drives the whole daemon: an alert that comes and goes with each
// of twenty windows, in fifty fields, sends two messages, and a restart none.
func TestFlappingAlert(t *testing.T) {
	h := &hook{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	const fields, windows = 50, 20
	var monitor strings.Builder
	monitor.WriteString("streams:\n  - {name: s, topic: t, time: {field: ts}}\nmonitors:\n  - name: m\n    stream: s\n    window: {size: 10s, idle: 1h}\n    fields:\n")
	for i := range fields {
		fmt.Fprintf(&monitor, "      - {name: f%d, type: number}\n", i)
	}
	path := config(t, brokers, map[string]string{"monitor.yaml": monitor.String(), "rules.yaml": `groups:
  - name: g
    monitor: m
    rules: [{alert: High, fields: "f*", when: {check: max, above: 50}}]
`})
	daemontest.Files(t, filepath.Dir(path), map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
web: {listen: "127.0.0.1:0"}
monitors: ["monitor.yaml"]
rules: ["rules.yaml"]
alerting:
  route: {receiver: hook}
  receivers: [{name: hook, webhook: {url: %q}}]
`, quoted(brokers), server.URL)})
	wide := func(x, second int) *kgo.Record {
		at := start.Add(time.Duration(second) * time.Second)
		v := map[string]int64{"ts": at.UnixMilli()}
		for i := range fields {
			v[fmt.Sprintf("f%d", i)] = int64(x)
		}
		b, _ := json.Marshal(v) // numbers always marshal
		return kafkatest.Record("t", 0, nil, b, at)
	}
	d := daemontest.Start(t, path)
	for w := range windows {
		kafkatest.Produce(t, cl, wide(100*((w+1)%2), 10*w+1), wide(100*(w%2), 10*w+11))
		d.Until("the window is closed and nothing waits", func() bool {
			m := d.Metrics()
			return m[`driftwatch_windows_total{monitor="m"}`] >= float64(w+1)
		})
		if w == windows/2 {
			d.Stop()
			d = daemontest.Start(t, path)
		}
	}
	want := []string{"[FIRING:50] m: High", "[RESOLVED:50] m: High"}
	if got := h.seen(); !slices.Equal(got, want) {
		t.Errorf("messages %q, want %q", got, want)
	}
	d.Stop()
}
