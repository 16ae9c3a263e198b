//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// oracle is a stream whose results scipy and numpy computed from the raw
// values; see testdata/oracle/generate.py.
type oracle struct {
	dir        string
	Partitions int               `json:"partitions"`
	Types      map[string]string `json:"types"`
	Windows    []struct {
		Start   window.Time            `json:"start"`
		Rows    int                    `json:"rows"`
		Unknown float64                `json:"unknown_fields"`
		Fields  map[string]oracleField `json:"fields"`
	} `json:"windows"`
}

type oracleField struct {
	Rows              int               `json:"rows"`
	Present           int               `json:"present"`
	Null              int               `json:"null"`
	Missing           int               `json:"missing"`
	Invalid           int               `json:"invalid"`
	Distinct          int               `json:"distinct"`
	ReferenceDistinct int               `json:"reference_distinct"`
	Drifted           bool              `json:"drifted"`
	Checks            map[string]result `json:"checks"`
}

// exact reports whether every answer about the field must be exact.
func (f *oracleField) exact() bool { return max(f.Distinct, f.ReferenceDistinct) <= 2048 }

// generate runs the generator.
func generate(t *testing.T, args ...string) *oracle {
	t.Helper()
	python := os.Getenv("DRIFTWATCH_PYTHON")
	if python == "" {
		t.Fatal("set DRIFTWATCH_PYTHON to a Python with numpy and scipy: make integration does")
	}
	o := &oracle{dir: t.TempDir()}
	script := append([]string{"../../testdata/oracle/generate.py", o.dir}, args...)
	if out, err := exec.Command(python, script...).CombinedOutput(); err != nil {
		t.Fatalf("generate: %v\n%s", err, out)
	}
	if err := json.Unmarshal(o.read(t, "expected.json"), o); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oracle) read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// records are those of the stream, in their order.
func (o *oracle) records(t *testing.T) []*kgo.Record {
	t.Helper()
	var out []*kgo.Record
	for i, line := range bytes.Split(bytes.TrimSpace(o.read(t, "records.jsonl")), []byte("\n")) {
		var head struct{ TS int64 }
		if err := json.Unmarshal(line, &head); err != nil {
			t.Fatal(err)
		}
		out = append(out, kafkatest.Record("oracle", int32(i%o.Partitions), nil, line, time.UnixMilli(head.TS)))
	}
	return out
}

// produce writes the records in chunks by ever other kinds of producers. A
// transaction is aborted after every committed one: its records, which are
// copies of those to come, must not be seen.
func (o *oracle) produce(t *testing.T, brokers []string) {
	t.Helper()
	records := o.records(t)
	compressed := func(c kgo.CompressionCodec) *kgo.Client {
		return kafkatest.Plain(t, brokers, kgo.ProducerBatchCompression(c))
	}
	clients := []*kgo.Client{
		compressed(kgo.NoCompression()), compressed(kgo.GzipCompression()), compressed(kgo.ZstdCompression()),
		compressed(kgo.SnappyCompression()), compressed(kgo.Lz4Compression()), kafkatest.Idempotent(t, brokers),
	}
	tx := kafkatest.Transactional(t, brokers, "oracle")
	kafkatest.CreateTopic(t, clients[0], "oracle", int32(o.Partitions))
	const chunk = 1000
	aborted := 0
	for turn := 0; len(records) > 0; turn++ {
		n := min(chunk, len(records))
		if kind := turn % (len(clients) + 1); kind < len(clients) {
			kafkatest.Produce(t, clients[kind], records[:n]...)
		} else {
			kafkatest.InTransaction(t, tx, true, records[:n]...)
			aborted += n
			kafkatest.InTransaction(t, tx, false, copies(records[:n])...)
		}
		records = records[n:]
	}
	t.Logf("produced to %d partitions, %d more records in aborted transactions", o.Partitions, aborted)
}

func copies(records []*kgo.Record) []*kgo.Record {
	out := make([]*kgo.Record, len(records))
	for i, r := range records {
		out[i] = kafkatest.Record(r.Topic, r.Partition, nil, r.Value, r.Timestamp)
	}
	return out
}

// run starts a daemon on the oracle's monitor, with some of its text and of
// driftwatch.yaml replaced, and waits for the last window.
func (o *oracle) run(t *testing.T, brokers []string, replace ...string) (*daemontest.Daemon, []apiWindow) {
	t.Helper()
	change := strings.NewReplacer(replace...)
	c := config(t, brokers, map[string]string{"monitor.yaml": change.Replace(string(o.read(t, "monitor.yaml")))})
	main, err := os.ReadFile(c)
	if err != nil {
		t.Fatal(err)
	}
	daemontest.Files(t, filepath.Dir(c), map[string]string{"driftwatch.yaml": change.Replace(string(main))})
	d := daemontest.Start(t, c)
	d.Ready()
	var got []apiWindow
	d.Until("all windows are closed", func() bool {
		got = windows(d, "oracle")
		return len(got) >= len(o.Windows)
	})
	return d, got
}

func TestOracle(t *testing.T) {
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	o := generate(t)
	o.produce(t, brokers)

	t.Run("reference from JSON Lines", func(t *testing.T) {
		d, got := o.run(t, brokers, "reference.jsonl", filepath.Join(o.dir, "reference.jsonl"))
		o.compare(t, got)
		sameInMetrics(t, d, &got[len(got)-1])
		d.Stop()
	})
	t.Run("reference from CSV", func(t *testing.T) {
		d, got := o.run(t, brokers, "reference.jsonl", filepath.Join(o.dir, "reference.csv"), "    unknown_fields", "    checks: [ks, psi]\n    unknown_fields")
		o.compare(t, got, "ks", "psi")
		d.Stop()
	})
	t.Run("reference from a profile and in a group", func(t *testing.T) {
		profile := filepath.Join(t.TempDir(), "oracle.profile")
		c := config(t, brokers, map[string]string{"monitor.yaml": string(o.read(t, "monitor.yaml"))})
		_, stderr, code := daemontest.Run(t, "profile", filepath.Join(o.dir, "reference.jsonl"), "-o", profile, "-c", c, "--monitor", "oracle")
		if code != 0 {
			t.Fatalf("profile: exit code %d: %s", code, stderr)
		}
		d, got := o.run(t, brokers, "reference.jsonl", profile, "kafka: {", "kafka: {group: oracle, ")
		o.compare(t, got)
		sameInMetrics(t, d, &got[len(got)-1])
		d.Stop()
	})
}

// TestOracleOfSmallSamples: with at most 10^7 pairs the p-values of
// Kolmogorov and Smirnov are exact.
func TestOracleOfSmallSamples(t *testing.T) {
	broker := kafkatest.Real(t)
	o := generate(t, "--records", "6000", "--reference", "3000", "--seed", "2")
	o.produce(t, []string{broker.Address})
	d, got := o.run(t, []string{broker.Address}, "reference.jsonl", filepath.Join(o.dir, "reference.jsonl"))
	o.compare(t, got)
	d.Stop()
}

// sameInMetrics compares /metrics with the newest window of the API: neither
// has what the other has not.
func sameInMetrics(t *testing.T, d *daemontest.Daemon, w *apiWindow) {
	t.Helper()
	want := daemontest.Metrics{}
	add := func(field string, checks map[string]result) {
		for name, r := range checks {
			labels := fmt.Sprintf(`{check=%q,field=%q,monitor="oracle",segment=""}`, name, field)
			if r.Value != nil {
				want["driftwatch_check_value"+labels] = *r.Value
			}
			if r.PValue != nil {
				want["driftwatch_check_p_value"+labels] = *r.PValue
			}
			if r.Drift != nil {
				want["driftwatch_check_drift"+labels] = map[bool]float64{true: 1}[*r.Drift]
			}
		}
	}
	add("", w.Checks)
	for _, f := range w.Fields {
		add(f.Name, f.Checks)
	}
	want[`driftwatch_window_rows{monitor="oracle",segment=""}`] = float64(w.Rows)
	want[`driftwatch_window_end_timestamp_seconds{monitor="oracle"}`] = float64(w.End) / 1000
	compareMetrics(t, d.Metrics(), want)
	t.Logf("%d series of /metrics are those of the API", len(want))
}

// ofWindow reports whether a series is of the newest window.
func ofWindow(series string) bool {
	for _, name := range []string{"check_value", "check_p_value", "check_drift", "window_rows", "window_end_timestamp_seconds"} {
		if strings.HasPrefix(series, "driftwatch_"+name+"{") {
			return true
		}
	}
	return false
}

// compareMetrics compares all series of the newest window.
func compareMetrics(t *testing.T, all, want daemontest.Metrics) {
	t.Helper()
	got := daemontest.Metrics{}
	for series, v := range all {
		if ofWindow(series) {
			got[series] = v
		}
	}
	for series, v := range want {
		if g, ok := got[series]; !ok || g != v {
			t.Errorf("%s is %v (there: %v), want %v", series, g, ok, v)
		}
	}
	for series := range got {
		if _, ok := want[series]; !ok {
			t.Errorf("%s is in one only", series)
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d series were compared", len(want))
	}
}
