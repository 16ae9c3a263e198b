package crash

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// fleetMonitors are those that the processes of a fleet share.
var fleetMonitors = []string{"count", "plain", "slide", "trail"}

// fleetFiles is the configuration of each process. Alerts fire once, each in a
// window of its own, since clock grows with event time.
func fleetFiles(kafka, hook string) map[string]string {
	var rules strings.Builder
	for k := range 200 {
		fmt.Fprintf(&rules, "      - {alert: Reached%d, fields: clock, when: {check: max, above: %d}}\n", k, 3*k)
	}
	return map[string]string{
		"driftwatch.yaml": fmt.Sprintf(`kafka: {%s}
store: {path: data}
web: {listen: "127.0.0.1:0"}
monitors: [monitor.yaml]
rules: [rules.yaml]
alerting:
  route: {receiver: team, flap_windows: 0} # what comes and goes is told each time
  receivers: [{name: team, webhook: {url: %q}}]
`, kafka, hook),
		"monitor.yaml": `streams:
  - {name: s, topic: crash, format: json, time: {field: ts}}
monitors:
  - name: plain
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h}
    segments: [[c]]
    fields: [{name: x, type: number, min: 0}, {name: c, type: category}, {name: clock, type: number}]
  - name: trail
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h}
    reference: {trailing: 20s}
    fields: [{name: x, type: number}, {name: c, type: category}, {name: clock, type: number}]
  - name: slide
    stream: s
    window: {size: 2s, every: 500ms, lateness: 400ms, idle: 1h}
    fields: [{name: x, type: number}, {name: c, type: category}, {name: clock, type: number}]
  - name: count
    stream: s
    window: {rows: 700, pane: 100ms, lateness: 200ms, idle: 1h}
    fields: [{name: x, type: number}, {name: c, type: category}, {name: clock, type: number}]
`,
		"rules.yaml": "groups:\n  - name: g\n    monitor: [plain, trail, slide, count]\n    rules:\n" + rules.String(),
	}
}

// produceClock writes records, some of them late, until stop is closed, and then
// what seals the windows before.
func produceClock(t *testing.T, cl *kgo.Client, stop <-chan struct{}) {
	rng := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	write := func(p int, at time.Time, logged time.Time) *kgo.Record {
		b := fmt.Appendf(nil, `{"ts":%q,"x":%v,"c":"c%d","clock":%v}`,
			at.Format(time.RFC3339Nano), rng.Float64()*100, rng.IntN(5), at.Sub(begin).Seconds())
		return kafkatest.Record(topic, int32(p), nil, b, logged)
	}
	event := begin
	for ended := false; !ended; {
		select {
		case <-stop:
			ended = true
		case <-time.After(10 * time.Millisecond):
		}
		var records []*kgo.Record
		for range 20 {
			event = event.Add(step)
			at := event.Add(-time.Duration(rng.IntN(190)) * time.Millisecond)
			if rng.IntN(50) == 0 {
				at = at.Add(-3 * time.Second)
			}
			records = append(records, write(rng.IntN(partitions), at, event))
		}
		kafkatest.Produce(t, cl, records...)
	}
	for p := range partitions {
		kafkatest.Produce(t, cl, write(p, event.Add(10*time.Second), event.Add(10*time.Second)))
	}
}

// hook notes the alerts that it is told of.
type hook struct {
	mu    sync.Mutex
	fired map[string][]time.Time // by monitor, alert and window, when
}

func (h *hook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var m struct {
		Alerts []struct {
			Monitor   string `json:"monitor"`
			Alert     string `json:"alert"`
			State     string `json:"state"`
			WindowEnd string `json:"window_end"`
		}
	}
	err := json.NewDecoder(r.Body).Decode(&m)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range m.Alerts {
		key := fmt.Sprintf("%s %s %s %s", a.Monitor, a.Alert, a.State, a.WindowEnd)
		h.fired[key] = append(h.fired[key], time.Now())
	}
	if err != nil {
		h.fired[err.Error()] = nil
	}
}

// enough is how many alerts have to be told for a comparison to say something.
const enough = 10

// sated reports whether enough alerts were told.
func (h *hook) sated() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.fired) >= enough
}

// fleetMember is one process with its own store.
type fleetMember struct {
	*daemontest.Daemon
	t           *testing.T
	dir, config string
}

func newMember(t *testing.T, kafka string, h *hook) *fleetMember {
	m := &fleetMember{t: t, dir: t.TempDir()}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	daemontest.Files(t, m.dir, fleetFiles(kafka, server.URL))
	m.config = filepath.Join(m.dir, "driftwatch.yaml")
	return m
}

func (m *fleetMember) start() {
	m.Daemon = daemontest.Start(m.t, m.config)
}

// runs returns the monitors that the process has now.
func (m *fleetMember) runs() []string {
	var v struct{ Monitors []struct{ Name string } }
	m.JSON("/api/v1/monitors", &v)
	var names []string
	for _, m := range v.Monitors {
		names = append(names, m.Name)
	}
	return names
}

// newest returns the end of the newest window of each monitor that it runs.
func (m *fleetMember) newest() map[string]window.Time {
	out := map[string]window.Time{}
	for _, name := range m.runs() {
		var v struct{ Windows []struct{ End window.Time } }
		if status, body := m.Get("/api/v1/monitors/" + name + "/windows"); status != http.StatusOK || json.Unmarshal([]byte(body), &v) != nil {
			continue // it moves just now
		}
		if n := len(v.Windows); n > 0 {
			out[name] = v.Windows[n-1].End
		}
	}
	return out
}

// newestOf is newest of all processes together.
func newestOf(fleet []*fleetMember) map[string]window.Time {
	out := map[string]window.Time{}
	for _, m := range fleet {
		for name, end := range m.newest() {
			out[name] = max(out[name], end)
		}
	}
	return out
}

// shared waits until each process has some of the monitors and each monitor one
// process.
func shared(fleet []*fleetMember) {
	fleet[0].Until("the monitors are shared", func() bool {
		var all []string
		for _, m := range fleet {
			names := m.runs()
			all = append(all, names...)
			if len(names) == 0 {
				return false
			}
		}
		return slices.Equal(slices.Sorted(slices.Values(all)), fleetMonitors)
	})
}

// goOn waits until windows of all monitors have closed since.
func goOn(fleet []*fleetMember) {
	before := newestOf(fleet)
	fleet[0].Until("windows of all monitors close", func() bool {
		now := newestOf(fleet)
		return !slices.ContainsFunc(fleetMonitors, func(name string) bool { return now[name] <= before[name] || now[name] == 0 })
	})
}

// kept is what a store has of a monitor.
type kept struct {
	windows map[window.Time]string
	volumes []store.Volume
	total   uint64
}

func (m *fleetMember) kept() map[string]kept {
	m.t.Helper()
	st, err := store.Open(filepath.Join(m.dir, "data"))
	if err != nil {
		m.t.Fatal(err)
	}
	defer st.Close()
	out := map[string]kept{}
	err = st.View(func(tx *store.Tx) error {
		for _, name := range fleetMonitors {
			k := kept{windows: map[window.Time]string{}, total: tx.WindowsTotal(name)}
			tx.Windows(name, window.None, window.Newest, func(end window.Time, b []byte) bool { k.windows[end] = string(b); return true })
			tx.Volumes(name, func(v store.Volume) bool { k.volumes = append(k.volumes, v); return true })
			out[name] = k
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return out
}

// Three processes of one group are restarted one after the other under load, one
// is killed for good, a new one joins, and one sleeps for longer than its session
// and wakes up: windows are those of one undisturbed process, byte for byte, and
// every alert is sent, once.
func fleet(t *testing.T, brokers []string, session string) {
	cl := kafkatest.Idempotent(t, brokers, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	kafkatest.CreateTopic(t, cl, topic, partitions, "retention.ms", "-1")
	address := fmt.Sprintf("brokers: [%q]", strings.Join(brokers, `","`))
	group := address + ", group: fleet, session: " + session
	told := &hook{fired: map[string][]time.Time{}}
	var all []*fleetMember
	for range 4 {
		all = append(all, newMember(t, group, told))
	}
	three := all[:3]
	for _, m := range three {
		m.start()
	}
	shared(three)
	for _, m := range three {
		var status struct{ Group struct{ Elsewhere []string } }
		m.JSON("/api/v1/status", &status)
		if known := append(m.runs(), status.Group.Elsewhere...); !slices.Equal(slices.Sorted(slices.Values(known)), fleetMonitors) {
			t.Errorf("a process has %v and says that others have %v", m.runs(), status.Group.Elsewhere)
		}
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	var halt sync.Once
	go func() { defer close(ended); produceClock(t, cl, stop) }()
	t.Cleanup(func() { halt.Do(func() { close(stop) }); <-ended })
	goOn(three)

	for _, m := range three {
		had := m.runs()
		m.Stop()
		m.start()
		m.Until("it has its monitors back", func() bool { return slices.Equal(m.runs(), had) })
		goOn(three)
	}
	had := three[0].runs()
	if status, body := three[0].Post("/-/reload"); status != http.StatusOK {
		t.Fatalf("reload: status %d: %s", status, body)
	}
	goOn(three)
	if now := three[0].runs(); !slices.Equal(now, had) {
		t.Errorf("after a reload it has %v, before %v", now, had)
	}
	killed := fault{from: time.Now()}
	three[2].Kill()
	shared(all[:2])
	killed.to = time.Now()
	t.Logf("%v after one of three was killed, the others have its monitors", killed.to.Sub(killed.from).Round(time.Millisecond))
	goOn(all[:2])
	all[3].start()
	left := []*fleetMember{all[0], all[1], all[3]}
	shared(left)
	goOn(left)

	all[0].Signal(syscall.SIGSTOP)
	slept := fault{from: time.Now()}
	shared(left[1:])
	goOn(left[1:])
	all[0].Signal(syscall.SIGCONT)
	shared(left)
	slept.to = time.Now() // what was on its way arrives when it wakes up
	goOn(left)
	halt.Do(func() { close(stop) })
	<-ended

	toldCalm := &hook{fired: map[string][]time.Time{}}
	endFleet(t, all, left, newMember(t, address, toldCalm))
	compareAlerts(t, told, toldCalm, killed, slept)
}

// endFleet waits until the processes that are left have done all that one has
// which is alone, and compares.
func endFleet(t *testing.T, all, left []*fleetMember, calm *fleetMember) {
	t.Helper()
	calm.start()
	last := until(calm)
	left[0].Until("all windows are closed", func() bool { return maps.Equal(newestOf(left), last) })
	owner := map[string]*fleetMember{}
	for _, m := range append(left, calm) {
		for _, name := range m.runs() {
			if m != calm {
				owner[name] = m
			}
		}
		m.Until("the alerts are sent", func() bool { return m.Metrics()["driftwatch_outbox_events"] == 0 })
		m.Stop()
	}
	compareFleet(t, all, owner, calm.kept())
}

// until waits until a process that is alone has read everything, and returns the
// ends of its newest windows.
func until(calm *fleetMember) map[string]window.Time {
	calm.Until("all is read", func() bool {
		m := calm.Metrics()
		lag := 0.0
		for p := range partitions {
			lag += m[fmt.Sprintf(`driftwatch_lag_records{partition="%d",stream="s"}`, p)]
		}
		return lag == 0 && m[`driftwatch_records_total{stream="s"}`] > 0
	})
	last := calm.newest()
	calm.Until("no window closes any more", func() bool {
		before := last
		last = calm.newest()
		return len(last) == len(fleetMonitors) && maps.Equal(last, before)
	})
	return last
}

// compareFleet holds all windows that the processes have against those of one
// process. Results stay where they were made; the last owner knows how many there
// were, and of how many rows.
func compareFleet(t *testing.T, all []*fleetMember, owner map[string]*fleetMember, want map[string]kept) {
	t.Helper()
	var stores []map[string]kept
	for _, m := range all {
		stores = append(stores, m.kept())
	}
	for _, name := range fleetMonitors {
		found := map[window.Time]bool{}
		for _, kept := range stores {
			for end, b := range kept[name].windows {
				found[end] = true
				if b != want[name].windows[end] {
					t.Fatalf("window %v of %s is\n%s\nand of one process\n%s", end, name, b, want[name].windows[end])
				}
			}
		}
		k := stores[slices.Index(all, owner[name])][name]
		if !slices.Equal(k.volumes, want[name].volumes) || k.total != want[name].total {
			t.Fatalf("%s has %d windows, of one process %d; the volumes are %v and %v", name, k.total, want[name].total, k.volumes, want[name].volumes)
		}
		t.Logf("%s: %d windows, of which %d results are kept by some process", name, k.total, len(found))
	}
}

// fault is from when a process was killed or put to sleep, or the brokers were, until
// its monitors had a process again and it was gone or awake.
type fault struct{ from, to time.Time }

// risky reports whether an alert that was noted at a time may come again: it was on
// its way when the process stopped, and nobody can know whether it had arrived.
func (f fault) risky(at time.Time) bool {
	return at.After(f.from.Add(-3*time.Second)) && at.Before(f.to)
}

// compareAlerts demands each alert once, save for those that were on their way.
func compareAlerts(t *testing.T, told, want *hook, faults ...fault) {
	t.Helper()
	for key := range want.fired {
		if len(told.fired[key]) == 0 {
			t.Errorf("lost: %s", key)
		}
	}
	for key, at := range told.fired {
		risky := slices.ContainsFunc(faults, func(f fault) bool { return f.risky(at[0]) })
		if len(want.fired[key]) == 0 || len(at) > 1 && !risky {
			t.Errorf("%s was sent at %v, undisturbed %d times", key, at, len(want.fired[key]))
		}
	}
	if len(want.fired) < enough {
		t.Errorf("%d alerts are too few", len(want.fired))
	}
	t.Logf("%d alerts, sent once each", len(told.fired))
}

func TestFleet(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.GroupMinSessionTimeout(time.Millisecond))
	fleet(t, brokers, "6s")
}

// A topic that would lose the state of quiet monitors is refused, with what to do.
func TestStateTopicThatIsNotCompacted(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Client(t, brokers)
	kafkatest.CreateTopic(t, cl, topic, partitions)
	kafkatest.CreateTopic(t, cl, "mine", 1)
	m := newMember(t, fmt.Sprintf("brokers: [%q], group: fleet, state_topic: mine", brokers[0]), &hook{})
	_, stderr, code := daemontest.Run(t, "run", "-c", m.config)
	if code != 1 || !strings.Contains(stderr, `topic "mine": its cleanup.policy is "delete"`) {
		t.Errorf("it ended with %d:\n%s", code, stderr)
	}
}

// A process beyond the number of monitors waits for work: it is ready, and has it
// when the other is gone. What is taken out of the configuration belongs to nobody.
func TestProcessWithoutWork(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.GroupMinSessionTimeout(time.Millisecond))
	cl := kafkatest.Client(t, brokers)
	kafkatest.CreateTopic(t, cl, topic, partitions, "retention.ms", "-1")
	kafka := fmt.Sprintf("brokers: [%q], group: fleet, session: 2s", brokers[0])
	one, two := newMember(t, kafka, &hook{}), newMember(t, kafka, &hook{})
	only := func(m *fleetMember, name string) {
		daemontest.Files(t, m.dir, map[string]string{"monitor.yaml": fmt.Sprintf(`streams: [{name: s, topic: crash, format: json}]
monitors: [{name: %s, stream: s, window: {size: 1s}, fields: [{name: x, type: number}]}]
`, name), "rules.yaml": "groups: []\n"})
	}
	only(one, "plain")
	only(two, "plain")
	one.start()
	one.Until("it has the monitor", func() bool { return len(one.runs()) == 1 })
	two.start()
	two.Ready()
	if len(two.runs()) != 0 || len(one.runs()) != 1 {
		t.Errorf("they run %v and %v", one.runs(), two.runs())
	}
	one.Kill()
	two.Until("it has the monitor of the other", func() bool { return len(two.runs()) == 1 })
	only(two, "trail")
	two.Post("/-/reload")
	two.Until("it has the monitor that is new", func() bool { return slices.Equal(two.runs(), []string{"trail"}) })
	two.Stop()
}
