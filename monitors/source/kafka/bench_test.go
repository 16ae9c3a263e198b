package kafka

import (
	"bytes"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

// Parsing alone: 1,000 records of 330 bytes a batch.
func BenchmarkRead(b *testing.B) {
	records := make([]kmsg.Record, 1000)
	for i := range records {
		records[i] = kmsg.Record{Key: []byte("key-0123"), Value: bytes.Repeat([]byte("v"), 330)}
	}
	raw := sealed(kmsg.RecordBatch{LastOffsetDelta: 999, ProducerID: -1}, records...)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	var r reader
	for b.Loop() {
		if _, _, err := r.read(fetched{batches: raw}, 0); err != nil || len(r.records) != 1000 {
			b.Fatal(len(r.records), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
}

// Reading over loopback from a broker that always has more, of 330-byte values.
func BenchmarkFetch(b *testing.B) {
	for name, codec := range codecs() {
		b.Run(name, func(b *testing.B) {
			brokers, _ := kafkatest.Fake(b, kfake.SeedTopics(1, "t"),
				kfake.SyntheticFetch(kfake.SyntheticBatch{Records: 3000, RecordBytes: 330, RandomFrac: 0.3, Compression: codec}))
			log := open(b, brokers).Log(source.Partition{Topic: "t"})
			ctx := b.Context()
			var from, records int64
			b.ReportAllocs()
			for b.Loop() {
				batch, err := log.Fetch(ctx, from)
				if err != nil {
					b.Fatal(err)
				}
				from = batch.Next
				records += int64(len(batch.Records))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
		})
	}
}

// The same by franz-go, which prefetches, for comparison.
func BenchmarkFranz(b *testing.B) {
	brokers, _ := kafkatest.Fake(b, kfake.SeedTopics(1, "t"),
		kfake.SyntheticFetch(kfake.SyntheticBatch{Records: 3000, RecordBytes: 330, RandomFrac: 0.3}))
	cl := kafkatest.Client(b, brokers, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"t": {0: kgo.NewOffset().At(0)}}))
	var records int64
	b.ReportAllocs()
	for b.Loop() {
		records += int64(cl.PollFetches(b.Context()).NumRecords())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
}
