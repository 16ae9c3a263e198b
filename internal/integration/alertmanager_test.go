//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
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

const alertmanagerMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h}
    fields: [{name: x, type: number}]
`

const alertmanagerRules = `groups:
  - name: g
    monitor: m
    rules:
      - alert: High
        fields: x
        when: {check: max, above: 50}
        severity: critical
        labels: {team: risk}
        annotations: {summary: "{{ .Field }} is high", runbook: "https://wiki.example/high"}
`

// alertmanager is a real Alertmanager and what it tells.
type alertmanager struct {
	url  string
	mu   sync.Mutex
	told []string
}

// amAlert is an alert as Alertmanager's API shows it.
type amAlert struct {
	Labels      map[string]string
	Annotations map[string]string
	StartsAt    time.Time
	Status      struct{ State string }
	Generator   string `json:"generatorURL"`
}

// startAlertmanager starts an Alertmanager that tells a web hook. It is killed
// with the test.
func startAlertmanager(t *testing.T) *alertmanager {
	t.Helper()
	am := &alertmanager{}
	hook := httptest.NewServer(http.HandlerFunc(am.hear))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	daemontest.Files(t, dir, map[string]string{"am.yml": fmt.Sprintf(`global: {resolve_timeout: 3s}
route: {receiver: hook, group_by: [alertname], group_wait: 10ms, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: %q, send_resolved: true}]}]
`, hook.URL)})
	cmd := exec.Command("prometheus-alertmanager", "--config.file="+filepath.Join(dir, "am.yml"), "--storage.path="+dir,
		"--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	am.url = listening(t, cmd)
	return am
}

// hear notes what Alertmanager tells: "firing x".
func (am *alertmanager) hear(_ http.ResponseWriter, r *http.Request) {
	var m struct {
		Alerts []struct {
			Status string
			Labels map[string]string
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&m) // what cannot be read is missed below
	am.mu.Lock()
	defer am.mu.Unlock()
	for _, a := range m.Alerts {
		am.told = append(am.told, a.Status+" "+a.Labels["field"])
	}
}

func (am *alertmanager) heard() []string {
	am.mu.Lock()
	defer am.mu.Unlock()
	return slices.Clone(am.told)
}

// alerts asks Alertmanager which alerts are active.
func (am *alertmanager) alerts(t *testing.T) (list []amAlert) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), daemontest.Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, am.url+"/api/v2/alerts", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

// high is a record with a value of x, some seconds after the start.
func high(x float64, second int) *kgo.Record {
	at := start.Add(time.Duration(second) * time.Second)
	return kafkatest.Record("t", 0, nil, fmt.Appendf(nil, `{"ts":%d,"x":%v}`, at.UnixMilli(), x), at)
}

// TestAlertmanager lets a real Alertmanager know of an alert, for longer than it
// would remember it by itself, and of its end, once each, over a restart of the
// daemon and with one of two Alertmanagers missing.
func TestAlertmanager(t *testing.T) {
	am := startAlertmanager(t)
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	path := config(t, brokers, map[string]string{"monitor.yaml": alertmanagerMonitor, "rules.yaml": alertmanagerRules})
	daemontest.Files(t, filepath.Dir(path), map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
web: {listen: "127.0.0.1:0", external_url: "http://drift.example"}
monitors: ["monitor.yaml"]
rules: ["rules.yaml"]
alerting:
  route: {receiver: am, repeat: 0}
  receivers: [{name: am, alertmanager: {url: ["http://127.0.0.1:1", %q], refresh: 1s}}]
`, quoted(brokers), am.url)})
	d := daemontest.Start(t, path)
	kafkatest.Produce(t, cl, high(100, 1), high(100, 11), high(100, 21))
	d.Until("Alertmanager has told of it", func() bool { return len(am.heard()) > 0 })
	list := am.alerts(t)
	if len(list) != 1 {
		t.Fatalf("Alertmanager has %+v", list)
	}
	a := list[0]
	if a.Labels["alertname"] != "High" || a.Labels["monitor"] != "m" || a.Labels["severity"] != "critical" || a.Labels["team"] != "risk" ||
		a.Labels["class"] != "values" || a.Annotations["summary"] != "x is high" || !strings.HasPrefix(a.Generator, "http://drift.example/monitors/m/fields/x?check=") {
		t.Errorf("Alertmanager has %+v", a)
	}
	if fired := start.Add(10 * time.Second); !a.StartsAt.Equal(fired) {
		t.Errorf("it fires since %v, want %v", a.StartsAt, fired)
	}
	silences(t, d)

	d.Stop()
	d = daemontest.Start(t, path)
	sent := d.Metrics()[`driftwatch_notifications_total{receiver="am"}`]
	d.Until("it was sent again for longer than it is remembered", func() bool {
		return d.Metrics()[`driftwatch_notifications_total{receiver="am"}`] >= sent+6
	})
	if list := am.alerts(t); len(list) != 1 || list[0].Status.State != "active" {
		t.Errorf("Alertmanager has %+v", list)
	}
	kafkatest.Produce(t, cl, high(1, 31), high(1, 41))
	d.Until("Alertmanager has told of the end", func() bool { return len(am.heard()) > 1 })
	if got := am.heard(); !slices.Equal(got, []string{"firing x", "resolved x"}) {
		t.Errorf("Alertmanager told %q", got)
	}
	d.Until("nothing waits", func() bool { return d.Metrics()["driftwatch_outbox_events"] == 0 })
	d.Stop()
}

// silences adds a silence as people do, looks at what the API says of the alert,
// and ends the silence.
func silences(t *testing.T, d *daemontest.Daemon) {
	t.Helper()
	run := func(want string, args ...string) string {
		t.Helper()
		out, errOut, code := daemontest.Run(t, append(append([]string{"silence"}, args...), "--url", d.URL)...)
		if code != 0 || !strings.Contains(out, want) {
			t.Fatalf("silence %q: %d, %s%s", args, code, out, errOut)
		}
		return out
	}
	id, _, _ := strings.Cut(run(" until ", "add", "monitor=m", "field=~x|y", "--for", "1h", "--by", "jane", "--comment", "a new model"), " ")
	run(id, "list")
	reason := func() string {
		var v struct {
			Alerts []struct {
				State      string
				Suppressed []struct{ Receiver, Reason string }
			}
		}
		d.JSON("/api/v1/alerts", &v)
		if len(v.Alerts) != 1 || v.Alerts[0].State != "firing" || len(v.Alerts[0].Suppressed) == 0 {
			return ""
		}
		return v.Alerts[0].Suppressed[0].Receiver + ": " + v.Alerts[0].Suppressed[0].Reason
	}
	d.Until("the alert is silent", func() bool { return strings.HasPrefix(reason(), "am: silenced by jane until 20") })
	run(id+" has ended", "expire", id)
	d.Until("the alert is not silent", func() bool { return reason() == "" })
	run("there are no silences", "list")
}
