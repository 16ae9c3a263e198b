//go:build integration

package kafka

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

// One broker serves all scenarios but those that end it.
func TestRealKafka(t *testing.T) {
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("committed records only, seed ", seed), func(t *testing.T) { testCommitted(t, brokers, seed) })
	}
	for _, tt := range []struct {
		name string
		run  func(*testing.T, []string)
	}{
		{"open transaction", testOpenTransaction},
		{"large record", testLargeRecord},
		{"log start", testLogStart},
		{"truncated", testTruncated},
		{"made again", testMadeAgain},
		{"made again smaller", testMadeAgainSmaller},
		{"resolve", testResolve},
		{"compacted", testCompacted},
		{"group restart", testGroupRestart},
		{"group shares", testGroupShares},
		{"group claims", testGroupClaims},
		{"group commits", testGroupCommits},
		{"group fences", testGroupFences},
		{"all topics", testAllGrows},
		{"ledger", testLedger},
		{"ledger compacted", testLedgerCompacted},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, brokers) })
	}
	t.Run("scram", func(t *testing.T) {
		cl := kafkatest.Client(t, brokers)
		kafkatest.CreateTopic(t, cl, "scram", 1)
		c := open(t, []string{broker.Scram}, func(c *Config) {
			c.SASL = &SASL{Mechanism: "scram-sha-512", Username: kafkatest.User, PasswordFile: write(t, "p", kafkatest.Password)}
		})
		if b, err := c.Log(source.Partition{Topic: "scram"}).Fetch(kafkatest.Context(t), 0); err != nil || !b.AtEnd() {
			t.Fatalf("fetch: %+v, %v", b, err)
		}
		wrong := open(t, []string{broker.Scram}, func(c *Config) {
			c.SASL = &SASL{Mechanism: "scram-sha-512", Username: kafkatest.User, PasswordFile: write(t, "p", "wrong")}
		})
		_, err := wrong.Partitions(kafkatest.Context(t), "scram")
		if err == nil {
			t.Fatal("a wrong password was accepted")
		}
		t.Log(err)
	})
}

// testCompacted reads a log whose records were compacted away, some batches
// whole, up to its very end.
func testCompacted(t *testing.T, brokers []string) {
	producer := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, producer, "compacted", 1, "cleanup.policy", "compact",
		"min.cleanable.dirty.ratio", "0.001", "segment.ms", "100", "min.compaction.lag.ms", "0", "delete.retention.ms", "0")
	var last int64
	for i := range 40 {
		var batch []*kgo.Record
		for j := range 10 {
			batch = append(batch, kafkatest.Record("compacted", 0, fmt.Append(nil, j), fmt.Append(nil, i), time.Now()))
		}
		kafkatest.Produce(t, producer, batch...)
		last = batch[9].Offset
	}
	log, ctx := open(t, brokers).Log(source.Partition{Topic: "compacted"}), kafkatest.Context(t)
	until(t, "compaction", func() bool {
		// A new batch closes the segment before it, which is then cleaned.
		r := kafkatest.Record("compacted", 0, []byte("tick"), nil, time.Now())
		kafkatest.Produce(t, producer, r)
		last = r.Offset
		got, next, lost := readAll(ctx, t, log, 0)
		if next != last+1 || lost != 0 {
			t.Fatalf("read up to %d with %d lost, want %d with none", next, lost, last+1)
		}
		return len(got) < 40
	})
	for from := range last {
		if _, next, _ := readAll(ctx, t, log, from); next != last+1 {
			t.Fatalf("from %d on, read up to %d, want %d", from, next, last+1)
		}
	}
}

// testLedgerCompacted writes the same keys again and again, until most records
// are gone: the newest values stay.
func testLedgerCompacted(t *testing.T, brokers []string) {
	cl := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, cl, "ledger-compacted", 1, "cleanup.policy", "compact",
		"min.cleanable.dirty.ratio", "0.001", "segment.ms", "100", "delete.retention.ms", "0")
	l := ledger(t, brokers, "ledger-compacted")
	large := noise(1, 2*maxPart)
	put(t, l, entry("s", "large", large), entry("s", "gone", []byte("x")), entry("s", "gone", nil))
	log, ctx, n := open(t, brokers).Log(source.Partition{Topic: "ledger-compacted"}), kafkatest.Context(t), 0
	until(t, "compaction", func() bool {
		n++
		put(t, l, entry("s", "counter", fmt.Append(nil, n)))
		got, _, _ := readAll(ctx, t, log, 0)
		return n > 20 && len(got) < n/2
	})
	wantSpace(t, ledger(t, brokers, "ledger-compacted"), "s", map[string][]byte{"large": large, "counter": fmt.Append(nil, n)})
}

// A broker that is killed and started again, in the middle of reading.
func TestRealKafkaKilledAndRestarted(t *testing.T) {
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	producer := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, producer, "t", 1)
	c := open(t, brokers)
	g := group(t, c, "one", "t")
	member := start(t, g)
	member.wait(t, "its unit", 1)
	log, ctx := c.Log(source.Partition{Topic: "t"}), kafkatest.Context(t)
	var next int64
	for round := range 2 {
		numbered(t, producer, "t", 5)
		var got []source.Record
		if got, next, _ = readAll(ctx, t, log, next); len(got) != 5 {
			t.Fatalf("round %d: read %d records, want 5", round, len(got))
		}
		broker.Kill()
		read := make(chan source.Batch, 1)
		go func() {
			b, err := log.Fetch(ctx, next)
			if err != nil {
				t.Error(err)
			}
			read <- b
		}()
		until(t, "a problem", func() bool { return len(c.Problems()) > 0 })
		broker.Start()
		if b := <-read; b.Next != next || b.Lost != 0 {
			t.Fatalf("after a restart: %+v, want nothing new", b)
		}
	}
	until(t, "end of the problems", func() bool { return len(c.Problems()) == 0 })
	want := source.Position{Offset: next}
	until(t, "commit", func() bool { return g.Commit(ctx, map[source.Partition]source.Position{{Topic: "t"}: want}) == nil })
	if got, ok, err := g.Committed(ctx, source.Partition{Topic: "t"}); got != want || !ok || err != nil {
		t.Fatalf("committed %+v, %v, %v, want %+v", got, ok, err, want)
	}
}

// A network over which a full fetch takes longer than an answer may: less is
// asked for, until it passes. Who always asked for the same would read nothing.
func TestRealKafkaOverASlowNetwork(t *testing.T) {
	broker := kafkatest.Behind(t)
	producer := kafkatest.Idempotent(t, []string{broker.Address}, kgo.ProducerBatchCompression(kgo.NoCompression()))
	kafkatest.CreateTopic(t, producer, "slow", 1)
	for range 60 {
		kafkatest.Produce(t, producer, kafkatest.Record("slow", 0, nil, make([]byte, 10_000), time.UnixMilli(1)))
	}
	c := open(t, []string{broker.Proxy.Address}, func(c *Config) { c.Timeout = time.Second })
	broker.Proxy.Slow(200_000)
	got, next, lost := readAll(kafkatest.Context(t), t, c.Log(source.Partition{Topic: "slow"}), 0)
	if len(got) != 60 || next != 60 || lost != 0 {
		t.Fatalf("read %d records up to %d, %d lost, want 60", len(got), next, lost)
	}
}
