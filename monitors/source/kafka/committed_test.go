package kafka

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

// codecs are the compressions of producers.
func codecs() map[string]kgo.CompressionCodec {
	return map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
}

// blob is null, empty or some compressible bytes.
func blob(rnd *rand.Rand) []byte {
	switch rnd.IntN(6) {
	case 0:
		return nil
	case 1:
		return []byte{}
	default:
		return bytes.Repeat([]byte{byte(rnd.Uint32())}, 1+rnd.IntN(40))
	}
}

func randomRecords(rnd *rand.Rand, topic string, n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		at := time.UnixMilli(1_600_000_000_000 + rnd.Int64N(1e9)).UTC()
		r := kafkatest.Record(topic, 0, blob(rnd), blob(rnd), at)
		for range rnd.IntN(3) {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: fmt.Sprint("h", rnd.IntN(3)), Value: blob(rnd)})
		}
		records[i] = r
	}
	return records
}

// fill writes a random mix of plain, idempotent, committed and aborted records,
// in several codecs, with transactions of two producers open at once. It
// returns what committed readers see and the end of the log.
func fill(t *testing.T, brokers []string, topic string, rnd *rand.Rand) (visible map[int64]*kgo.Record, end int64) {
	t.Helper()
	kafkatest.CreateTopic(t, kafkatest.Client(t, brokers), topic, 1)
	var plain, txn []*kgo.Client
	open := make(map[*kgo.Client][]*kgo.Record)
	for name, codec := range codecs() {
		opt := kgo.ProducerBatchCompression(codec)
		plain = append(plain, kafkatest.Plain(t, brokers, opt), kafkatest.Idempotent(t, brokers, opt))
		txn = append(txn, kafkatest.Transactional(t, brokers, topic+"-"+name, opt))
	}
	visible = make(map[int64]*kgo.Record)
	show := func(records []*kgo.Record) {
		for _, r := range records {
			visible[r.Offset] = r
		}
	}
	finish := func(cl *kgo.Client) {
		commit := rnd.IntN(2) == 0
		kafkatest.End(t, cl, commit)
		if commit {
			show(open[cl])
		}
		delete(open, cl)
	}
	for range 60 {
		records := randomRecords(rnd, topic, 1+rnd.IntN(20))
		if rnd.IntN(2) == 0 {
			kafkatest.Produce(t, plain[rnd.IntN(len(plain))], records...)
			show(records)
			continue
		}
		cl := txn[rnd.IntN(len(txn))]
		if open[cl] == nil {
			kafkatest.Begin(t, cl)
		}
		kafkatest.Produce(t, cl, records...)
		if open[cl] = append(open[cl], records...); rnd.IntN(2) == 0 {
			finish(cl)
		}
	}
	for _, cl := range txn {
		if open[cl] != nil {
			finish(cl)
		}
	}
	last := randomRecords(rnd, topic, 1)
	kafkatest.Produce(t, plain[0], last...)
	show(last)
	return visible, last[0].Offset + 1
}

// testCommitted checks that exactly the committed records are read, from any
// offset on, just as another reader does it.
func testCommitted(t *testing.T, brokers []string, seed uint64) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 0))
	topic := fmt.Sprint("mix-", seed)
	visible, end := fill(t, brokers, topic, rnd)
	ctx := kafkatest.Context(t)
	small := func(c *Config) { c.MaxBytes = 1 + rnd.IntN(3000) }
	for range 5 {
		from := rnd.Int64N(end)
		log := open(t, brokers, small).Log(source.Partition{Topic: topic})
		var got []source.Record
		for next := from; next < end; { // the last markers may come a moment later
			more, upTo, lost := readAll(ctx, t, log, next)
			if lost != 0 {
				t.Fatalf("read from %d up to %d with %d lost", next, upTo, lost)
			}
			got, next = append(got, more...), upTo
		}
		n := 0
		for offset := range visible {
			if offset >= from {
				n++
			}
		}
		if len(got) != n {
			t.Fatalf("read %d records from %d on, want %d", len(got), from, n)
		}
		oracle := kafkatest.ReadCommitted(ctx, t, brokers, topic, 0, from, n)
		for i, r := range got {
			if visible[r.Offset] == nil {
				t.Fatalf("record %d was not committed", r.Offset)
			}
			same(t, r, oracle[i])
		}
	}
}

// same compares a record with what franz-go read. Null and empty differ.
func same(t *testing.T, got source.Record, want *kgo.Record) {
	t.Helper()
	if got.Offset != want.Offset || !got.Timestamp.Equal(want.Timestamp) || len(got.Headers) != len(want.Headers) ||
		!sameBytes(got.Key, want.Key) || !sameBytes(got.Value, want.Value) {
		t.Fatalf("read %+v, want %+v", got, want)
	}
	for i, h := range got.Headers {
		if h.Key != want.Headers[i].Key || !sameBytes(h.Value, want.Headers[i].Value) {
			t.Fatalf("record %d: header %+v, want %+v", got.Offset, h, want.Headers[i])
		}
	}
}

func sameBytes(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

func TestCommittedRecordsOnly(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { testCommitted(t, brokers, seed) })
	}
}

// An open transaction holds readers back: its records may yet be aborted.
func testOpenTransaction(t *testing.T, brokers []string) {
	ctx := kafkatest.Context(t)
	txn := kafkatest.Transactional(t, brokers, "open")
	kafkatest.CreateTopic(t, txn, "open", 1)
	log := open(t, brokers).Log(source.Partition{Topic: "open"})
	kafkatest.Begin(t, txn)
	kafkatest.Produce(t, txn, kafkatest.Record("open", 0, nil, []byte("1"), time.UnixMilli(1)))
	b, err := log.Fetch(ctx, 0)
	if err != nil || len(b.Records) != 0 || b.Next != 0 || !b.AtEnd() {
		t.Fatalf("with a transaction open: %+v, %v, want the end of the log at 0", b, err)
	}
	kafkatest.End(t, txn, true)
	got, next, _ := readAll(ctx, t, log, 0)
	for len(got) == 0 { // brokers write the marker a moment later
		got, next, _ = readAll(ctx, t, log, 0)
	}
	if len(got) != 1 || next != 2 {
		t.Fatalf("after the commit: %d records up to %d, want 1 up to 2", len(got), next)
	}
}

func TestOpenTransactionHoldsReadersBack(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testOpenTransaction(t, brokers)
}

// testLargeRecord reads a record that is far larger than what is asked for.
func testLargeRecord(t *testing.T, brokers []string) {
	producer := kafkatest.Idempotent(t, brokers)
	kafkatest.CreateTopic(t, producer, "large", 1, "max.message.bytes", fmt.Sprint(64<<20))
	large := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16)
	at := time.UnixMilli(1)
	for _, value := range [][]byte{[]byte("before"), large, []byte("after")} {
		kafkatest.Produce(t, producer, kafkatest.Record("large", 0, nil, value, at))
	}
	log := open(t, brokers, func(c *Config) { c.MaxBytes = 1000 }).Log(source.Partition{Topic: "large"})
	got, next, _ := readAll(kafkatest.Context(t), t, log, 0)
	if next != 3 || len(got) != 3 || !bytes.Equal(got[1].Value, large) || string(got[2].Value) != "after" {
		t.Fatalf("read %d records up to %d, want 3 with one of 20 MiB in the middle", len(got), next)
	}
}

func TestLargeRecord(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	testLargeRecord(t, brokers)
}
