//go:build integration && linux

package integration

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

const (
	manyMonitors   = 1000
	manyFields     = 20
	manyValues     = 200 // distinct ones of each field
	manyPartitions = 4
	manyRows       = 300 // of each monitor in a window
)

// thousandMonitors watches the models of one topic, each with a rule.
func thousandMonitors() string {
	var b strings.Builder
	b.WriteString("streams:\n  - {name: s, topic: t, time: {field: ts}}\nmonitors:\n")
	for i := range manyMonitors {
		fmt.Fprintf(&b, "  - name: m%d\n    stream: s\n    where: {model: m%d}\n    window: {size: 1m, lateness: 5s, idle: 1h}\n    buckets: 256\n    fields:\n", i, i)
		for f := range manyFields {
			kind := "number"
			if f%4 == 3 {
				kind = "category"
			}
			fmt.Fprintf(&b, "      - {name: f%d, type: %s, role: feature}\n", f, kind)
		}
	}
	return b.String()
}

// modelRecord is a record of one of the models.
func modelRecord(rng *rand.Rand, model int, at time.Time) *kgo.Record {
	b := fmt.Appendf(nil, `{"ts":%d,"model":"m%d"`, at.UnixMilli(), model)
	for f := range manyFields {
		v := rng.IntN(manyValues)
		if f%4 == 3 {
			b = fmt.Appendf(b, `,"f%d":"value-%d"`, f, v)
		} else {
			b = fmt.Appendf(b, `,"f%d":%d.25`, f, v)
		}
	}
	return kafkatest.Record("t", int32(rng.IntN(manyPartitions)), nil, append(b, '}'), at)
}

// TestThousandMonitors: a thousand monitors of twenty fields on several partitions
// fit into 2 GiB and two cores, with the limits that a configuration has by
// itself, and another configuration takes over in less than two seconds.
func TestThousandMonitors(t *testing.T) {
	const (
		limit    = 2 << 30
		minutes  = 4
		together = 5 // rows of each monitor in a batch
	)
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", manyPartitions)
	t.Setenv("GOMAXPROCS", "2")
	path := config(t, brokers, map[string]string{"monitor.yaml": thousandMonitors()})
	d := daemontest.Start(t, path)
	d.Ready()
	rng := rand.New(rand.NewPCG(1, 2))
	for minute := range minutes {
		for row := 0; row < manyRows; row += together {
			var batch []*kgo.Record
			for i := row; i < row+together; i++ {
				at := start.Add(time.Duration(minute)*time.Minute + time.Duration(i)*time.Minute/manyRows)
				for m := range manyMonitors {
					batch = append(batch, modelRecord(rng, m, at))
				}
			}
			kafkatest.Produce(t, cl, batch...)
		}
		until(d, "the records are read", func(s status) bool { return s.Streams[0].Records == (minute+1)*manyRows*manyMonitors })
		until(d, "the windows are closed", func(status) bool { return len(windows(d, "m0")) >= minute })
		t.Logf("%d windows: at most %.0f MB resident", minute*manyMonitors, residentAtMost(t, d)/1e6)
	}
	if got := residentAtMost(t, d); got > limit {
		t.Errorf("it took up to %.0f MB, want less than %.0f", got/1e6, limit/1e6)
	}
	for _, w := range windows(d, "m999") {
		if w.Rows != manyRows || w.Fields[0].Current.Distinct > manyValues || w.Fields[0].Current.Distinct < manyValues/2 {
			t.Errorf("window %v has %d rows and %d distinct values", w.End, w.Rows, w.Fields[0].Current.Distinct)
		}
	}

	best := reloaded{took: time.Hour}
	for i := range 3 {
		rule := fmt.Sprintf(anyRule, i)
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "rules.yaml"), []byte(rule), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := reload(t, d); r.took < best.took {
			best = r
		}
	}
	// Of a machine that is busy with something else the time says little: then the work has to fit.
	busy := best.waited > best.took/4
	if best.took > 2*time.Second && !busy || best.worked > 2*2*time.Second {
		t.Errorf("a reload took %+v", best)
	}
	t.Logf("a reload took %+v; at most %.0f MB resident", best, residentAtMost(t, d)/1e6)
	d.Stop()
}

// reloaded is how long a reload took, how long the daemon's threads worked on it, and
// how long they waited for a processor.
type reloaded struct{ took, worked, waited time.Duration }

// reload loads the configuration anew, until it is in use and everything is read again.
func reload(t *testing.T, d *daemontest.Daemon) reloaded {
	t.Helper()
	began := time.Now()
	worked, waited := scheduled(t, d)
	d.Post("/-/reload")
	d.Ready()
	took := time.Since(began)
	w, q := scheduled(t, d)
	return reloaded{took, w - worked, q - waited}
}

// scheduled sums up how long the daemon's threads have worked, and waited to.
func scheduled(t *testing.T, d *daemontest.Daemon) (worked, waited time.Duration) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", d.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range threads {
		var w, q time.Duration
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		if _, err := fmt.Sscan(string(b), &w, &q); err != nil {
			t.Fatal(err)
		}
		worked, waited = worked+w, waited+q
	}
	return worked, waited
}

const anyRule = `groups:
  - name: g
    monitor: "m*"
    rules: [{alert: Big, when: {check: mean, above: 100%d}}]
`

// residentAtMost is the greatest resident memory that the process ever had, in bytes.
func residentAtMost(t *testing.T, d *daemontest.Daemon) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	var kB float64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		t.Fatal(err)
	}
	return kB * 1024
}
