//go:build integration

package integration

import (
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

// TestBrokerDownAtStart: the daemon waits, says why, and reads once the broker
// is there.
func TestBrokerDownAtStart(t *testing.T) {
	broker := kafkatest.Real(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address})
	kafkatest.CreateTopic(t, cl, "t", 2)
	kafkatest.Produce(t, cl, goodRecord("t", 0, 0), goodRecord("t", 1, 0), goodRecord("t", 0, 10*time.Second), goodRecord("t", 1, 10*time.Second))
	broker.Kill()

	d := daemontest.Start(t, config(t, []string{broker.Address}, map[string]string{"monitor.yaml": secondMonitor}))
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
// window has the rows that are in the log then, no more and no less. A producer
// whose broker dies may write a record twice; that is for the log to say.
func TestBrokerKilled(t *testing.T) {
	const kills, partitions = 3, 3
	broker := kafkatest.Real(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address})
	kafkatest.CreateTopic(t, cl, "t", partitions)
	d := daemontest.Start(t, config(t, []string{broker.Address}, map[string]string{"monitor.yaml": secondMonitor}))
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
			return d.Metrics()[`driftwatch_records_total{stream="s"}`] >= float64(w.sent)
		})
	}
	last := w.seal()
	d.Until("the last window is closed", func() bool {
		got := windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})
	written := w.sent
	w.readBack(broker.Address)
	got := windows(d, "m")
	w.compare(d, got)
	d.Stop()
	t.Logf("%d records written, %d in the log, %d windows, %d late, none lost or doubled in %d kills of the broker",
		written, w.sent, len(got), w.late, kills)
}

// readBack makes the log what is expected: it reads it with another client and
// places each record (its Kafka timestamp is its event time) by the rule that a record is late once the watermark of
// its own partition has passed the end of its window by the lateness.
func (w *writer) readBack(broker string) {
	w.t.Helper()
	written, lateness := w.sent, 200*time.Millisecond
	w.sent, w.rows = 0, map[window.Time]int{}
	for p := range w.partitions {
		watermark := time.Time{}
		for _, r := range w.log(broker, int32(p)) {
			at := r.Timestamp
			begin := at.Truncate(time.Second)
			switch {
			case !watermark.Before(begin.Add(time.Second + lateness)):
				w.late++
			default:
				w.rows[window.FromTime(begin)]++
			}
			if at.After(watermark) {
				watermark = at
			}
			w.sent++
		}
	}
	if w.sent < written {
		w.t.Errorf("the log has %d records of %d that were acknowledged", w.sent, written)
	}
}

// log returns the records of a partition before the one that seals it.
func (w *writer) log(broker string, partition int32) []*kgo.Record {
	w.t.Helper()
	var all []*kgo.Record
	for {
		more := kafkatest.ReadCommitted(w.t.Context(), w.t, []string{broker}, "t", partition, int64(len(all)), 1)
		all = append(all, more...)
		if last := all[len(all)-1]; !last.Timestamp.Before(start.Add(w.at + 10*time.Second)) {
			return all[:len(all)-1]
		}
	}
}
