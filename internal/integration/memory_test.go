//go:build integration

package integration

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

const memoryMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 1m, lateness: 5s, idle: 1h}
    fields:
      - {name: a, type: number}
      - {name: b, type: number}
      - {name: c, type: number}
      - {name: d, type: number}
`

// TestMemoryStaysFlat: what the daemon holds after a million records of
// continuous numbers is what it held after a tenth of them. (A profile of such
// numbers is at its greatest after some thousand.)
func TestMemoryStaysFlat(t *testing.T) {
	const (
		steps     = 10
		perStep   = 100_000
		perBatch  = 5_000
		perWindow = 20_000
	)
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 2)
	d := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": memoryMonitor}))
	d.Ready()

	var heap, rss [steps]float64
	rng := rand.New(rand.NewPCG(1, 2))
	for step := range steps {
		for from := step * perStep; from < (step+1)*perStep; from += perBatch {
			kafkatest.Produce(t, cl, continuous(rng, from, perBatch, perWindow)...)
		}
		d.Until("the records are read", func() bool {
			return d.Metrics()[`driftwatch_records_total{stream="s"}`] == float64((step+1)*perStep)
		})
		m := d.Metrics()
		heap[step], rss[step] = m["go_memstats_heap_inuse_bytes"], m["process_resident_memory_bytes"]
	}
	t.Logf("after each %d records: heap in use, MB:%s; resident, MB:%s", perStep, megabytes(heap[:]), megabytes(rss[:]))
	// Between two garbage collections the heap grows to about twice what is
	// held, so the least of several looks is compared with the greatest of two.
	early, late := slices.Max(heap[:2]), slices.Min(heap[steps/2:])
	if late > 1.5*early {
		t.Errorf("the heap grew from %.1f MB to %.1f MB", early/1e6, late/1e6)
	}
	if late := slices.Min(rss[steps/2:]); late > 1.5*rss[0] {
		t.Errorf("the process grew from %.1f MB to %.1f MB", rss[0]/1e6, late/1e6)
	}
	if n, want := len(windows(d, "m")), steps*perStep/perWindow-1; n != want {
		t.Errorf("%d windows are closed, want %d", n, want)
	}
	d.Stop()
}

// continuous makes records number from and on, which hardly ever repeat a number.
func continuous(rng *rand.Rand, from, n, perWindow int) []*kgo.Record {
	out := make([]*kgo.Record, n)
	for i := range out {
		at := start.Add(time.Duration(from+i) * time.Minute / time.Duration(perWindow))
		value := fmt.Appendf(nil, `{"ts":%d,"a":%v,"b":%v,"c":%v,"d":%v}`,
			at.UnixMilli(), rng.Float64(), rng.NormFloat64(), rng.ExpFloat64(), 1000*rng.NormFloat64())
		out[i] = kafkatest.Record("t", int32(i%2), nil, value, at)
	}
	return out
}

func megabytes(list []float64) string {
	s := ""
	for _, v := range list {
		s += fmt.Sprintf(" %.1f", v/1e6)
	}
	return s
}
