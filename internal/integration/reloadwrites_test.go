package integration

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// TestReloadLosesNothing reloads again and again while records come: each
// window has the rows that were written.
func TestReloadLosesNothing(t *testing.T) {
	t.Parallel()
	const reloads, partitions = 8, 3
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", partitions)
	path := config(t, brokers, map[string]string{"monitor.yaml": secondMonitor, "rules.yaml": reloadRules(0)})
	d := daemontest.Start(t, path)
	d.Ready()

	w := &writer{t: t, cl: cl, rows: map[window.Time]int{}, rng: rand.New(rand.NewPCG(1, 2)), partitions: partitions}
	for i := range reloads {
		w.write(500)
		inFlight := w.begin(1000)
		daemontest.Files(t, strings.TrimSuffix(path, "driftwatch.yaml"), map[string]string{"rules.yaml": reloadRules(i + 1)})
		if i%2 == 0 {
			if code, body := d.Post("/-/reload"); code != 200 {
				t.Fatalf("reload: status %d: %s", code, body)
			}
		} else {
			d.Signal(syscall.SIGHUP)
		}
		w.finish(inFlight)
	}
	last := w.seal()
	var got []apiWindow
	d.Until("the last window is closed", func() bool {
		got = windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})
	w.compare(d, got)
	d.Stop()
	t.Logf("%d records in %d windows, none lost or doubled in %d reloads", w.sent, len(got), reloads)
}
