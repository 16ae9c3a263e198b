// Package crash kills the daemon, again and again, while records keep coming,
// and compares what it stored with what an undisturbed daemon stores.
package crash

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

func TestMain(m *testing.M) {
	code := m.Run()
	daemontest.Remove()
	os.Exit(code)
}

const (
	topic      = "crash"
	partitions = 4
	// Event time runs faster than the clock, so that windows close often.
	step = 3 * time.Millisecond
	// perKill is how many records may come for each kill: on a busy machine,
	// where all takes longer, there are no more of them to catch up with.
	perKill = 2500
)

var begins = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

// files is the daemon's configuration. Nothing in it depends on the wall
// clock: no partition is ever idle.
func files(brokers []string, group, slack string) map[string]string {
	kafka := fmt.Sprintf("brokers: [%q]", strings.Join(brokers, `","`))
	if group != "" {
		kafka += ", group: " + group
	}
	return map[string]string{
		"driftwatch.yaml": fmt.Sprintf(`kafka: {%s}
store: {path: data}
web: {listen: "127.0.0.1:0"}
monitors: [monitor.yaml]
rules: [rules.yaml]
alerting:
  route: {receiver: team, flap_windows: 0} # what comes and goes is told each time
  receivers: [{name: team, slack: {webhook_url: %q}}]
`, kafka, slack),
		"monitor.yaml": `streams:
  - {name: s, topic: crash, format: json, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h}
    reference: {trailing: 20s, skip_drift: true}
    segments: [[c]]
    fields:
      - {name: x, type: number, min: 0}
      - {name: c, type: category}
  - name: slide
    stream: s
    window: {size: 2s, every: 500ms, lateness: 200ms, idle: 1h}
    fields: [{name: x, type: number}]
  - name: count
    stream: s
    window: {rows: 700, pane: 100ms, lateness: 200ms, idle: 1h}
    fields: [{name: x, type: number}]
  - name: amend
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h, amend: 1m}
    fields: [{name: x, type: number}]
`,
		"rules.yaml": `groups:
  - name: g
    monitor: m
    rules:
      - {alert: Spike, fields: x, when: {check: max, above: 1000}, severity: critical}
`,
	}
}

// produce writes records with growing event times, some late, some broken, a
// spike in every third window, until stop is closed; then it writes what seals
// the windows before. It is never ahead of room, in records. It returns the end
// of the last window that closes.
func produce(t *testing.T, cl *kgo.Client, room *atomic.Int64, stop <-chan struct{}) window.Time {
	rng := rand.New(rand.NewPCG(1, 2))
	event := begins
	written := int64(0)
	for ended := false; !ended; {
		select {
		case <-stop:
			ended = true
		case <-time.After(2 * time.Millisecond):
		}
		if written >= room.Load() && !ended {
			continue
		}
		written += 20
		var records []*kgo.Record
		for range 20 {
			event = event.Add(step)
			records = append(records, record(rng, event))
		}
		kafkatest.Produce(t, cl, records...)
	}
	end := event.Truncate(time.Second).Add(time.Second)
	for p := range partitions { // the last window has records, whatever came before
		kafkatest.Produce(t, cl, kafkatest.Record(topic, int32(p), nil, payload(end.Add(-time.Millisecond), 1, "a"), end),
			kafkatest.Record(topic, int32(p), nil, payload(end.Add(10*time.Second), 1, "a"), end))
	}
	return window.FromTime(end)
}

func record(rng *rand.Rand, event time.Time) *kgo.Record {
	value := rng.Float64() * 100
	if event.Second()%3 == 0 {
		value *= 1000
	}
	at := event.Add(-time.Duration(rng.IntN(190)) * time.Millisecond)
	if rng.IntN(50) == 0 && event.Sub(begins) > 4*time.Second {
		at = at.Add(-3 * time.Second) // late, and of a window that there is
	}
	b := payload(at, value, fmt.Sprintf("c%d", rng.IntN(5)))
	if rng.IntN(50) == 0 {
		b = b[:len(b)/2]
	}
	return kafkatest.Record(topic, int32(rng.IntN(partitions)), nil, b, event)
}

func payload(at time.Time, x float64, c string) []byte {
	return fmt.Appendf(nil, `{"ts":%q,"x":%v,"c":%q}`, at.Format(time.RFC3339Nano), x, c)
}

// slack is a stand-in for Slack that notes the titles of what it is sent, and
// refuses every fourth message.
type slack struct {
	mu     sync.Mutex
	calls  int
	titles []string
}

func (s *slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if err != nil || s.calls%4 == 0 {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	switch {
	case strings.Contains(string(b), "FIRING"):
		s.titles = append(s.titles, "firing")
	case strings.Contains(string(b), "RESOLVED"):
		s.titles = append(s.titles, "resolved")
	}
	fmt.Fprint(w, "ok")
}

// sent returns what was sent, repetitions left out.
func (s *slack) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Compact(slices.Clone(s.titles))
}

func (s *slack) last() string {
	sent := s.sent()
	if len(sent) == 0 {
		return ""
	}
	return sent[len(sent)-1]
}

// crashes runs the test with a number of kills on brokers.
func crashes(t *testing.T, brokers []string, group string, kills int) {
	cl := kafkatest.Idempotent(t, brokers, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	// The events are older than what a broker keeps by default.
	kafkatest.CreateTopic(t, cl, topic, partitions, "retention.ms", "-1")
	stop, last := make(chan struct{}), make(chan window.Time, 1)
	room := &atomic.Int64{}
	go func() { last <- produce(t, cl, room, stop) }()

	disturbed := newSide(t, brokers, group)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	closed := disturbed.closed(t)
	for range kills {
		room.Add(perKill)
		d := daemontest.Start(t, disturbed.config)
		d.Ready()
		time.Sleep(time.Duration(rng.IntN(500)) * time.Millisecond) // when to kill is what is tried
		d.Kill()
	}
	if now := disturbed.closed(t); now <= closed {
		t.Fatalf("%d windows closed between the kills: nothing was tried", now)
	}
	close(stop)
	end := <-last
	disturbed.runUntil(t, end)
	calm := newSide(t, brokers, "")
	calm.runUntil(t, end)

	for _, monitor := range []string{"m", "slide", "count", "amend"} {
		got, want := disturbed.windows(t, monitor), calm.windows(t, monitor)
		if monitor == "count" { // nobody knows when its last window is closed
			both := min(newest(got), newest(want))
			later := func(end window.Time, _ string) bool { return end > both }
			maps.DeleteFunc(got, later)
			maps.DeleteFunc(want, later)
		}
		for _, end := range slices.Sorted(maps.Keys(want)) {
			if got[end] != want[end] {
				t.Fatalf("after %d kills window %v of %s is\n%s\nundisturbed it is\n%s", kills, end, monitor, got[end], want[end])
			}
		}
		if len(got) != len(want) || len(got) < 3 {
			t.Fatalf("%d windows of %s, undisturbed %d", len(got), monitor, len(want))
		}
		t.Logf("%d windows of %s after %d kills", len(got), monitor, kills)
	}
	// They are also what their cuts say, counted again from the topic.
	out, errOut, code := daemontest.Run(t, "replay", "-c", disturbed.config, "--verify")
	if code != 0 || !strings.Contains(out, " 0 differ, 0 cannot be verified") {
		t.Errorf("verified after %d kills: exit code %d, %s%s", kills, code, out, errOut)
	}
	if got, want := disturbed.counters, calm.counters; got != want {
		t.Errorf("counters %+v, undisturbed %+v", got, want)
	}
	// What was overtaken before it could be sent may be left out, so the two
	// differ in length; each resolve follows a fire, and both end alike.
	alerts := disturbed.slack.sent()
	if len(alerts) == 0 || alerts[0] != "firing" || alerts[len(alerts)-1] != calm.slack.last() {
		t.Errorf("alerts sent: %q; undisturbed the last one is %q", alerts, calm.slack.last())
	}
	t.Logf("%d alerts, %+v", len(alerts), calm.counters)
}

func newest(windows map[window.Time]string) window.Time {
	return slices.Max(append(slices.Collect(maps.Keys(windows)), window.None))
}

// side is a daemon with its own store and receiver.
type side struct {
	dir, config string
	slack       *slack
	counters    counters
}

type counters struct{ records, late, broken float64 }

func newSide(t *testing.T, brokers []string, group string) *side {
	s := &side{dir: t.TempDir(), slack: &slack{}}
	server := httptest.NewServer(s.slack)
	t.Cleanup(server.Close)
	daemontest.Files(t, s.dir, files(brokers, group, server.URL))
	s.config = filepath.Join(s.dir, "driftwatch.yaml")
	return s
}

// runUntil runs a daemon until it has closed the window that ends at end and the
// last one that slides over it, and has sent its alerts, and ends it in order.
func (s *side) runUntil(t *testing.T, end window.Time) {
	d := daemontest.Start(t, s.config)
	d.Ready()
	for monitor, last := range map[string]window.Time{"m": end, "slide": end.Add(time.Second), "amend": end} {
		for at := window.None; at < last; { // a busy machine may take long, but it goes on
			before := at
			d.Until("more windows are closed", func() bool {
				var v struct{ Windows []struct{ End window.Time } }
				d.JSON("/api/v1/monitors/"+monitor+"/windows?limit=1", &v)
				if len(v.Windows) > 0 {
					at = v.Windows[0].End
				}
				return at > before
			})
		}
	}
	d.Until("the late records are in their windows", func() bool {
		amended := d.Metrics()[`driftwatch_amended_records_total{monitor="amend"}`]
		return amended > 0 && float64(revisions(d)) == amended
	})
	d.Until("the alerts are sent", func() bool {
		return d.Metrics()["driftwatch_outbox_events"] == 0
	})
	m := d.Metrics()
	s.counters = counters{
		records: m[`driftwatch_records_total{stream="s"}`],
		late:    m[`driftwatch_late_records_total{monitor="m"}`],
		broken:  m[`driftwatch_record_errors_total{reason="json",stream="s"}`],
	}
	d.Stop()
}

// revisions counts the late records that the windows of monitor amend have.
func revisions(d *daemontest.Daemon) int {
	sum, to := 0, ""
	for {
		var page struct {
			Windows []struct {
				End      window.Time
				Revision int
			}
		}
		d.JSON("/api/v1/monitors/amend/windows?limit=1000"+to, &page)
		for _, w := range page.Windows {
			sum += w.Revision
		}
		if len(page.Windows) < 1000 {
			return sum
		}
		to = "&to=" + (page.Windows[0].End - 1).String()
	}
}

// closed returns the number of closed windows in the store.
func (s *side) closed(t *testing.T) int { return len(s.windows(t, "m")) }

// windows reads what the store has of a monitor's closed windows.
func (s *side) windows(t *testing.T, monitor string) map[window.Time]string {
	st, err := store.Open(filepath.Join(s.dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	out := map[window.Time]string{}
	err = st.View(func(tx *store.Tx) error {
		tx.Windows(monitor, window.None, window.Newest, func(end window.Time, b []byte) bool {
			out[end] = fmt.Sprintf("%s\nand a profile with hash %x", b, sha256.Sum256(tx.Profile(monitor, end)))
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestKilledAtAnyMoment(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	crashes(t, brokers, "", 20)
}

func TestKilledAtAnyMomentInAGroup(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	crashes(t, brokers, "watchers", 5)
}
