//go:build integration && linux

package integration

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// TestDiskFull: when the store cannot grow any more the daemon reads no further
// and says why; once it can, it goes on by itself and nothing is missing. (The
// limit of a process for the size of files stands for the disk's.)
func TestDiskFull(t *testing.T) {
	const batches, perBatch, perWindow = 80, 5_000, 20_000
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 2)
	rng := rand.New(rand.NewPCG(1, 2))
	produce := func(from, to int) {
		for i := from; i < to; i++ {
			kafkatest.Produce(t, cl, continuous(rng, i*perBatch, perBatch, perWindow)...)
		}
	}
	path := config(t, brokers, map[string]string{"monitor.yaml": memoryMonitor})
	d := daemontest.Start(t, path)
	d.Ready()
	records := func() float64 { return d.Metrics()[`driftwatch_records_total{stream="s"}`] }
	produce(0, 8)
	d.Until("a window is closed", func() bool { return len(windows(d, "m")) == 1 })

	limitFiles(t, d, 1<<20)
	produce(8, batches)
	var reason string
	d.Until("the daemon says that it cannot go on", func() bool {
		code, body := d.Get("/-/ready")
		reason = body
		return code == http.StatusServiceUnavailable
	})
	if !strings.Contains(reason, "the store cannot be written") || !strings.Contains(reason, "file too large") {
		t.Errorf("the reason is %q", reason)
	}
	var s status
	d.JSON("/api/v1/status", &s)
	if !strings.Contains(s.Reason, "the store cannot be written") || s.Ready {
		t.Errorf("the status is %+v", s)
	}
	if m := d.Metrics(); m["driftwatch_store_writable"] != 0 || m["driftwatch_store_bytes"] > 1<<20 {
		t.Errorf("the metrics say %v, %v bytes", m["driftwatch_store_writable"], m["driftwatch_store_bytes"])
	}
	stalled := records()
	closed := len(windows(d, "m"))
	d.Until("it was tried again some times", func() bool { return d.Metrics()["driftwatch_store_write_failures_total"] >= 4 })
	if stalled != records() || stalled == batches*perBatch {
		t.Errorf("%v records were read, then %v of %v", stalled, records(), batches*perBatch)
	}
	if n := strings.Count(d.Log(), "level=ERROR"); n != 1 {
		t.Errorf("it was logged %d times:\n%s", n, d.Log())
	}
	if d.Get("/-/healthy"); len(windows(d, "m")) != closed {
		t.Error("windows close that cannot be stored")
	}

	limitFiles(t, d, unix.RLIM_INFINITY)
	d.Ready()
	d.Until("all is read", func() bool { return records() == batches*perBatch })
	d.Until("all windows are closed", func() bool { return len(windows(d, "m")) == batches*perBatch/perWindow-1 })
	for _, w := range windows(d, "m") {
		if w.Rows != perWindow {
			t.Errorf("window %v has %d rows, want %d", w.End, w.Rows, perWindow)
		}
	}
	if m := d.Metrics(); m["driftwatch_store_writable"] != 1 {
		t.Error("the metrics still say that the store cannot be written")
	}
	if !strings.Contains(d.Log(), "the store can be written again") {
		t.Errorf("the log does not say that it goes on:\n%s", d.Log())
	}
	d.Stop()
	t.Logf("it said %q with %d windows and %v records", strings.TrimSpace(reason), closed, stalled)
}

// limitFiles bounds the size of the files that a daemon may write.
func limitFiles(t *testing.T, d *daemontest.Daemon, bytes uint64) {
	t.Helper()
	if err := unix.Prlimit(d.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
		t.Fatal(err)
	}
}
