//go:build integration

package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
)

// topicMonitors are a monitor for each of two topics.
const topicMonitors = `streams:
  - {name: short, topic: short, time: {field: ts}}
  - {name: long, topic: long, time: {field: ts}}
monitors:
  - {name: short, stream: short, window: {size: 1s, lateness: 200ms, idle: 1h}, fields: [{name: x, type: number}]}
  - {name: long, stream: long, window: {size: 1s, lateness: 200ms, idle: 1h}, fields: [{name: x, type: number}]}
`

// produceFrom writes n records to partition 0, ten in each second from at on.
func produceFrom(t *testing.T, brokers []string, topic string, at time.Duration, n int) {
	t.Helper()
	cl := kafkatest.Idempotent(t, brokers) // one that knows of no earlier topic
	defer cl.Close()
	var records []*kgo.Record
	for i := range n {
		records = append(records, recordAt(topic, 0, at+time.Duration(i)*100*time.Millisecond))
	}
	kafkatest.Produce(t, cl, records...)
}

// recordAt is a record with an event time after start, in milliseconds.
func recordAt(topic string, partition int32, at time.Duration) *kgo.Record {
	when := start.Add(at)
	return kafkatest.Record(topic, partition, nil, fmt.Appendf(nil, `{"ts":%d,"x":1}`, when.UnixMilli()), when)
}

// shown is what is compared of a window.
type shown struct {
	start   time.Duration // after start
	rows    int
	partial bool
}

func windowsShown(d *daemontest.Daemon, monitor string) (list []shown) {
	for _, w := range windows(d, monitor) {
		list = append(list, shown{w.Start.Time().Sub(start), w.Rows, w.Partial})
	}
	return list
}

// untilWindows waits until a monitor's windows are those that are wanted.
func untilWindows(t *testing.T, d *daemontest.Daemon, monitor string, want []shown) {
	t.Helper()
	var got []shown
	defer func() {
		if t.Failed() {
			t.Logf("windows of %q: %v, want %v", monitor, got, want)
		}
	}()
	d.Until(fmt.Sprintf("%q has %d windows", monitor, len(want)), func() bool {
		got = windowsShown(d, monitor)
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("windows of %q are not those wanted", monitor)
	}
}

// whole are the windows of ten rows that n records from at on close.
func whole(at time.Duration, n int, partial bool) (list []shown) {
	for i := range (n - 3) / 10 {
		list = append(list, shown{at + time.Duration(i)*time.Second, 10, partial && i == 0})
	}
	return list
}

// TestTopicMadeAgain deletes two topics and makes them again, under the daemon's
// eyes and while it is down, one with fewer records than were read and one with
// more. All of the new records are read, none twice; the window that was open is
// gone with its topic, and the next one says that it is partial. Without topic
// ids the longer one is read on from the middle, and nobody sees it.
func TestTopicMadeAgain(t *testing.T) {
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	admin := kafkatest.Client(t, brokers)
	path := config(t, brokers, map[string]string{"monitor.yaml": topicMonitors})
	lengths := []struct {
		topic  string
		rounds []int
	}{{"short", []int{56, 36, 26}}, {"long", []int{56, 86, 126}}}
	want, records := map[string][]shown{}, map[string]int{}
	round := func(i int) {
		for _, l := range lengths {
			n, at := l.rounds[i], time.Duration(i)*100*time.Second
			if i > 0 {
				kafkatest.DeleteTopic(t, admin, l.topic)
			}
			kafkatest.CreateTopic(t, admin, l.topic, 1)
			produceFrom(t, brokers, l.topic, at, n)
			want[l.topic] = append(want[l.topic], whole(at, n, i > 0)...)
			records[l.topic] += n
		}
	}
	check := func(d *daemontest.Daemon) {
		t.Helper()
		for _, l := range lengths {
			untilWindows(t, d, l.topic, want[l.topic])
			m := d.Metrics()
			for name, n := range map[string]int{"records": records[l.topic], "lost_records": 0} {
				if got := m[fmt.Sprintf("driftwatch_%s_total{stream=%q}", name, l.topic)]; got != float64(n) {
					t.Errorf("%s of %q: %v, want %d", name, l.topic, got, n)
				}
			}
		}
	}

	round(0)
	d := daemontest.Start(t, path)
	d.Ready()
	check(d)
	round(1)
	check(d)
	d.Stop()
	round(2)
	d = daemontest.Start(t, path)
	d.Ready()
	check(d)
	d.Stop()
}

// TestRetentionOvertakesTheReader deletes records that were to be read while the
// daemon is down: the rest of one window and the half of another. As many are
// lost as are said to be, and the two windows say that they are partial.
func TestRetentionOvertakesTheReader(t *testing.T) {
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	cl := kafkatest.Idempotent(t, brokers)
	path := config(t, brokers, map[string]string{"monitor.yaml": secondMonitor})
	kafkatest.CreateTopic(t, cl, "t", 2, "retention.ms", "-1")
	produceFrom(t, brokers, "t", 0, 36)
	kafkatest.Produce(t, cl, recordAt("t", 1, 3500*time.Millisecond))
	d := daemontest.Start(t, path)
	d.Ready()
	want := whole(0, 36, false)
	untilWindows(t, d, "m", want)
	d.Stop()

	produceFrom(t, brokers, "t", 3600*time.Millisecond, 70)
	kafkatest.DeleteRecords(t, cl, "t", 0, 76)
	kafkatest.Produce(t, cl, recordAt("t", 1, 10500*time.Millisecond))
	d = daemontest.Start(t, path)
	d.Ready()
	untilWindows(t, d, "m", append(want, shown{3 * time.Second, 7, true}, shown{7 * time.Second, 4, true},
		shown{8 * time.Second, 10, false}, shown{9 * time.Second, 10, false}))
	m := d.Metrics()
	if lost, read := m[`driftwatch_lost_records_total{stream="s"}`], m[`driftwatch_records_total{stream="s"}`]; lost != 40 || read != 68 {
		t.Errorf("%v records are lost and %v read, want 40 and 68", lost, read)
	}
	d.Stop()
}

// TestRetentionOvertakesAPartitionThatWaits deletes what a partition has not
// read because it is far ahead of the other one. How far it had read is for the
// daemon to say; what it says is lost is then exactly what the windows lack.
func TestRetentionOvertakesAPartitionThatWaits(t *testing.T) {
	const records, deleted = 4000, 3500
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	cl := kafkatest.Idempotent(t, brokers, kgo.ProducerBatchCompression(kgo.NoCompression()))
	kafkatest.CreateTopic(t, cl, "t", 2, "retention.ms", "-1")
	at := func(i int) time.Duration { return time.Duration(i) * 10 * time.Millisecond }
	var batch []*kgo.Record
	for i := range records { // batches of ten, of which a fetch takes about a hundred
		r := recordAt("t", 0, at(i))
		r.Value = append(r.Value, strings.Repeat(" ", 1000)...)
		batch = append(batch, r)
		if len(batch) == 10 {
			kafkatest.Produce(t, cl, batch...)
			batch = nil
		}
	}
	kafkatest.Produce(t, cl, recordAt("t", 1, 0))
	d := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": secondMonitor}))
	d.Ready()
	d.Until("the partition waits", func() bool {
		return d.Metrics()[`driftwatch_records_total{stream="s"}`] > 300
	})
	kafkatest.DeleteRecords(t, cl, "t", 0, deleted)
	kafkatest.Produce(t, cl, recordAt("t", 1, at(records)))
	last := window.FromTime(start.Add(at(records) - 2*time.Second))
	d.Until("the last window is closed", func() bool {
		got := windows(d, "m")
		return len(got) > 0 && got[len(got)-1].Start >= last
	})

	m := d.Metrics()
	held := deleted - int(m[`driftwatch_lost_records_total{stream="s"}`])
	if read := int(m[`driftwatch_records_total{stream="s"}`]); held < 300 || held >= deleted || read != held+records-deleted+2 {
		t.Fatalf("read %d records, the first %d of the partition before those that are lost", read, held)
	}
	want := map[window.Time]int{window.FromTime(start): 1}
	for i := range records {
		if i < held || i >= deleted {
			want[window.FromTime(start.Add(at(i)).Truncate(time.Second))]++
		}
	}
	for _, w := range windows(d, "m") {
		if w.Rows != want[w.Start] || w.Rows < 100 && !w.Partial {
			t.Errorf("window %v has %d rows, want %d; partial %v", w.Start, w.Rows, want[w.Start], w.Partial)
		}
	}
	d.Stop()
	t.Logf("%d records read before the %d that are lost", held, deleted-held)
}
