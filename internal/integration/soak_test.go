//go:build integration

package integration

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// soakTime is how long the soak test runs, unless DRIFTWATCH_SOAK says it.
const soakTime = 90 * time.Second

const soakMonitor = `streams:
  - {name: s, topic: t, time: {field: ts}}
monitors:
  - name: m
    stream: s
    window: {size: 1m, lateness: 5s, idle: 1h}
    reference: {trailing: 10m}
    segments: [[country]]
    max_segments: 5
    buckets: 512
    fields:
      - {name: x, type: number}
      - {name: y, type: number}
      - {name: country, type: category}
      - {name: user, type: category}
`

const soakRules = `groups:
  - name: g
    monitor: m
    rules: [{alert: High, fields: x, when: {check: mean, above: 0.5}}]
`

// TestSoak: under steady traffic with a retention that is short, neither memory nor
// the store's file nor the goroutines grow, though windows close, alerts fire and
// resolve and the configuration is loaded anew all the time. A minute of event time
// goes by in a fifth of a second.
func TestSoak(t *testing.T) {
	const partitions, perWindow, beat = 2, 1000, 200 * time.Millisecond
	run := soakTime
	if v := os.Getenv("DRIFTWATCH_SOAK"); v != "" {
		var err error
		if run, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", partitions)
	path := config(t, brokers, map[string]string{"monitor.yaml": soakMonitor, "rules.yaml": soakRules, "driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
store: {path: data, retention: 30m, profiles: 15m, maintenance: "@every 2s"}
web: {listen: "127.0.0.1:0"}
monitors: [monitor.yaml]
rules: [rules.yaml]
`, quoted(brokers))})
	d := daemontest.Start(t, path)
	d.Ready()

	rng := rand.New(rand.NewPCG(1, 2))
	usage := map[string][]float64{}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	minute := 0
	for began := time.Now(); time.Since(began) < run; minute++ {
		<-ticker.C
		kafkatest.Produce(t, cl, soakRecords(rng, minute, perWindow, partitions)...)
		switch minute % 50 {
		case 0:
			text := fmt.Sprintf("%s# %d\n", soakRules, minute)
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "rules.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, body := d.Post("/-/reload"); code != http.StatusOK {
				t.Fatalf("reload: %d %s", code, body)
			}
		case 25: // the broker's memory is bounded too
			m := d.Metrics()
			read := int64(m[`driftwatch_records_total{stream="s"}`]) / partitions
			for p := range int32(partitions) {
				kafkatest.DeleteRecords(t, cl, "t", p, max(0, read-5*perWindow))
			}
		}
		if minute%5 == 0 {
			m := d.Metrics()
			for _, name := range []string{"process_resident_memory_bytes", "driftwatch_store_bytes", "go_goroutines"} {
				usage[name] = append(usage[name], m[name])
			}
			usage["used store bytes"] = append(usage["used store bytes"], m["driftwatch_store_bytes"]-m["driftwatch_store_free_bytes"])
		}
	}
	until(d, "all is read", func(s status) bool { return s.Streams[0].Records == minute*perWindow })
	d.Until("all windows are closed", func() bool { return d.Metrics()[`driftwatch_windows_total{monitor="m"}`] == float64(minute-1) })
	d.Until("old windows are gone", func() bool { return len(windows(d, "m")) == 30 })
	for _, w := range windows(d, "m") {
		if w.Rows != perWindow {
			t.Errorf("window %v has %d rows, want %d", w.End, w.Rows, perWindow)
		}
	}
	for name, values := range usage {
		quarter := len(values) / 4
		early, late := median(values[quarter:2*quarter]), median(values[3*quarter:])
		t.Logf("%s: %.0f in the second quarter, %.0f in the last, after %d windows", name, early, late, minute)
		most := 1.2
		if name == "driftwatch_store_bytes" {
			most = 2 // a small file grows by doubling; what is used of it may not
		}
		if late > most*early {
			t.Errorf("%s grew from %.0f to %.0f", name, early, late)
		}
	}
	d.Stop()
}

// soakRecords are the records of one minute of event time. Of every twenty minutes
// the last ten have greater numbers.
func soakRecords(rng *rand.Rand, minute, n, partitions int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		at := start.Add(time.Duration(minute)*time.Minute + time.Duration(i)*time.Minute/time.Duration(n))
		value := fmt.Appendf(nil, `{"ts":%d,"x":%v,"y":%v,"country":"c%d","user":"u%d"}`,
			at.UnixMilli(), rng.NormFloat64()+float64(minute/10%2), rng.ExpFloat64(), rng.IntN(9), rng.Uint64())
		records[i] = kafkatest.Record("t", int32(i%partitions), nil, value, at)
	}
	return records
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
