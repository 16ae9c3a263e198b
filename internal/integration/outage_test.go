//go:build integration

package integration

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

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
// window has the rows that were written, no more and no less.
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
			return d.Metrics()[`driftwatch_records_total{stream="s"}`] == float64(w.sent)
		})
	}
	last := w.seal()
	d.Until("the last window is closed", func() bool {
		got := windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})
	got := windows(d, "m")
	w.compare(d, got)
	d.Stop()
	t.Logf("%d records in %d windows, none lost or doubled in %d kills of the broker", w.sent, len(got), kills)
}
