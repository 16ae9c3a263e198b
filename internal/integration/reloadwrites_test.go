package integration

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// loaded is what the log says of each load that is in use.
const loaded = "was loaded anew"

// changing is another monitor of the stream of secondMonitor, that counts
// something else at each reload.
func changing(reload int) string {
	return fmt.Sprintf(`monitors:
  - name: changing
    stream: s
    window: {size: 1s, lateness: 200ms, idle: 1h}
    fields: [{name: x, type: number, max: %d}]
`, 10+reload)
}

// TestReloadLosesNothing reloads again and again while records come, in the end
// a hundred times at once. Rules change each time, and one of two monitors.
// Each window of the other one has the rows that were written, and is whole; of
// the changed one those that are not whole say so.
func TestReloadLosesNothing(t *testing.T) {
	t.Parallel()
	const reloads, partitions = 8, 3
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", partitions)
	path := config(t, brokers, map[string]string{"monitor.yaml": secondMonitor, "monitor2.yaml": changing(0), "rules.yaml": reloadRules(0)})
	d := daemontest.Start(t, path)
	d.Ready()

	w := &writer{t: t, cl: cl, rows: map[window.Time]int{}, rng: rand.New(rand.NewPCG(1, 2)), partitions: partitions}
	for i := range reloads {
		w.write(500)
		inFlight := w.begin(1000)
		daemontest.Files(t, filepath.Dir(path), map[string]string{"monitor2.yaml": changing(i + 1), "rules.yaml": reloadRules(i + 1)})
		switch {
		case i == reloads-1:
			reloadStorm(t, d)
		case i%2 == 0:
			if code, body := d.Post("/-/reload"); code != 200 {
				t.Fatalf("reload: status %d: %s", code, body)
			}
		default:
			d.Signal(syscall.SIGHUP)
		}
		w.finish(inFlight)
	}
	last := w.seal()
	// Each load finds some windows of the changed monitor open, as partitions are not read in step.
	const open = 3
	loads := strings.Count(d.Log(), loaded)
	var got []apiWindow
	for _, monitor := range []string{"changing", "m"} {
		d.Until("the last window is closed", func() bool {
			got = windows(d, monitor)
			return len(got) > 0 && got[len(got)-1].Start >= last
		})
		partial := 0
		for _, win := range got {
			if win.Partial {
				partial++
			}
			if want := w.rows[win.Start]; win.Rows > want || win.Rows < want && !win.Partial {
				t.Errorf("window %v of %q has %d rows of %d; partial %v", win.Start, monitor, win.Rows, want, win.Partial)
			}
		}
		if monitor == "m" && partial > 0 || monitor == "changing" && (partial == 0 || partial > open*loads) {
			t.Errorf("%d windows of %q are partial after %d loads", partial, monitor, loads)
		}
	}
	w.compare(d, got)
	d.Stop()
	t.Logf("%d records in %d windows, none lost or doubled in %d reloads", w.sent, len(got), loads)
}

// reloadStorm asks for a hundred reloads at once. Each of them is answered, and
// they cost a few.
func reloadStorm(t *testing.T, d *daemontest.Daemon) {
	before := strings.Count(d.Log(), loaded)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if code, body := d.Post("/-/reload"); code != 200 {
				t.Errorf("reload: status %d: %s", code, body)
			}
		})
	}
	all.Wait()
	if n := strings.Count(d.Log(), loaded) - before; n < 1 || n > 50 {
		t.Errorf("a hundred requests at once cost %d loads", n)
	} else {
		t.Logf("a hundred requests at once cost %d loads", n)
	}
}
