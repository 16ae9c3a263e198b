package demo

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func newBroker(t *testing.T) *Broker {
	t.Helper()
	b, err := NewBroker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// consume reads n records of both topics.
func consume(t *testing.T, b *Broker, n int, opts ...kgo.Opt) []*kgo.Record {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics(InputsTopic, PredictionsTopic))...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out []*kgo.Record
	for len(out) < n {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(out), n, err)
		}
		out = append(out, fetches.Records()...)
	}
	return out
}

// TestBroker sends ticks around an aborted batch: one who reads committed
// records sees all but that batch, one who reads everything sees it too.
func TestBroker(t *testing.T) {
	b := newBroker(t)
	traffic := Traffic{Seed: 2, Start: start}
	want, aborted := map[string]Message{}, 0
	for n := abortedEvery/2 - 5; n < abortedEvery/2+5; n++ {
		tick := traffic.Tick(n)
		if err := b.Send(t.Context(), tick); err != nil {
			t.Fatal(err)
		}
		for _, m := range tick.Committed {
			want[m.Topic+string(m.Value)] = m
		}
		aborted += len(tick.Aborted)
	}
	if aborted == 0 {
		t.Fatal("no tick had an aborted batch")
	}

	committed := consume(t, b, len(want), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	for _, r := range committed {
		m, ok := want[r.Topic+string(r.Value)]
		if !ok {
			t.Fatalf("a record that was not sent: %s", r.Value)
		}
		if r.Partition != m.Partition || string(r.Key) != string(m.Key) || !r.Timestamp.Equal(m.Time) || (r.Value == nil) != (m.Value == nil) {
			t.Errorf("sent %+v, got partition %d, key %s, time %s", m, r.Partition, r.Key, r.Timestamp)
		}
	}
	if len(committed) != len(want) {
		t.Errorf("%d committed records, want %d", len(committed), len(want))
	}
	if all := consume(t, b, len(want)+aborted); len(all) != len(want)+aborted {
		t.Errorf("%d records in all, want %d", len(all), len(want)+aborted)
	}
}

// TestBrokerRunCatchesUp starts the traffic in the past: all that is owed is
// sent, in order, then what falls due.
func TestBrokerRunCatchesUp(t *testing.T) {
	b := newBroker(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, Traffic{Seed: 2, Start: time.Now().Add(-3 * time.Second)}) }()
	consume(t, b, 2*(requestsPerTick-2)*int(3*time.Second/TickLength)+100)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestBrokerForgetsOldRecords(t *testing.T) {
	b := newBroker(t)
	old := Traffic{Seed: 2, Start: time.Now().Add(-kept - time.Minute)}.Tick(0)
	recent := Traffic{Seed: 3, Start: time.Now()}.Tick(0)
	for _, tick := range []Tick{old, recent} {
		if err := b.Send(t.Context(), tick); err != nil {
			t.Fatal(err)
		}
	}
	b.forget()
	first := recent.Committed[0].Time
	for _, r := range consume(t, b, len(recent.Committed)) {
		if r.Timestamp.Before(first.Truncate(time.Millisecond)) {
			t.Errorf("a record of %s is still there", r.Timestamp)
		}
	}
}
