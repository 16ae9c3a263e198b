package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// start is where the event times of the tests' streams begin.
var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

const huge = 20 << 20 // bytes

// badRecord is a record that cannot be used.
type badRecord struct {
	name, reason string
	value        []byte
}

func badRecords() []badRecord {
	at := func(rest string) []byte { return fmt.Appendf(nil, `{"ts":%d,%s`, start.UnixMilli(), rest) }
	timed := func(time string) []byte { return fmt.Appendf(nil, `{"ts":%s,"x":1}`, time) }
	deep := 10_000
	return []badRecord{
		{"cut off", "json", at(`"x":`)},
		{"not an object", "json", []byte(`[1,2,3]`)},
		{"two objects", "json", at(`"x":1}{"x":2}`)},
		{"no JSON number", "json", at(`"x":NaN}`)},
		{"a comma too many", "json", at(`"x":1,}`)},
		{"not UTF-8", "utf8", at("\"c\":\"\xff\xfe\"}")},
		{"half a surrogate pair", "utf8", at(`"c":"\ud800"}`)},
		{"a name twice", "duplicate", at(`"x":1,"x":2}`)},
		{"a name twice, further in", "duplicate", at(`"o":{"a":1,"\u0061":2}}`)},
		{"nested too deep", "depth", at(`"o":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`)},
		{"nested too deep and cut off", "depth", at(`"x":` + strings.Repeat(`{"a":`, deep))},
		{"empty", "empty", []byte{}},
		{"no value", "null", nil},
		{"no time", "time", []byte(`{"x":1}`)},
		{"null for a time", "time", timed("null")},
		{"year 1", "time", timed(`"0001-01-01T00:00:00Z"`)},
		{"year 1 in seconds", "time", timed("-62135596800")},
		{"year 2262", "ahead", timed(`"2262-04-11T23:47:16Z"`)},
		{"the last nanosecond of 2262", "ahead", timed("9223372036854775807")},
		{"20 MB, cut off", "json", append(at(`"o":"`), strings.Repeat("a", huge)...)},
	}
}

// wrongTypes are good records with a field x of a wrong type or too large a number.
var wrongTypes = []string{`"12"`, `true`, `[1]`, `{"a":1}`, `1e999`}

const badInputMonitor = `streams:
  - {name: bad, topic: bad, time: {field: ts}}
  - {name: silent, topic: silent, time: {field: ts}}
  - {name: later, topic: later, time: {field: ts}}
  - {name: stamps, topic: stamps}
monitors:
  - {name: stamps, stream: stamps, window: {size: 10s, idle: 1h}, fields: [{name: x, type: number}]}
  - {name: bad, stream: bad, window: {size: 10s, idle: 1h}, fields: [{name: x, type: number}, {name: c, type: category}]}
  - {name: silent, stream: silent, window: {size: 10s, idle: 1h}, fields: [{name: x, type: number}]}
  - {name: later, stream: later, window: {size: 10s, idle: 1h}, fields: [{name: x, type: number}]}
`

// status is what the tests read of /api/v1/status.
type status struct {
	Ready   bool   `json:"ready"`
	Reason  string `json:"reason"`
	Streams []struct {
		Name    string            `json:"name"`
		Problem string            `json:"problem"`
		Records int               `json:"records"`
		Lag     int               `json:"lag_records"`
		Errors  map[string]uint64 `json:"errors"`
		Samples []sample          `json:"samples"`
	} `json:"streams"`
}

// until waits for a condition of the daemon's status, which costs less to ask for
// than the metrics of many monitors.
func until(d *daemontest.Daemon, what string, condition func(status) bool) {
	d.Until(what, func() bool {
		var s status
		d.JSON("/api/v1/status", &s)
		return len(s.Streams) > 0 && condition(s)
	})
}

type sample struct {
	Partition int         `json:"partition"`
	Offset    int64       `json:"offset"`
	Timestamp window.Time `json:"timestamp"`
	Reason    string      `json:"reason"`
	Detail    string      `json:"detail"`
	Payload   string      `json:"payload"`
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	brokers, cl := bigBroker(t)
	kafkatest.CreateTopic(t, cl, "silent", 2)
	kafkatest.CreateTopic(t, cl, "bad", 2)
	d := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": badInputMonitor}))
	d.Ready()

	bad, good := produceBad(t, cl)
	var got []apiWindow
	d.Until("the window is closed", func() bool {
		got = windows(d, "bad")
		return len(got) == 1
	})
	checkWindow(t, &got[0], good)
	d.Until("all of it is shown", func() bool { return d.Metrics()[`driftwatch_windows_total{monitor="bad"}`] == 1 })
	checkReasons(t, d, bad, good+2)
	checkSamples(t, d, bad)

	// The topic that was not there is found once it is, and nothing was in its way.
	kafkatest.CreateTopic(t, cl, "later", 1)
	kafkatest.Produce(t, cl, goodRecord("later", 0, 0), goodRecord("later", 0, 10*time.Second))
	d.Until("the new topic's window is closed", func() bool { return len(windows(d, "later")) == 1 })
	if n := len(windows(d, "silent")); n != 0 {
		t.Errorf("an empty topic has %d windows", n)
	}
	if status, body := d.Get("/-/ready"); status != 200 {
		t.Errorf("not ready: %s", body)
	}
	if status, body := d.Get("/"); status != 200 {
		t.Errorf("the page: status %d: %s", status, body)
	}
	d.Stop()
}

// TestKafkaTimestamps: without a time field the Kafka timestamp has to be one.
func TestKafkaTimestamps(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	for _, topic := range []string{"stamps", "bad"} {
		kafkatest.CreateTopic(t, cl, topic, 1)
		none, year1 := time.UnixMilli(-1), time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)
		for _, at := range []time.Time{start, none, year1, start.Add(10 * time.Second)} {
			r := goodRecord(topic, 0, 0)
			r.Timestamp = at
			kafkatest.Produce(t, cl, r)
		}
	}
	kafkatest.Produce(t, cl, goodRecord("bad", 0, 10*time.Second))
	d := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": badInputMonitor}))
	for monitor, want := range map[string]struct {
		rows   int
		errors float64
	}{
		"stamps": {1, 2},
		"bad":    {4, 0}, // the records have a time of their own
	} {
		var got []apiWindow
		d.Until("the window is closed", func() bool {
			_, body := d.Get("/api/v1/monitors/" + monitor)
			if strings.Contains(body, "last_window") {
				got = windows(d, monitor)
			}
			return len(got) > 0
		})
		errors := d.Metrics()[fmt.Sprintf(`driftwatch_record_errors_total{reason="time",stream=%q}`, monitor)]
		if len(got) != 1 || got[0].Start != window.FromTime(start) || got[0].Rows != want.rows || errors != want.errors {
			t.Errorf("%s: %d windows, the first at %v of %d rows, %v errors; want one of %d rows and %v errors",
				monitor, len(got), got[0].Start, got[0].Rows, errors, want.rows, want.errors)
		}
	}
	d.Stop()
}

// bigBroker is a fake broker that takes large records, and a producer for it.
func bigBroker(t *testing.T) ([]string, *kgo.Client) {
	t.Helper()
	brokers, _ := kafkatest.Fake(t, kfake.BrokerConfigs(map[string]string{"message.max.bytes": "67108864"}))
	return brokers, kafkatest.Plain(t, brokers)
}

func goodRecord(topic string, partition int32, after time.Duration) *kgo.Record {
	at := start.Add(after)
	return kafkatest.Record(topic, partition, nil, fmt.Appendf(nil, `{"ts":%q,"x":1,"c":"a"}`, at.Format(time.RFC3339)), at)
}

// produceBad writes every bad record between two good ones, ones of wrong types,
// a large good one, and one to each partition that closes the window. It
// returns the bad ones by place and the number of rows of the window.
func produceBad(t *testing.T, cl *kgo.Client) (bad map[sample]badRecord, rows int) {
	t.Helper()
	bad = map[sample]badRecord{}
	good := func(value []byte) *kgo.Record {
		rows++
		return kafkatest.Record("bad", int32(rows%2), nil, value, start)
	}
	plain := func() *kgo.Record { return good(fmt.Appendf(nil, `{"ts":%d,"x":1,"c":"a"}`, start.UnixMilli())) }
	kafkatest.Produce(t, cl, plain(), plain())
	for i, b := range badRecords() {
		r := kafkatest.Record("bad", int32(i%2), nil, b.value, start)
		kafkatest.Produce(t, cl, r, plain())
		bad[sample{Partition: i % 2, Offset: r.Offset}] = b
	}
	for _, x := range wrongTypes {
		kafkatest.Produce(t, cl, good(fmt.Appendf(nil, `{"ts":%d,"x":%s,"c":"a"}`, start.UnixMilli(), x)))
	}
	kafkatest.Produce(t, cl, good(fmt.Appendf(nil, `{"ts":%d,"x":1,"c":"a","o":%q}`, start.UnixMilli(), strings.Repeat("a", huge))))
	kafkatest.Produce(t, cl, goodRecord("bad", 0, 10*time.Second), goodRecord("bad", 1, 10*time.Second))
	return bad, rows
}

func checkWindow(t *testing.T, w *apiWindow, rows int) {
	t.Helper()
	x, c := &w.Fields[0].Current, &w.Fields[1].Current
	if w.Rows != rows || x.Rows != rows || x.Invalid != len(wrongTypes) || x.Present != rows-len(wrongTypes) {
		t.Errorf("%d rows, x %+v; want %d, %d of them with a wrong type", w.Rows, *x, rows, len(wrongTypes))
	}
	if c.Present != rows {
		t.Errorf("c is there in %d rows, want all %d: one wrong field spoils no other", c.Present, rows)
	}
}

// checkReasons compares the counters with what was sent.
func checkReasons(t *testing.T, d *daemontest.Daemon, bad map[sample]badRecord, good int) {
	t.Helper()
	want := map[string]float64{}
	for _, b := range bad {
		want[b.reason]++
	}
	m := d.Metrics()
	for reason, n := range want {
		if got := m[fmt.Sprintf(`driftwatch_record_errors_total{reason=%q,stream="bad"}`, reason)]; got != n {
			t.Errorf("%v records of reason %s, want %v", got, reason, n)
		}
	}
	for series, n := range map[string]float64{
		`driftwatch_records_total{stream="bad"}`:       float64(len(bad) + good),
		`driftwatch_records_total{stream="silent"}`:    0,
		`driftwatch_late_records_total{monitor="bad"}`: 0,
	} {
		if m[series] != n {
			t.Errorf("%s is %v, want %v", series, m[series], n)
		}
	}
	t.Logf("%d good records counted between %d bad ones of %d reasons: %v", good, len(bad), len(want), slices.Sorted(maps.Keys(want)))
}

// checkSamples looks for a sample of each bad record in the status.
func checkSamples(t *testing.T, d *daemontest.Daemon, bad map[sample]badRecord) {
	t.Helper()
	var s status
	d.JSON("/api/v1/status", &s)
	seen := 0
	for _, stream := range s.Streams {
		if stream.Name == "later" && !strings.Contains(stream.Problem, "does not exist") {
			t.Errorf("the problem of a topic that is not there is %q", stream.Problem)
		}
		if stream.Name != "bad" && len(stream.Samples) > 0 {
			t.Errorf("stream %s has samples: %v", stream.Name, stream.Samples)
		}
		for _, got := range stream.Samples {
			b, ok := bad[sample{Partition: got.Partition, Offset: got.Offset}]
			if !ok || got.Reason != b.reason || got.Detail == "" || got.Timestamp != window.FromTime(start) {
				t.Errorf("sample %+v, want one of %+.60v", got, b)
			}
			if beginning := b.value[:min(8, len(b.value))]; !strings.HasPrefix(got.Payload, string(beginning)) || len(got.Payload) > 1000 {
				t.Errorf("%s: payload %q", b.name, got.Payload)
			}
			seen++
		}
	}
	if seen != len(bad) {
		t.Errorf("%d samples, want one of each of the %d bad records", seen, len(bad))
	}
}
