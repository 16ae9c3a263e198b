package integration

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// secondMonitor has windows of a second.
const secondMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h}
    fields: [{name: x, type: number}]
`

// writer writes records for secondMonitor, with growing event times, and counts
// them by window.
type writer struct {
	t          *testing.T
	cl         *kgo.Client
	rng        *rand.Rand
	partitions int
	at         time.Duration // of the next record, after start
	sent       int
	late       int                 // of those in the log
	rows       map[window.Time]int // by start
}

// step lies between the event times of two records.
const step = 5 * time.Millisecond

// begin sends n records without waiting for the broker.
func (w *writer) begin(n int) <-chan error {
	acks := make(chan error, n)
	for range n {
		at := start.Add(w.at)
		w.at += step
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
	last := start.Add(w.at - step).Truncate(time.Second)
	for p := range w.partitions {
		kafkatest.Produce(w.t, w.cl, goodRecord("t", int32(p), w.at+10*time.Second))
	}
	return window.FromTime(last)
}

// compare compares the windows that closed with what was written.
func (w *writer) compare(d *daemontest.Daemon, got []apiWindow) {
	w.t.Helper()
	for _, win := range got {
		if win.Rows != w.rows[win.Start] {
			w.t.Errorf("window %v has %d rows, want %d", win.Start, win.Rows, w.rows[win.Start])
		}
	}
	if len(got) != len(w.rows) {
		w.t.Errorf("%d windows, want %d", len(got), len(w.rows))
	}
	m := d.Metrics()
	for series, want := range map[string]float64{
		`driftwatch_records_total{stream="s"}`:       float64(w.sent + w.partitions),
		`driftwatch_lost_records_total{stream="s"}`:  0,
		`driftwatch_late_records_total{monitor="m"}`: float64(w.late),
		`driftwatch_windows_total{monitor="m"}`:      float64(len(w.rows)),
	} {
		if m[series] != want {
			w.t.Errorf("%s is %v, want %v", series, m[series], want)
		}
	}
}
