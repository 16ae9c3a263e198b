package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

const replayMonitors = `streams:
  - {name: s, topic: t, time: {field: ts}, max_ahead: 20s}
monitors:
  - name: tumbling
    stream: s
    window: {size: 10s, lateness: 2s, idle: 1s}
    segments: [[c]]
    reference: {trailing: 30s}
    fields: [{name: x, type: number}, {name: c, type: category}]
  - name: sliding
    stream: s
    window: {size: 30s, every: 10s, lateness: 2s, idle: 1s}
    reference: {file: reference.jsonl}
    fields: [{name: x, type: number}, {name: c, type: category}]
`

// replayRecords fill three partitions with a hundred seconds of disorder below
// the lateness, and some that are late. x is shifted for thirty of them, and the third partition falls
// silent long before the others.
func replayRecords(t *testing.T, brokers []string) *kgo.Client {
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 3)
	rng := rand.New(rand.NewPCG(7, 7))
	record := func(i int) *kgo.Record {
		at := start.Add(time.Duration(i)*25*time.Millisecond + time.Duration(rng.IntN(1900))*time.Millisecond)
		if i%500 == 13 && i > 1000 {
			at = at.Add(-25 * time.Second) // late
		}
		x := rng.IntN(1000)
		if i >= 1600 && i < 2800 {
			x += 5000
		}
		p := rng.IntN(3)
		if i > 1000 {
			p = rng.IntN(2)
		}
		value := fmt.Appendf(nil, `{"ts":%d,"x":%d,"c":"c%d"}`, at.UnixMilli(), x, rng.IntN(4))
		return kafkatest.Record("t", int32(p), nil, value, at.Add(3*time.Second))
	}
	tx := kafkatest.Transactional(t, brokers, "tx")
	var waiting []*kgo.Record
	for i := range 4000 {
		switch i % 900 {
		case 7:
			kafkatest.Produce(t, cl, waiting...)
			waiting = nil
			kafkatest.InTransaction(t, tx, false, record(i))
		case 9:
			waiting = append(waiting, kafkatest.Record("t", 0, nil, []byte("no JSON"), start))
		default:
			waiting = append(waiting, record(i))
		}
	}
	kafkatest.Produce(t, cl, waiting...)
	return cl
}

// replayFiles are the files of the daemon that replays are compared with.
func replayFiles() map[string]string {
	var reference strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&reference, "{\"x\":%d,\"c\":\"c%d\"}\n", i, i%4)
	}
	return map[string]string{
		"monitor.yaml": replayMonitors, "reference.jsonl": reference.String(), "rules.yaml": `groups:
  - name: g
    monitor: "*"
    rules: [{alert: High, when: {check: mean, above: 3000}}]
`, "other/rules.yaml": `groups:
  - name: g
    monitor: tumbling
    rules:
      - {alert: Drift, fields: [x], when: {check: ks, drift: true}, windows: 2}
      - {alert: Never, when: {check: mean, above: 100000}}
`}
}

// replayed is what replay --json prints.
type replayed struct {
	Windows []json.RawMessage
	Alerts  []rules.Alert
	Summary struct {
		Windows, Alerts int
		Errors          map[string]int
		Late            map[string]int `json:"late_records"`
	}
}

func replay(t *testing.T, config string, args ...string) replayed {
	t.Helper()
	out, errOut, code := daemontest.Run(t, append([]string{"replay", "-c", config, "--json"}, args...)...)
	var v replayed
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != 0 || errOut != "" {
		t.Fatalf("replay %v: exit code %d, %s, %v: %.300s", args, code, errOut, err, out)
	}
	return v
}

// of says which window a line of the replay is.
func of(t *testing.T, raw json.RawMessage) (w struct {
	Monitor, Segment string
	Start, End       window.Time
}) {
	t.Helper()
	if err := json.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestReplay(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Fake(t)
	testReplay(t, brokers)
}

// testReplay: a replay finds the windows and the alerts of a daemon that ran, byte
// for byte, but for what cuts say of who was not waited for.
func testReplay(t *testing.T, brokers []string) {
	cl := replayRecords(t, brokers)
	path := config(t, brokers, replayFiles())
	all := replay(t, path)
	d := daemontest.Start(t, path)
	d.Until("all windows are closed", func() bool {
		m := d.Metrics()
		return m[`driftwatch_windows_total{monitor="sliding"}`]+m[`driftwatch_windows_total{monitor="tumbling"}`] == float64(all.Summary.Windows)
	})
	for _, raw := range all.Windows {
		w := of(t, raw)
		status, body := d.Get("/api/v1/monitors/" + w.Monitor + "/windows/" + w.End.String() + "?segment=" + url.QueryEscape(w.Segment))
		if got := withoutIdleness(body); status != http.StatusOK || got != withoutIdleness(string(raw)) {
			t.Fatalf("window %v of %s, segment %q: the daemon has, with status %d,\n%s\nthe replay\n%s", w.End, w.Monitor, w.Segment, status, body, raw)
		}
	}
	out, errOut, code := daemontest.Run(t, "replay", "-c", path, "--verify")
	if code != 1 || !strings.Contains(errOut, "another process has it open: stop the daemon") {
		t.Errorf("--verify beside a daemon: exit code %d, %s%s", code, out, errOut)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	status, backup := d.Get("/api/v1/backup")
	if err := os.WriteFile(copied, []byte(backup), 0o600); status != http.StatusOK || err != nil {
		t.Fatalf("the backup: status %d, %v", status, err)
	}
	out, errOut, code = daemontest.Run(t, "replay", "-c", path, "--verify", "--store", copied, "--json")
	if want := fmt.Sprintf(`"ok": %d`, all.Summary.Windows); code != 0 || !strings.Contains(out, want) {
		t.Errorf("--verify of a backup: exit code %d, %s%s", code, out, errOut)
	}
	var shown struct{ Alerts []rules.Alert }
	d.JSON("/api/v1/alerts", &shown)
	d.Stop()
	if got, want := histories(all.Alerts), histories(shown.Alerts); !slices.Equal(got, want) || len(got) != 2 {
		t.Errorf("alerts %v, of the daemon %v", got, want)
	}
	if s := all.Summary; s.Errors["json"] != 5 || s.Late["tumbling"] == 0 || s.Late["tumbling"] != s.Late["sliding"] {
		t.Errorf("errors %v, late %v", s.Errors, s.Late)
	}

	testVerify(t, path, all.Summary.Windows)

	other := replay(t, path, "--rules", filepath.Join(filepath.Dir(path), "other"), "--monitor", "tumb*",
		"--from", start.Add(30*time.Second).Format(time.RFC3339), "--to", start.Add(80*time.Second).Format(time.RFC3339))
	if a := other.Alerts; other.Summary.Windows != 5 || len(a) == 0 || a[0].Name != "Drift" || a[0].State != rules.Firing || a[0].Field != "x" {
		t.Errorf("with other rules: %+v, alerts %v", other.Summary, histories(a))
	}
	for _, raw := range other.Windows {
		w := of(t, raw)
		if w.Monitor != "tumbling" || w.Start < window.FromTime(start.Add(30*time.Second)) {
			t.Errorf("window %v of %s was not asked for", w.End, w.Monitor)
		}
		same := slices.ContainsFunc(all.Windows, func(r json.RawMessage) bool {
			return of(t, r) == w && withoutIdleness(string(r)) == withoutIdleness(string(raw))
		})
		if !same {
			t.Errorf("window %v, segment %q, of the span differs from that of all", w.End, w.Segment)
		}
	}

	kafkatest.DeleteRecords(t, cl, "t", 1, 700)
	out, _, code = daemontest.Run(t, "replay", "-c", path, "--verify", "--monitor", "sliding")
	gone := regexp.MustCompile(`(?m)^\S+ +sliding +unverifiable +records of partition 1 are gone: it begins at offset 700$`)
	if code != 0 || len(gone.FindAllString(out, -1)) < 3 || strings.Contains(out, ": 0 ok, ") || !strings.Contains(out, " 0 differ") {
		t.Errorf("--verify after records have gone: exit code %d, %s", code, out)
	}
}

// testVerify: the stored windows are computed again, byte for byte; one that was
// changed is found.
func testVerify(t *testing.T, path string, windows int) {
	t.Helper()
	out, errOut, code := daemontest.Run(t, "replay", "-c", path, "--verify")
	if want := fmt.Sprintf("%d windows: %d ok, 0 differ, 0 cannot be verified", windows, windows); code != 0 || !strings.Contains(out, want) {
		t.Errorf("--verify: exit code %d, %s%s", code, out, errOut)
	}
	// The cut of the first of these windows spans records that are late for its first pane.
	out, _, code = daemontest.Run(t, "replay", "-c", path, "--verify", "--monitor", "sliding", "--from", start.Format(time.RFC3339))
	if code != 0 || !strings.Contains(out, " 0 differ, 0 cannot be verified") {
		t.Errorf("--verify from a window on: exit code %d, %s", code, out)
	}
	end := window.FromTime(start.Add(60 * time.Second))
	st, err := store.Open(filepath.Join(filepath.Dir(path), "data"))
	if err != nil {
		t.Fatal(err)
	}
	err = st.Update(func(tx *store.Tx) error {
		b := slices.Clone(tx.Window("tumbling", end))
		i := bytes.Index(b, []byte(`"mean":{"value":5`))
		if i < 0 {
			return fmt.Errorf("there is no such mean in %s", b)
		}
		b[i+len(`"mean":{"value":`)] = '4'
		return tx.PutWindow("tumbling", b, tx.Volume("tumbling", end))
	})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	out, errOut, code = daemontest.Run(t, "replay", "-c", path, "--verify", "--monitor", "tumbling")
	line := regexp.MustCompile(`(?m)^2026-03-01T00:01:00Z +tumbling +differs +segments\[\].fields\[x\].checks.mean.value is 4\d+.*, computed again 5\d+`)
	if code != 1 || !line.MatchString(out) || !strings.Contains(out, " 1 differ, 0 cannot be verified") {
		t.Errorf("--verify of a changed window: exit code %d, %s%s", code, out, errOut)
	}
}

var (
	idleness = regexp.MustCompile(`,"(ended|idle)":true`)
	slidCut  = regexp.MustCompile(`("monitor":"sliding".*),"cut":.*`) // is in parts where a partition was idle
)

// withoutIdleness leaves out what cuts say of idleness.
func withoutIdleness(w string) string {
	return strings.TrimSpace(slidCut.ReplaceAllString(idleness.ReplaceAllString(w, ""), "$1"))
}

// histories says of each alert that ended when it fired and when it resolved.
func histories(alerts []rules.Alert) (list []string) {
	for _, a := range alerts {
		if a.State == rules.Resolved {
			list = append(list, fmt.Sprintf("%s of %s, %s: %v to %v", a.Name, a.Monitor, a.Field, a.Fired, a.EndsAt))
		}
	}
	slices.Sort(list)
	return list
}
