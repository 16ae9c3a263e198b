//go:build integration

package integration

import (
	"math/rand/v2"
	"testing"
	"time"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// TestLeaderMoves moves the leaders of a topic while records are written and
// read: away from a node that is killed, and back to it once it has caught up.
// Each window has the rows that are in the log. A reader that stayed with the
// old leader, or took what it says for the log's bounds, would stand still or
// begin anew.
func TestLeaderMoves(t *testing.T) {
	nodes := kafkatest.RealCluster(t, 2)
	addresses := []string{nodes[0].Address, nodes[1].Address}
	cl := kafkatest.Idempotent(t, addresses)
	kafkatest.CreateReplicated(t, cl, "t", [][]int32{{2, 1}, {2, 1}, {1, 2}})
	d := daemontest.Start(t, config(t, addresses, map[string]string{"monitor.yaml": secondMonitor}))
	d.Ready()

	w := &writer{t: t, cl: cl, rows: map[window.Time]int{}, rng: rand.New(rand.NewPCG(3, 4)), partitions: 3}
	read := func() {
		d.Until("reading goes on", func() bool {
			return d.Metrics()[`driftwatch_records_total{stream="s"}`] >= float64(w.sent)
		})
	}
	w.write(1000)
	inFlight := w.begin(2000)
	nodes[1].Kill()
	w.finish(inFlight)
	read()
	nodes[1].Start()
	inFlight = w.begin(2000)
	kafkatest.Elect(t, cl, kafkatest.Preferred, "t", 0, 1, 2)
	w.finish(inFlight)
	w.write(1000)
	read()
	nodes[1].Stop()
	last := w.seal()
	d.Until("the last window is closed", func() bool {
		got := windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})
	written := w.sent
	w.readBack(nodes[0].Address)
	w.compare(d, windows(d, "m"))
	d.Stop()
	t.Logf("%d records written, %d in the log, %d windows, %d late", written, w.sent, len(w.rows), w.late)
}

// TestUncleanElection lets a node lead that missed records which the daemon has
// read. The log is read again from its start, and what it still has counts once:
// what is of sealed windows is late, and the open window begins anew and says so.
// A reader that waited for its offset to come would lose all that is written
// until then.
func TestUncleanElection(t *testing.T) {
	nodes := kafkatest.RealCluster(t, 3)
	addresses := []string{nodes[0].Address, nodes[1].Address, nodes[2].Address}
	cl := kafkatest.Client(t, addresses)
	kafkatest.CreateReplicated(t, cl, "t", [][]int32{{2, 3}})
	d := daemontest.Start(t, config(t, addresses, map[string]string{"monitor.yaml": secondMonitor}))
	d.Ready()
	produceFrom(t, addresses, "t", 0, 36)
	nodes[2].Kill()
	produceFrom(t, addresses, "t", 3600*time.Millisecond, 40)
	want := whole(0, 76, false)
	untilWindows(t, d, "m", want)
	nodes[1].Kill()
	nodes[2].Start()
	kafkatest.Elect(t, cl, kafkatest.Unclean, "t", 0)
	d.Until("the log is read again", func() bool {
		return d.Metrics()[`driftwatch_records_total{stream="s"}`] == 76+36
	})
	produceFrom(t, addresses, "t", 7600*time.Millisecond, 20)
	untilWindows(t, d, "m", append(want, shown{7 * time.Second, 4, true}, shown{8 * time.Second, 10, false}))
	m := d.Metrics()
	if late, read := m[`driftwatch_late_records_total{monitor="m"}`], m[`driftwatch_records_total{stream="s"}`]; late != 36 || read != 132 {
		t.Errorf("%v records are late of %v, want 36 of 132", late, read)
	}
	d.Stop()
}
