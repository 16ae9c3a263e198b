package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/alerting"
	"driftwatch/alerting/summary"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// digestCron is when digests are due: hours ago, and in many hours.
var digestCron = time.Now().UTC().Add(-3 * time.Hour).Format("4 15 * * *")

// digestFiles are a monitor, a rule that fires, one that never does, and digests.
func digestFiles(broker, hook string) map[string]string {
	return map[string]string{
		"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%q]}
web: {listen: "127.0.0.1:0", external_url: "http://drift.example"}
monitors: [m.yaml]
rules: [r.yaml]
reload: {watch: off}
alerting:
  route: {receiver: team}
  receivers: [{name: team, webhook: {url: %q}}, {name: readers, webhook: {url: %q}}]
  digests: [{name: weekly, cron: %[4]q, receiver: readers}, {name: others, cron: %[4]q, receiver: readers, monitors: ["n*"]}]
`, broker, hook+"/alerts", hook+"/digests", digestCron),
		"m.yaml": `streams: [{name: s, topic: t, format: json}]
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h}
    reference: {first: 1}
    checks: [mean, psi]
    fields: [{name: x, type: number}, {name: y, type: number}]
`,
		"r.yaml": `groups:
  - {name: g, monitor: m, rules: [{alert: High, when: {check: mean, above: 50}}, {alert: Never, when: {check: mean, above: 9000}}]}
`,
	}
}

// startDigests starts a daemon in dir. Before it runs, prepare may change its store.
func startDigests(t *testing.T, dir string, prepare func(*daemon)) (d *daemon, stop func()) {
	t.Helper()
	d, g, err := newDaemon(Options{Config: filepath.Join(dir, "driftwatch.yaml"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx, g) }()
	return d, func() {
		cancel()
		if err := errors.Join(<-ended, d.store.Close()); err != nil {
			t.Error(err)
		}
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// TestDigestCounts: a digest of real windows and rules says what an independent
// count of windows and alerts says, and one that fell due while the daemon was away
// is sent at its start, once.
func TestDigestCounts(t *testing.T) {
	posted := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			Status string
			Digest struct{ Name string }
		}
		b, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(b, &body)
		}
		if err != nil {
			t.Errorf("%v: %s", err, b)
		}
		if r.URL.Path == "/digests" {
			posted <- body.Status + " " + body.Digest.Name
		}
	}))
	defer hook.Close()
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	// Windows of 10 s with 200 rows each: x is high in some, y in others.
	begin := time.Now().Add(-time.Hour).Truncate(10 * time.Second)
	const windows, rows = 40, 200
	var records []*kgo.Record
	for i := range windows*rows + 1 {
		n, x, y := i/rows, i%7, i%5
		if n%3 == 1 {
			x += 100
		}
		if n > 20 {
			y += 100
		}
		at := begin.Add(time.Duration(i) * 10 * time.Second / rows)
		records = append(records, kafkatest.Record("t", 0, nil, fmt.Appendf(nil, `{"x":%d,"y":%d}`, x, y), at))
	}
	kafkatest.Produce(t, cl, records...)

	dir := t.TempDir()
	for name, content := range digestFiles(brokers[0], hook.URL) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, stop := startDigests(t, dir, func(d *daemon) {
		known := fmt.Sprintf(`{"cron": %q, "since": %q}`, digestCron, time.Now().Add(-20*24*time.Hour).UTC().Format(time.RFC3339))
		if err := (shelf{d.store, digestKey + "weekly"}).Save([]byte(known)); err != nil {
			t.Fatal(err)
		}
	})
	if got := <-posted; got != "digest weekly" {
		t.Errorf("what was missed is %q", got)
	}
	_, err := d.silences.Add(alerting.Silence{Matchers: []string{"field=y"}, EndsAt: time.Now().Add(time.Hour), CreatedBy: "ana", Comment: "known"})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "all windows", func() bool {
		s := d.snapshot()
		return len(s.Monitors) == 1 && s.Monitors[0].WindowsTotal == windows
	})
	got, err := d.Digest("weekly", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	checkDigest(t, d, &got)
	if got, err := d.Digest("others", 0); err != nil || got.Totals.Monitors != 0 || got.To.Sub(got.From) != 24*time.Hour {
		t.Errorf("the digest of other monitors is %+v, %v", got, err)
	}
	if _, err := d.Digest("nobody", 0); err == nil {
		t.Error("there is a digest of an unknown name")
	}
	stop()
	d, stop = startDigests(t, dir, nil)
	until(t, "the restart", func() bool { return d.digests.Load() != nil && d.snapshot().Ready })
	again, err := d.Digest("weekly", time.Hour)
	if err != nil || again.Totals.Fired != got.Totals.Fired || again.Totals.Windows != got.Totals.Windows {
		t.Errorf("after a restart it says %+v, %v, before %+v", again.Totals, err, got.Totals)
	}
	stop()
	close(posted)
	for more := range posted {
		t.Errorf("%q came too", more)
	}
}

// checkDigest compares a digest with a count of the windows in the store and the
// alerts in the snapshot.
func checkDigest(t *testing.T, d *daemon, got *summary.Digest) {
	t.Helper()
	ws, err := history{d.store, func(string) checks.Redaction { return nil }}.Windows("m", window.None, window.Newest, 1000)
	if err != nil {
		t.Fatal(err)
	}
	drifted, read := 0, uint64(0)
	for _, w := range ws {
		read += w.Whole().Rows
		if w.Drift() {
			drifted++
		}
	}
	fired, firing, longest := 0, 0, 0.0
	for _, a := range d.snapshot().Alerts {
		end := a.WindowEnd
		switch a.State {
		case rules.Firing:
			firing++
		case rules.Resolved:
			end = *a.EndsAt
		default:
			continue
		}
		fired++
		longest = max(longest, end.Time().Sub(a.Fired.Time()).Seconds())
	}
	if drifted < 20 || fired < 10 || firing == 0 {
		t.Fatalf("%d windows drifted, %d alerts fired and %d are: the data is too calm", drifted, fired, firing)
	}
	if n := got.Totals; n.Windows != len(ws) || n.Rows != read || n.Fired != fired || n.Firing != firing || n.Monitors != 1 || n.Rules != 2 || n.Quiet != 1 {
		t.Errorf("totals %+v; counted %d windows with %d rows, %d fires, %d firing", n, len(ws), read, fired, firing)
	}
	if v := got.Monitors.Top; len(v) != 1 || v[0].Drifted != drifted || v[0].Windows != len(ws) || len(v[0].Fields) != 2 {
		t.Errorf("monitors %+v; counted %d windows with drift", v, drifted)
	}
	r := got.Rules.Top
	if len(r) != 1 || r[0].Alert != "High" || r[0].Fired != fired || r[0].Firing != firing || math.Abs(r[0].Longest-longest) > 0.001 || r[0].Alerts != 2 {
		t.Errorf("rules %+v; counted %d fires, the longest %v s", r, fired, longest)
	}
	if o := got.TooOften.Top; len(o) != 1 || o[0].Reason != summary.Flaps || o[0].Where.Field != "x" {
		t.Errorf("too often: %+v", o)
	}
	if q := got.Quiet.Top; len(q) != 1 || q[0].Alert != "Never" {
		t.Errorf("rules that did not fire: %+v", q)
	}
	if s := got.Silences.Top; len(s) != 1 || s[0].CreatedBy != "ana" || s[0].Matched != 1 {
		t.Errorf("silences %+v", s)
	}
	if got.URL != "http://drift.example/" {
		t.Errorf("its page is %q", got.URL)
	}
}
