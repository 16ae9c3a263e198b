package kafkatest

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// fail ends the test if a broker answered with an error code.
func fail(t testing.TB, what string, code int16) {
	t.Helper()
	if err := kerr.ErrorForCode(code); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Plain is a producer without idempotence, Idempotent one with it. Both wait
// for the broker to have the records. More options: kgo.ProducerBatchCompression,
// kgo.SASL, kgo.DialTLSConfig.
func Plain(t testing.TB, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	return Client(t, brokers, append(opts, kgo.DisableIdempotentWrite())...)
}

// Idempotent is described at Plain.
func Idempotent(t testing.TB, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	return Client(t, brokers, opts...)
}

// Transactional is a producer for InTransaction.
func Transactional(t testing.TB, brokers []string, id string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	return Client(t, brokers, append(opts, kgo.TransactionalID(id), kgo.TransactionTimeout(Patience))...)
}

// Record makes a record. A nil key or value is null, an empty one is empty.
func Record(topic string, partition int32, key, value []byte, at time.Time, headers ...kgo.RecordHeader) *kgo.Record {
	return &kgo.Record{Topic: topic, Partition: partition, Key: key, Value: value, Timestamp: at, Headers: headers}
}

// Produce writes records and waits until the brokers have them. The records'
// offsets are set afterwards.
func Produce(t testing.TB, cl *kgo.Client, records ...*kgo.Record) {
	t.Helper()
	if err := cl.ProduceSync(Context(t), records...).FirstErr(); err != nil {
		t.Fatalf("produce %d records: %v", len(records), err)
	}
}

// InTransaction writes records in one transaction, and commits or aborts it.
func InTransaction(t testing.TB, cl *kgo.Client, commit bool, records ...*kgo.Record) {
	t.Helper()
	Begin(t, cl)
	Produce(t, cl, records...)
	End(t, cl, commit)
}

// Begin begins a transaction.
func Begin(t testing.TB, cl *kgo.Client) {
	t.Helper()
	if err := cl.BeginTransaction(); err != nil {
		t.Fatalf("begin a transaction: %v", err)
	}
}

// End commits or aborts the transaction.
func End(t testing.TB, cl *kgo.Client, commit bool) {
	t.Helper()
	if err := cl.EndTransaction(Context(t), kgo.TransactionEndTry(commit)); err != nil {
		t.Fatalf("end a transaction: %v", err)
	}
}

// ReadCommitted reads n committed records of a partition with franz-go's own
// consumer, from an offset on: what any other reader should see too.
func ReadCommitted(ctx context.Context, t testing.TB, brokers []string, topic string, partition int32, from int64, n int, opts ...kgo.Opt) []*kgo.Record {
	t.Helper()
	cl := Client(t, brokers, append(opts,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(from)}}))...)
	var got []*kgo.Record
	for len(got) < n {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("read %d records of %q, got %d: %v", n, topic, len(got), err)
		}
		got = append(got, fetches.Records()...)
	}
	return got
}
