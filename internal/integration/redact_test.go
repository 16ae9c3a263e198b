package integration

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// canary matches what private records hold, however it is rounded.
var canary = regexp.MustCompile(`(?i)canary|\b(7111|8888)\d\b|\b[78]\.[0-9]+e\+?0?4\b`)

// private is a record with canaries in a number, a category and a long text.
func private(high bool, i int, at time.Time) *kgo.Record {
	salary, name := 71110+i%10, "canary-low"
	if high {
		salary, name = 88880+i%10, "canary-high"
	}
	return kafkatest.Record("t", 0, nil, fmt.Appendf(nil, `{"ts":%d,"salary":%d,"name":%q,"note":"canary %d %s"}`,
		at.UnixMilli(), salary, name, i, strings.Repeat("long ", 50)), at)
}

// messages keeps what receivers are sent, by address.
type messages struct {
	mu     sync.Mutex
	bodies map[string]string
}

func (m *messages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body) // what is missing is not found in it
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bodies[r.URL.Path] += string(b)
	w.WriteHeader(http.StatusOK)
	if r.URL.Path == "/v2/enqueue" {
		_, _ = io.WriteString(w, `{"status":"success"}`)
	}
}

func (m *messages) all() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.bodies)
}

var localLink = regexp.MustCompile(`(?:href|action)="(/[^"#]*)`)

// crawl asks for all that can be reached from the page by links, and for the same
// below /api/v1.
func crawl(d *daemontest.Daemon) map[string]string {
	seen := map[string]string{}
	next := []string{
		"/", "/metrics", "/api/v1/status", "/api/v1/backup", "/api/v1/monitors/m/windows", "/api/v1/alerts/history", "/api/v1/rules", "/api/v1/monitors/m/heatmap", "/api/v1/monitors/m/heatmap?check=mean",
	}
	for _, field := range []string{"salary", "name", "note"} {
		next = append(next, "/monitors/m/fields/"+field)
	}
	for len(next) > 0 {
		at := strings.ReplaceAll(next[0], "&amp;", "&")
		next = next[1:]
		if _, ok := seen[at]; ok || len(seen) > 2000 {
			continue
		}
		_, body := d.Get(at)
		seen[at] = body
		if strings.HasPrefix(at, "/api/") || strings.Contains(at, ".") {
			continue
		}
		next = append(next, "/api/v1"+at)
		for _, m := range localLink.FindAllStringSubmatch(body, -1) {
			next = append(next, m[1])
		}
	}
	return seen
}

// firstEvents reads the stream of events until its first one is whole.
func firstEvents(t *testing.T, d *daemontest.Daemon) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), daemontest.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/api/v1/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text := ""
	for lines := bufio.NewScanner(res.Body); lines.Scan() && lines.Text() != ""; {
		text += lines.Text() + "\n"
	}
	return text
}

// guarded is a daemon that watches private records, and all that it sends.
type guarded struct {
	*daemontest.Daemon
	t     *testing.T
	path  string
	inbox *messages
}

// watch runs a daemon until its three windows are closed and all receivers were told.
// What is given is added to each field and to each rule.
func watch(t *testing.T, field, rule string) *guarded {
	t.Helper()
	g := &guarded{t: t, inbox: &messages{bodies: map[string]string{}}}
	server := httptest.NewServer(g.inbox)
	t.Cleanup(server.Close)
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	g.path = config(t, brokers, map[string]string{"key": "key"})
	g.declare(field, rule)
	daemontest.Files(t, filepath.Dir(g.path), map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data}
web: {listen: "127.0.0.1:0", external_url: "http://example.com"}
monitors: ["monitor.yaml"]
rules: ["rules.yaml"]
alerting:
  route:
    receiver: hook
    routes:
      - {receiver: hook, match: monitor=m, continue: true}
      - {receiver: slack, match: monitor=m, continue: true}
      - {receiver: alertmanager, match: monitor=m, continue: true}
      - {receiver: pagerduty, match: monitor=m}
  receivers:
    - {name: hook, webhook: {url: "%[2]s/hook"}}
    - {name: slack, slack: {webhook_url: "%[2]s/slack"}}
    - {name: alertmanager, alertmanager: {url: %[2]q}}
    - {name: pagerduty, pagerduty: {routing_key_file: key, url: "%[2]s/v2/enqueue"}}
`, quoted(brokers), server.URL)})
	g.Daemon = daemontest.Start(t, g.path)
	kafkatest.Produce(t, cl, privateRecords()...)
	var status struct {
		Outbox    int `json:"outbox_events"`
		Receivers []struct{ Sent uint64 }
	}
	g.Until("three windows are closed and all receivers have been told", func() bool {
		g.JSON("/api/v1/status", &status)
		told := len(status.Receivers) == 4 && status.Outbox == 0
		for _, r := range status.Receivers {
			told = told && r.Sent > 0
		}
		return told && g.Metrics()[`driftwatch_windows_total{monitor="m"}`] == 3
	})
	return g
}

// declare writes the monitor and its rules, whose texts say all that they can.
func (g *guarded) declare(field, rule string) {
	g.t.Helper()
	all := `"{{ .Value }} {{ .Low }} {{ .High }} {{ .Reference }} {{ .Change }} {{ .Percent }} {{ .Moved }} {{ .Explained }} {{ .Page }}"`
	daemontest.Files(g.t, filepath.Dir(g.path), map[string]string{
		"monitor.yaml": fmt.Sprintf(`streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h}
    reference: {first: 1}
    fields:
      - {name: salary, type: number, min: 0, max: 80000%[1]s}
      - {name: name, type: category, allowed: [canary-low]%[1]s}
      - {name: note, type: text%[1]s}
`, field),
		"rules.yaml": fmt.Sprintf(`groups:
  - name: g
    monitor: m
    annotations: {summary: %s}
    rules:
      - {alert: Mean, fields: salary, when: {check: mean, above: 75000}%[2]s}
      - {alert: Jump, fields: salary, when: {check: max, change: {above: 10%%, against: previous}}%[2]s}
      - {alert: Drift, when: {check: psi, drift: true}%[2]s}
      - {alert: Many, when: {share_of_fields: {check: psi, drift: true}, above: 0.1}%[2]s}
`, all, rule),
	})
}

// privateRecords are windows of which the second one drifts, two records that cannot be
// used, and what closes them.
func privateRecords() []*kgo.Record {
	bad := start.Add(15 * time.Second)
	var low, high []*kgo.Record
	for i := range 2000 {
		low = append(low, private(false, i, start.Add(time.Second)))
		high = append(high, private(true, i, start.Add(11*time.Second)))
	}
	return slices.Concat(low, high, []*kgo.Record{
		kafkatest.Record("t", 0, nil, []byte(`{"ts":"soon","salary":88888,"name":"canary-x","other":"canary-y"}`), bad),
		kafkatest.Record("t", 0, nil, []byte(`{"salary":88888,"name":"canary-x",}`), bad),
		private(true, 0, start.Add(21*time.Second)), private(true, 0, start.Add(31*time.Second)),
	})
}

// found is where a canary is in texts.
func found(t *testing.T, texts map[string]string) (list []string) {
	t.Helper()
	for _, at := range slices.Sorted(maps.Keys(texts)) {
		if where := canary.FindStringIndex(texts[at]); where != nil {
			list = append(list, at)
			t.Logf("%s: ...%.200q...", at, texts[at][max(0, where[0]-80):min(len(texts[at]), where[1]+80)])
		}
	}
	t.Logf("looked at %d texts", len(texts))
	return list
}

// places is where a canary is in all that a daemon shows and sends, and in what a
// replay prints.
func places(t *testing.T, field, rule string) []string {
	t.Helper()
	g := watch(t, field, rule)
	texts := crawl(g.Daemon)
	texts["events"] = firstEvents(t, g.Daemon)
	g.Stop()
	texts["log"] = g.Log()
	maps.Copy(texts, g.inbox.all())
	maps.Copy(texts, replays(t, g.path))
	return found(t, texts)
}

// replays is what replay prints and writes in its forms.
func replays(t *testing.T, path string) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "metrics")
	texts := map[string]string{}
	for _, args := range [][]string{{"--openmetrics", file}, {"--json"}, {"--verify"}} {
		out, errOut, code := daemontest.Run(t, append([]string{"replay", "-c", path}, args...)...)
		if code != 0 {
			t.Fatalf("replay %v: exit code %d: %s", args, code, errOut)
		}
		texts["replay "+args[0]] = out + errOut
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	texts["replay's metrics"] = string(b)
	return texts
}

// TestRedactedValuesStayInside looks for the values of redacted fields wherever people
// may look, and for the same values of fields that are not, so that it can fail.
func TestRedactedValuesStayInside(t *testing.T) {
	if found := places(t, ", redact: true", ""); len(found) > 0 {
		t.Errorf("values are told at %q", found)
	}
	found := places(t, "", "")
	end := "2026-03-01T00:00:20Z"
	for _, at := range []string{
		"/monitors/m/fields/salary", "/monitors/m/fields/name", "/monitors/m/windows/" + end, "/alerts", "/status", "/metrics", "/api/v1/backup",
		"/api/v1/alerts", "/api/v1/alerts/history", "/api/v1/status", "/api/v1/monitors/m/windows", "/api/v1/monitors/m/windows/" + end, "/api/v1/monitors/m/fields/name",
		"/api/v1/monitors/m/windows/" + end + "/profile", "/api/v1/monitors/m/heatmap?check=mean",
		"/rules/g/Mean", "/api/v1/rules/g/Mean", "/hook", "/slack", "/api/v2/alerts", "/v2/enqueue", "replay --openmetrics", "replay --json", "replay's metrics",
	} {
		if !slices.Contains(found, at) {
			t.Errorf("the values of fields that are not redacted were not found at %s", at)
		}
	}
	t.Logf("found at %q", found)
}

// TestRedactedRules: of a redacted rule nobody is told a value, though the page shows
// those of its fields.
func TestRedactedRules(t *testing.T) {
	found := places(t, "", ", redact: true")
	for _, at := range []string{"/alerts", "/api/v1/alerts", "/api/v1/alerts/history", "/rules/g/Mean", "/api/v1/rules/g/Mean", "/hook", "/slack", "/api/v2/alerts", "/v2/enqueue"} {
		if slices.Contains(found, at) {
			t.Errorf("values are told at %s", at)
		}
	}
	if !slices.Contains(found, "/monitors/m/fields/salary") {
		t.Error("the page does not show the field")
	}
}

// TestRedactedLater: a field that is redacted when its windows, alerts and their
// history are stored already tells nothing from the next load of the configuration on.
func TestRedactedLater(t *testing.T) {
	g := watch(t, "", "")
	g.declare(", redact: true", "")
	if status, body := g.Post("/-/reload"); status != http.StatusOK {
		t.Fatalf("reload: %d %s", status, body)
	}
	g.Until("the field is redacted", func() bool {
		_, body := g.Get("/monitors/m/fields/salary")
		return strings.Contains(body, "redacted")
	})
	if list := found(t, crawl(g.Daemon)); len(list) > 0 {
		t.Errorf("values are told at %q", list)
	}
	g.Stop()
}
