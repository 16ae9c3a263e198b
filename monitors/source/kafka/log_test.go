package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a cluster with short waits and closes it with the test.
func open(t testing.TB, brokers []string, change ...func(*Config)) *Cluster {
	t.Helper()
	cfg := Config{
		Brokers: brokers, MaxWait: 50 * time.Millisecond, Poll: 50 * time.Millisecond, MaxBackoff: 200 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// readAll reads a log up to its end, with records that outlive the reading. The
// batches must follow each other without a gap.
func readAll(ctx context.Context, t testing.TB, l source.Log, from int64) (records []source.Record, next, lost int64) {
	t.Helper()
	for next = from; ; {
		b, err := l.Fetch(ctx, next)
		if err != nil {
			t.Fatalf("fetch from %d: %v", next, err)
		}
		if b.From != next+b.Lost {
			t.Fatalf("asked for %d, got a batch from %d with %d lost", next, b.From, b.Lost)
		}
		at := b.From
		for _, r := range b.Records {
			if r.Offset < at || r.Offset >= b.Next {
				t.Fatalf("record %d in a batch [%d, %d) after %d", r.Offset, b.From, b.Next, at-1)
			}
			at = r.Offset + 1
			records = append(records, clone(r))
		}
		lost += b.Lost
		next = b.Next
		if b.AtEnd() {
			return records, next, lost
		}
	}
}

func clone(r source.Record) source.Record {
	r.Key, r.Value = cloneBytes(r.Key), cloneBytes(r.Value)
	headers := r.Headers
	r.Headers = nil
	for _, h := range headers {
		r.Headers = append(r.Headers, source.Header{Key: h.Key, Value: cloneBytes(h.Value)})
	}
	return r
}

func cloneBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

func TestFetchPlain(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	producer := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, producer, "plain", 1)
	at := time.UnixMilli(1_700_000_000_123).UTC()
	for i := range 10 {
		kafkatest.Produce(t, producer, kafkatest.Record("plain", 0, nil, fmt.Append(nil, i), at))
	}
	c := open(t, brokers)
	got, next, _ := readAll(kafkatest.Context(t), t, c.Log(source.Partition{Topic: "plain"}), 3)
	if next != 10 || len(got) != 7 {
		t.Fatalf("read %d records up to %d, want 7 up to 10", len(got), next)
	}
	if r := got[0]; string(r.Value) != "3" || r.Key != nil || !r.Timestamp.Equal(at) {
		t.Fatalf("first record is %+v", r)
	}
}

func port(t testing.TB, address string) int {
	t.Helper()
	_, p, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
