//go:build integration

package kafka

import (
	"bytes"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

// Reading a partition of a real broker from its start to its end.
func BenchmarkRealKafka(b *testing.B) {
	broker := kafkatest.Real(b)
	producer := kafkatest.Idempotent(b, []string{broker.Address}, kgo.ProducerLinger(5*time.Millisecond))
	kafkatest.CreateTopic(b, producer, "t", 1)
	records := make([]*kgo.Record, 100_000)
	for range 5 {
		for i := range records {
			records[i] = kafkatest.Record("t", 0, []byte("key-0123"), bytes.Repeat([]byte("v"), 330), time.UnixMilli(1))
		}
		kafkatest.Produce(b, producer, records...)
	}
	for _, size := range []int{1 << 20, 4 << 20} {
		b.Run(map[int]string{1 << 20: "1MiB", 4 << 20: "4MiB"}[size], func(b *testing.B) {
			log := open(b, []string{broker.Address}, func(c *Config) { c.MaxBytes = size }).Log(source.Partition{Topic: "t"})
			var n int
			b.ReportAllocs()
			for b.Loop() {
				for next, end := int64(0), int64(1); next < end; {
					batch, err := log.Fetch(b.Context(), next)
					if err != nil {
						b.Fatal(err)
					}
					next, end = batch.Next, batch.End
					n += len(batch.Records)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
		})
	}
}
