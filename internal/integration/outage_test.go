//go:build integration

package integration

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

const outageMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h}
    fields: [{name: x, type: number}]
`

// TestBrokerDownAtStart: the daemon waits, says why, and reads once the broker
// is there.
func TestBrokerDownAtStart(t *testing.T) {
	broker := kafkatest.Real(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address})
	kafkatest.CreateTopic(t, cl, "t", 2)
	kafkatest.Produce(t, cl, goodRecord("t", 0, 0), goodRecord("t", 1, 0), goodRecord("t", 0, 10*time.Second), goodRecord("t", 1, 10*time.Second))
	broker.Kill()

	d := daemontest.Start(t, config(t, []string{broker.Address}, map[string]string{"monitor.yaml": outageMonitor}))
	var problem string
	d.Until("the problem is shown", func() bool {
		var s status
		d.JSON("/api/v1/status", &s)
		for _, stream := range s.Streams {
			problem = stream.Problem
		}
		return problem != ""
	})
	if code, body := d.Get("/-/ready"); code != http.StatusServiceUnavailable {
		t.Errorf("ready without a broker: %d %s", code, body)
	}
	if code, _ := d.Get("/-/healthy"); code != http.StatusOK {
		t.Errorf("not healthy without a broker: %d", code)
	}
	broker.Start()
	d.Ready()
	d.Until("the window is closed", func() bool { return len(windows(d, "m")) == 1 })
	if rows := windows(d, "m")[0].Rows; rows != 2 {
		t.Errorf("%d rows, want 2", rows)
	}
	if n := strings.Count(d.Log(), "level=ERROR") + strings.Count(d.Log(), "level=WARN"); n > 5 {
		t.Errorf("the outage was said %d times:\n%s", n, d.Log())
	}
	d.Stop()
	t.Logf("said while it was down: %q", problem)
}

// TestBrokerKilled kills the broker while records are written and read: each
// window has the rows that were written, no more and no less.
func TestBrokerKilled(t *testing.T) {
	const kills, partitions = 3, 3
	broker := kafkatest.Real(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address})
	kafkatest.CreateTopic(t, cl, "t", partitions)
	d := daemontest.Start(t, config(t, []string{broker.Address}, map[string]string{"monitor.yaml": outageMonitor}))
	d.Ready()

	w := &writer{t: t, cl: cl, rows: map[window.Time]int{}, rng: rand.New(rand.NewPCG(1, 2)), partitions: partitions}
	for range kills {
		// The broker dies with records of the producer and fetches of the daemon on their way.
		w.write(2000)
		inFlight := w.begin(2000)
		broker.Kill()
		broker.Start()
		w.finish(inFlight)
		d.Until("reading goes on", func() bool {
			return d.Metrics()[`driftwatch_records_total{stream="s"}`] == float64(w.sent)
		})
	}
	last := w.seal()
	d.Until("the last window is closed", func() bool {
		got := windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})
	got := windows(d, "m")
	for _, win := range got {
		if win.Rows != w.rows[win.Start] {
			t.Errorf("window %v has %d rows, %d were written", win.Start, win.Rows, w.rows[win.Start])
		}
	}
	m := d.Metrics()
	if len(got) != len(w.rows) || m[`driftwatch_lost_records_total{stream="s"}`] != 0 || m[`driftwatch_late_records_total{monitor="m"}`] != 0 {
		t.Errorf("%d windows, want %d; lost or late: %v", len(got), len(w.rows), m)
	}
	d.Stop()
	t.Logf("%d records in %d windows, none lost or doubled in %d kills of the broker", w.sent, len(got), kills)
}

// writer writes records with growing event times and counts them by window.
type writer struct {
	t          *testing.T
	cl         *kgo.Client
	rng        *rand.Rand
	partitions int
	at         time.Duration // of the next record, after start
	sent       int
	rows       map[window.Time]int // by start
}

// begin sends n records without waiting for the broker.
func (w *writer) begin(n int) <-chan error {
	acks := make(chan error, n)
	for range n {
		at := start.Add(w.at)
		w.at += 5 * time.Millisecond
		w.sent++
		w.rows[window.FromTime(at.Truncate(time.Second))]++
		value := fmt.Appendf(nil, `{"ts":%d,"x":%v}`, at.UnixMilli(), w.rng.Float64())
		r := kafkatest.Record("t", int32(w.rng.IntN(w.partitions)), nil, value, at)
		w.cl.Produce(w.t.Context(), r, func(_ *kgo.Record, err error) { acks <- err })
	}
	return acks
}

// finish waits until the broker has what was sent.
func (w *writer) finish(acks <-chan error) {
	w.t.Helper()
	for range cap(acks) {
		select {
		case err := <-acks:
			if err != nil {
				w.t.Fatalf("produce: %v", err)
			}
		case <-time.After(daemontest.Patience):
			w.t.Fatal("the broker does not take the records")
		}
	}
}

func (w *writer) write(n int) {
	w.t.Helper()
	w.finish(w.begin(n))
}

// seal writes what closes the windows so far, and returns the start of the last one.
func (w *writer) seal() window.Time {
	w.t.Helper()
	last := start.Add(w.at - 5*time.Millisecond).Truncate(time.Second)
	for p := range w.partitions {
		kafkatest.Produce(w.t, w.cl, goodRecord("t", int32(p), w.at+10*time.Second))
	}
	return window.FromTime(last)
}
