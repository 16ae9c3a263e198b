package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// TestBadConfiguration: each mistake is one error with its place, and exit code 1.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"driftwatch.yaml": "kafka:\n  brokers: [\"localhost:9092\"]\nmonitors: [monitor.yaml]\nrules: [rules.yaml]\n",
		"monitor.yaml":    reloadMonitor,
		"rules.yaml":      reloadRules(10),
	}
	for _, c := range []struct {
		name, file, from, to string
		want                 string // what the message begins with, behind the folder
		names                string // the word that it names
	}{
		{"unknown key", "driftwatch.yaml", "rules:", "rule:", "driftwatch.yaml:4:1: error: ", "rule"},
		{"not YAML", "driftwatch.yaml", `["localhost:9092"]`, `["localhost:9092"`, "driftwatch.yaml:3:", ""},
		{"no port", "driftwatch.yaml", "localhost:9092", "localhost", "driftwatch.yaml:2:13: error: ", "localhost"},
		{"file that is not there", "driftwatch.yaml", "rules.yaml", "ruls.yaml", "driftwatch.yaml:4:9: error: ", "ruls.yaml"},
		{"unknown stream", "monitor.yaml", "stream: s", "stream: z", "monitor.yaml:5:13: error: ", `"z"`},
		{"unknown type", "monitor.yaml", "type: text", "type: string", "monitor.yaml:9:25: error: ", "string"},
		{"not a duration", "monitor.yaml", "size: 10s", "size: 10", "monitor.yaml:6:20: error: ", "10"},
		{"key twice", "monitor.yaml", "name: m", "name: m\n    name: n", "monitor.yaml:5:5: error: ", "name"},
		{"unknown check", "rules.yaml", "check: max", "check: maximum", "rules.yaml:5:48: error: ", "maximum"},
		{"unknown severity", "rules.yaml", "severity: critical", "severity: urgent", "rules.yaml:5:75: error: ", "urgent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			daemontest.Files(t, dir, good)
			bad := strings.Replace(good[c.file], c.from, c.to, 1)
			if bad == good[c.file] {
				t.Fatalf("%q is not in %s", c.from, c.file)
			}
			daemontest.Files(t, dir, map[string]string{c.file: bad})
			stdout, stderr, code := daemontest.Run(t, "run", "-c", filepath.Join(dir, "driftwatch.yaml"))
			first, _, _ := strings.Cut(stderr, "\n")
			if code != 1 || stdout != "" || !strings.HasPrefix(first, filepath.Join(dir, c.want)) || !strings.Contains(first, c.names) {
				t.Errorf("exit code %d, stdout %q, stderr\n%swant %s... with %s", code, stdout, stderr, c.want, c.names)
			}
			if n := len(regexp.MustCompile(`(?m)^\S+:\d+:\d+: error: `).FindAllString(stderr, -1)); n != 1 {
				t.Errorf("%d errors, want one:\n%s", n, stderr)
			}
		})
	}
}

const reloadMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h}
    fields:
      - {name: x, type: number}
      - {name: y, type: text}
`

// reloadRules is a rule file with one rule.
func reloadRules(above int) string {
	return fmt.Sprintf(`groups:
  - name: g
    monitor: m
    rules:
      - {alert: High, fields: x, when: {check: max, above: %d}, severity: critical}
`, above)
}

// receiver is a stand-in for Slack that keeps what it is told.
type receiver struct {
	mu   sync.Mutex
	said []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, string(b))
	fmt.Fprint(w, "ok")
}

// count returns how many messages hold a word.
func (r *receiver) count(word string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, s := range r.said {
		if strings.Contains(s, word) {
			n++
		}
	}
	return n
}

// reloading is a daemon whose files the test changes.
type reloading struct {
	*daemontest.Daemon
	t     *testing.T
	dir   string
	cl    *kgo.Client
	slack *receiver
	sent  int // records, one for each window
}

func startReloading(t *testing.T) *reloading {
	t.Helper()
	brokers, _ := kafkatest.Fake(t)
	r := &reloading{t: t, cl: kafkatest.Plain(t, brokers), slack: &receiver{}}
	server := httptest.NewServer(r.slack)
	t.Cleanup(server.Close)
	kafkatest.CreateTopic(t, r.cl, "t", 1)
	path := config(t, brokers, map[string]string{"monitor.yaml": reloadMonitor, "rules.yaml": reloadRules(10)})
	r.dir = filepath.Dir(path)
	main := fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data}
web: {listen: "127.0.0.1:0"}
monitors: [monitor.yaml]
rules: [rules.yaml]
alerting:
  route: {receiver: team}
  receivers: [{name: team, slack: {webhook_url: %q}}]
`, quoted(brokers), server.URL)
	daemontest.Files(t, r.dir, map[string]string{"driftwatch.yaml": main})
	r.Daemon = daemontest.Start(t, path)
	r.Ready()
	return r
}

// close closes one more window, whose one record has the value 50.
func (r *reloading) close() {
	r.t.Helper()
	if r.sent == 0 {
		r.send()
	}
	r.send()
	r.Until("the next window is closed", func() bool { return len(windows(r.Daemon, "m")) == r.sent-1 })
}

// send writes the one record of a window, which closes the one before.
func (r *reloading) send() {
	r.t.Helper()
	at := start.Add(time.Duration(r.sent) * 10 * time.Second)
	value := fmt.Appendf(nil, `{"ts":%d,"x":50}`, at.UnixMilli())
	kafkatest.Produce(r.t, r.cl, kafkatest.Record("t", 0, nil, value, at))
	r.sent++
}

func (r *reloading) rules(content string) {
	r.t.Helper()
	daemontest.Files(r.t, r.dir, map[string]string{"rules.yaml": content})
}

// firing waits until so many alerts fire.
func (r *reloading) firing(alert string, want float64) {
	r.t.Helper()
	series := fmt.Sprintf(`driftwatch_alerts{alert=%q,monitor="m",severity="critical",state="firing"}`, alert)
	r.Until(fmt.Sprintf("%v alerts %s fire", want, alert), func() bool { return r.Metrics()[series] == want })
}

func (r *reloading) reloadOK(want float64) {
	r.t.Helper()
	r.Until("the metric shows the reload", func() bool { return r.Metrics()["driftwatch_config_last_reload_successful"] == want })
}

func (r *reloading) reload() {
	r.t.Helper()
	if status, body := r.Post("/-/reload"); status != http.StatusOK {
		r.t.Fatalf("reload: status %d: %s", status, body)
	}
	r.reloadOK(1)
}

func TestReload(t *testing.T) {
	t.Parallel()
	r := startReloading(t)
	r.close()
	r.firing("High", 1)
	r.Until("it is said", func() bool { return r.slack.count("FIRING") == 1 })

	// A bad file is refused, and the old rules go on.
	r.rules(strings.Replace(reloadRules(10), "check: max", "check: maximum", 1))
	code, body := r.Post("/-/reload")
	var answer struct{ Error string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusInternalServerError {
		t.Errorf("bad reload: status %d: %s", code, body)
	}
	if !strings.Contains(answer.Error, "rules.yaml:5:") || !strings.Contains(answer.Error, "maximum") {
		t.Errorf("bad reload: %q does not say where", answer.Error)
	}
	r.reloadOK(0)
	r.close()
	r.firing("High", 1)

	// The same rule with another label text is the same rule: it goes on.
	r.rules(strings.Replace(reloadRules(10), "severity: critical", "severity: critical, labels: {team: risk}", 1))
	r.reload()
	r.close()
	r.firing("High", 1)
	if n := r.slack.count("RESOLVED"); n != 0 {
		t.Errorf("%d alerts resolved, want none", n)
	}

	// A rule that decides otherwise resolves what the old one fired.
	r.rules(reloadRules(1000))
	r.reload()
	r.firing("High", 0)
	r.Until("the end is said", func() bool { return r.slack.count("RESOLVED") == 1 })
	r.close()
	r.firing("High", 0)

	r.rules(strings.Replace(reloadRules(20), "High", "Higher", 1))
	r.Signal(syscall.SIGHUP)
	r.Until("the new rule is there", func() bool {
		_, body := r.Get("/api/v1/rules")
		return strings.Contains(body, "Higher")
	})
	r.close()
	r.firing("Higher", 1)

	r.rules("groups: []\n")
	r.reload()
	r.firing("Higher", 0)
	r.Until("the end is said", func() bool { return r.slack.count("RESOLVED") == 2 })
	if n := r.slack.count("FIRING"); n != 2 {
		t.Errorf("%d alerts said, want 2", n)
	}
	r.Stop()
	t.Logf("%d windows over six configurations", r.sent-1)
}
