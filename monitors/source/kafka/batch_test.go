package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// sealed encodes a batch whose records are given, with its length and checksum.
func sealed(b kmsg.RecordBatch, records ...kmsg.Record) []byte {
	b.Magic = 2
	b.NumRecords = int32(len(records))
	b.Records = nil
	for i, r := range records {
		r.OffsetDelta = int32(i)
		r.Length = int32(len(r.AppendTo(nil)) - 1) // without itself, one byte while it is 0
		b.Records = r.AppendTo(b.Records)
	}
	b.Length = int32(headerBytes - lengthEnd + len(b.Records))
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[crcAt:], crc32.Checksum(raw[crcEnd:], castagnoli))
	return raw
}

// read reads batches with a new reader.
func read(t testing.TB, f fetched, from int64) (*reader, int64, int) {
	t.Helper()
	r := new(reader)
	next, need, err := r.read(f, from)
	if err != nil {
		t.Fatal(err)
	}
	return r, next, need
}

// A batch that compaction has emptied still moves reading on past it, and so do
// records that compaction took from a batch's end.
func TestEmptiedBatch(t *testing.T) {
	empty := sealed(kmsg.RecordBatch{FirstOffset: 10, LastOffsetDelta: 4, ProducerID: -1})
	short := sealed(kmsg.RecordBatch{FirstOffset: 15, LastOffsetDelta: 9, ProducerID: -1}, kmsg.Record{Value: []byte("v")})
	r, next, _ := read(t, fetched{batches: append(empty, short...)}, 12)
	if next != 25 || len(r.records) != 1 || r.records[0].Offset != 15 {
		t.Fatalf("read %d records up to %d, want the one at 15 up to 25", len(r.records), next)
	}
	if r, next, _ = read(t, fetched{batches: short}, 16); next != 25 || len(r.records) != 0 {
		t.Fatalf("read %d records up to %d, want none up to 25", len(r.records), next)
	}
}

func TestPartialBatch(t *testing.T) {
	whole := sealed(kmsg.RecordBatch{LastOffsetDelta: 0, ProducerID: -1}, kmsg.Record{Value: bytes.Repeat([]byte("x"), 30)})
	for cut := 1; cut < len(whole); cut++ {
		r, next, need := read(t, fetched{batches: whole[:cut]}, 0)
		if next != 0 || len(r.records) != 0 || need <= cut || cut > magicAt && need != len(whole) {
			t.Fatalf("cut to %d bytes: %d records up to %d, needs %d", cut, len(r.records), next, need)
		}
		r, next, need = read(t, fetched{batches: append(bytes.Clone(whole), whole[:cut]...)}, 0)
		if next != 1 || len(r.records) != 1 || need != 0 {
			t.Fatalf("whole and %d bytes: %d records up to %d, needs %d", cut, len(r.records), next, need)
		}
	}
}

func TestLogAppendTime(t *testing.T) {
	b := kmsg.RecordBatch{Attributes: logAppendTime, FirstTimestamp: 1000, MaxTimestamp: 5000, ProducerID: -1}
	r, _, _ := read(t, fetched{batches: sealed(b, kmsg.Record{TimestampDelta64: 7})}, 0)
	if got := r.records[0].Timestamp.UnixMilli(); got != 5000 {
		t.Errorf("with append time: %d, want the batch's 5000", got)
	}
	b.Attributes = 0
	r, _, _ = read(t, fetched{batches: sealed(b, kmsg.Record{TimestampDelta64: 7})}, 0)
	if got := r.records[0].Timestamp.UnixMilli(); got != 1007 {
		t.Errorf("with create time: %d, want 1007", got)
	}
	b.FirstTimestamp = -1
	r, _, _ = read(t, fetched{batches: sealed(b, kmsg.Record{})}, 0)
	if got := r.records[0].Timestamp; !got.IsZero() {
		t.Errorf("without a time: %v, want zero", got)
	}
}

// A producer's aborted transaction ends at its marker; what it writes outside
// transactions is not part of one.
func TestAbortedTransactionEnds(t *testing.T) {
	const transactional, control = 1 << 4, 1 << 5
	value := kmsg.Record{Value: []byte("v")}
	abort := kmsg.Record{Key: []byte{0, 0, 0, abortMarker}}
	var log []byte
	for i, b := range []struct {
		attributes int16
		record     kmsg.Record
	}{
		{0, value}, {transactional, value}, {0, value}, {transactional | control, abort}, {transactional, value},
	} {
		log = append(log, sealed(kmsg.RecordBatch{FirstOffset: int64(i), Attributes: b.attributes, ProducerID: 7}, b.record)...)
	}
	other := abortedTxn{producer: 8, first: 0}
	r, next, _ := read(t, fetched{batches: log, aborted: []abortedTxn{{producer: 7, first: 1}, other}}, 0)
	var offsets []int64
	for _, rec := range r.records {
		offsets = append(offsets, rec.Offset)
	}
	if next != 5 || len(offsets) != 3 || offsets[0] != 0 || offsets[1] != 2 || offsets[2] != 4 {
		t.Fatalf("read %v up to %d, want 0, 2, 4 up to 5", offsets, next)
	}
}

// An old message of format 1: see "Old Message Format" in Kafka's documentation.
func TestOldMessageFormat(t *testing.T) {
	m := kmsg.MessageV1{Offset: 5, Magic: 1, Timestamp: 1234, Key: nil, Value: []byte("old")}
	m.MessageSize = int32(len(m.AppendTo(nil)) - lengthEnd)
	raw := m.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[12:], crc32.ChecksumIEEE(raw[16:]))
	r, next, _ := read(t, fetched{batches: raw}, 3)
	if next != 6 || len(r.records) != 1 {
		t.Fatalf("read %d records up to %d, want 1 up to 6", len(r.records), next)
	}
	if got := r.records[0]; got.Offset != 5 || got.Key != nil || string(got.Value) != "old" || got.Timestamp.UnixMilli() != 1234 {
		t.Fatalf("read %+v", got)
	}
}

// Whatever bytes come, reading them ends without a panic and does not go back.
func FuzzBatches(f *testing.F) {
	f.Add(sealed(kmsg.RecordBatch{ProducerID: -1}, kmsg.Record{Value: []byte("v"), Headers: []kmsg.Header{{Key: "h"}}}), int64(0), false)
	f.Add(sealed(kmsg.RecordBatch{Attributes: 1 << 5}, kmsg.Record{Key: []byte{0, 0, 0, 0}}), int64(0), true)
	f.Add(sealed(kmsg.RecordBatch{Attributes: 2}, kmsg.Record{Value: []byte("v")}), int64(0), true)
	f.Fuzz(func(t *testing.T, b []byte, from int64, seal bool) {
		from &= 1<<63 - 1
		if seal && len(b) >= headerBytes { // let the checksum not stop the fuzzer
			binary.BigEndian.PutUint32(b[8:], uint32(len(b)-lengthEnd))
			b[magicAt] = 2
			binary.BigEndian.PutUint32(b[crcAt:], crc32.Checksum(b[crcEnd:], castagnoli))
		}
		var r reader
		next, _, err := r.read(fetched{batches: b, aborted: []abortedTxn{{first: from}}}, from)
		if next < from {
			t.Fatalf("went back from %d to %d", from, next)
		}
		for _, rec := range r.records {
			if err == nil && (rec.Offset < from || rec.Offset >= next) {
				t.Fatalf("record %d outside [%d, %d)", rec.Offset, from, next)
			}
		}
	})
}

func FuzzFetched(f *testing.F) {
	f.Add(make([]byte, 80), int16(lastNamed))
	f.Add(make([]byte, 80), int16(byID))
	f.Fuzz(func(t *testing.T, b []byte, version int16) {
		res, err := parseFetched(b, version, nil)
		if err == nil && len(res.batches) > len(b) {
			t.Fatal("more batches than bytes")
		}
	})
}
