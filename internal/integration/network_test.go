//go:build integration

package integration

import (
	"math/rand/v2"
	"net/http"
	"testing"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// TestNetwork lets records be written while the daemon's network is slow, cut,
// and open without letting anything through. It says what is wrong, answers its
// own users meanwhile, and each window then has the rows that were written. A
// reader that waited for an answer for ever would not come back from the last
// fault, and one that skipped what it could not read would lose rows.
func TestNetwork(t *testing.T) {
	broker := kafkatest.Behind(t)
	cl := kafkatest.Idempotent(t, []string{broker.Address})
	kafkatest.CreateTopic(t, cl, "t", 3, "retention.ms", "-1")
	d := daemontest.Start(t, config(t, []string{broker.Proxy.Address}, map[string]string{"monitor.yaml": secondMonitor}))
	d.Ready()
	w := &writer{t: t, cl: cl, rows: map[window.Time]int{}, rng: rand.New(rand.NewPCG(5, 6)), partitions: 3}
	read := func() {
		t.Helper()
		d.Until("all is read", func() bool {
			return d.Metrics()[`driftwatch_records_total{stream="s"}`] == float64(w.sent)
		})
	}
	w.write(1000)
	read()
	for _, fault := range []struct {
		name  string
		begin func()
		shown bool // in the status
	}{
		{"slow", func() { broker.Proxy.Slow(30 << 10) }, false},
		{"cut", broker.Proxy.Cut, true},
		{"half open", broker.Proxy.Stall, true},
	} {
		fault.begin()
		w.write(2000)
		if fault.shown {
			d.Until("the status tells of the "+fault.name+" network", func() bool {
				var s status
				d.JSON("/api/v1/status", &s)
				return s.Streams[0].Problem != ""
			})
			if code, _ := d.Get("/-/healthy"); code != http.StatusOK {
				t.Errorf("%s: not healthy: %d", fault.name, code)
			}
			broker.Proxy.Heal()
		}
		read()
		broker.Proxy.Heal()
		d.Until("nothing is wrong", func() bool {
			var s status
			d.JSON("/api/v1/status", &s)
			return s.Streams[0].Problem == ""
		})
	}
	last := w.seal()
	d.Until("the last window is closed", func() bool {
		got := windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})
	w.compare(d, windows(d, "m"))
	d.Stop()
}
