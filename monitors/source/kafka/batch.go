package kafka

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"driftwatch/monitors/source"
)

// Layout of a record batch, message format 2: base offset, length of what
// follows it, leader epoch, magic, checksum of what follows it, and the rest of
// the header. See "Record Batch" in Kafka's message format documentation.
const (
	lengthEnd   = 12 // the batch's length counts from here
	magicAt     = 16
	crcAt       = 17
	crcEnd      = 21
	headerBytes = 61
)

// logAppendTime is the attribute of a batch whose broker set the time: the
// batch's greatest timestamp is every record's.
const logAppendTime = 1 << 3

// maxInflated bounds one decompressed batch, in bytes.
const maxInflated = 1 << 30

// keepBuffer is the size up to which a buffer is always kept, in bytes. Larger
// ones, left over from one large record, are let go of.
const keepBuffer = 8 << 20

// abortMarker is the type of a control record that ends an aborted transaction.
const abortMarker = 0

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// reader turns the bytes of fetched batches into committed records. It keeps
// its buffers from one read to the next, so records are valid until then.
type reader struct {
	records  []source.Record
	headers  []source.Header
	inflated []byte
	names    map[string]string // of headers: few, and on every record
	aborting map[int64]struct{}
	aborted  []abortedTxn // still to come, by first offset
	spare    []abortedTxn // their buffer
	from     int64
	next     int64
}

// header is that of one record batch.
type header struct {
	base, last         int64 // offsets; last is kept when compaction removes records
	attributes         protocol.Attributes
	firstTime, maxTime int64 // Unix milliseconds
	producer           int64
	count              int32
}

// read reads the batches of f and keeps the committed records from offset from
// on. next is the offset after the last batch, or from if there is none whole;
// then need is the size of the first one in bytes, if it was cut off.
func (r *reader) read(f fetched, from int64) (next int64, need int, err error) {
	r.reset(f, from)
	for b := f.batches; len(b) > 0; {
		size := batchSize(b)
		if size < 0 {
			return r.next, 0, errors.New("a record batch with a negative length")
		}
		if size == 0 || size > len(b) { // the last batch may be cut off
			if need = size; size == 0 {
				need = 2 * len(b)
			}
			if r.next > from {
				need = 0
			}
			break
		}
		if err := r.batch(b[:size]); err != nil {
			return r.next, 0, fmt.Errorf("record batch at offset %d: %w", binary.BigEndian.Uint64(b), err)
		}
		b = b[size:]
	}
	return r.next, need, nil
}

func (r *reader) reset(f fetched, from int64) {
	clear(r.records) // let go of large values
	if cap(r.inflated) > keepBuffer && len(r.inflated) < cap(r.inflated)/4 {
		r.inflated = nil
	}
	r.records, r.headers, r.inflated = r.records[:0], r.headers[:0], r.inflated[:0]
	if r.names == nil {
		r.names, r.aborting = make(map[string]string), make(map[int64]struct{})
	}
	clear(r.aborting)
	r.aborted, r.spare = f.aborted, f.aborted
	slices.SortFunc(r.aborted, func(a, b abortedTxn) int { return cmp.Compare(a.first, b.first) })
	r.from, r.next = from, from
}

// batchSize is the size of the batch that b starts with, in bytes, 0 if too
// little of it is there to tell, negative if it is impossible.
func batchSize(b []byte) int {
	if len(b) <= magicAt {
		return 0
	}
	length := int(int32(binary.BigEndian.Uint32(b[8:])))
	if length < magicAt+1-lengthEnd {
		return -1
	}
	return lengthEnd + length
}

// batch reads one whole batch.
func (r *reader) batch(b []byte) error {
	if magic := b[magicAt]; magic < 2 {
		return r.messageSet(b)
	} else if magic > 2 || len(b) < headerBytes {
		return fmt.Errorf("message format %d in %d bytes is unknown", magic, len(b))
	}
	if sum := crc32.Checksum(b[crcEnd:], castagnoli); sum != binary.BigEndian.Uint32(b[crcAt:]) {
		return errors.New("the checksum does not match")
	}
	h := parseHeader(b)
	if h.last < h.base {
		return errors.New("it ends before it starts")
	}
	r.next = max(r.next, h.last+1)
	if h.last < r.from || h.count == 0 {
		return nil
	}
	keep := r.committed(h)
	if !keep && !h.attributes.Control() {
		return nil
	}
	payload, err := r.inflate(b[headerBytes:], h.attributes)
	if err != nil {
		return err
	}
	if h.attributes.Control() {
		return r.control(payload, h)
	}
	return r.appendRecords(payload, h)
}

func parseHeader(b []byte) header {
	d := wire{b: b[crcEnd:]}
	base := int64(binary.BigEndian.Uint64(b))
	h := header{base: base, attributes: protocol.Attributes(d.int16())}
	h.last = base + int64(d.int32())
	h.firstTime, h.maxTime, h.producer = d.int64(), d.int64(), d.int64()
	d.int16() // producer epoch
	d.int32() // base sequence
	h.count = d.int32()
	return h
}

// committed reports whether the records of a batch may be seen: not those of a
// transaction that is aborted later on. Batches outside transactions always.
func (r *reader) committed(h header) bool {
	for len(r.aborted) > 0 && r.aborted[0].first <= h.last {
		r.aborting[r.aborted[0].producer] = struct{}{}
		r.aborted = r.aborted[1:]
	}
	if !h.attributes.Transactional() {
		return true
	}
	_, aborting := r.aborting[h.producer]
	return !aborting
}

// control reads the marker that ends a transaction. Its key is a version and a
// type, two bytes each.
func (r *reader) control(payload []byte, h header) error {
	d := wire{b: payload}
	for range h.count {
		rec := wire{b: d.varbytes()}
		rec.int8()
		rec.varint()
		rec.varint()
		key := wire{b: rec.varbytes()}
		key.int16()
		kind := key.int16()
		if d.failed || rec.failed || key.failed {
			return errors.New("a control record that cannot be read")
		}
		if kind == abortMarker {
			delete(r.aborting, h.producer)
		}
	}
	return nil
}

// inflate returns a batch's records, decompressed if need be into r.inflated.
// That may move when it grows, which leaves earlier records where they were.
func (r *reader) inflate(b []byte, a protocol.Attributes) ([]byte, error) {
	if a.Compression() == 0 {
		return b, nil
	}
	codec := a.Compression().Codec()
	if codec == nil {
		return nil, fmt.Errorf("unknown compression %d", a.Compression())
	}
	rd := codec.NewReader(bytes.NewReader(b))
	defer rd.Close()
	start := len(r.inflated)
	out, err := appendAll(r.inflated, io.LimitReader(rd, maxInflated+1))
	switch r.inflated = out; {
	case err != nil:
		return nil, fmt.Errorf("decompress: %w", err)
	case len(out)-start > maxInflated:
		return nil, fmt.Errorf("decompress: more than %d bytes", maxInflated)
	}
	return out[start:], nil
}

// appendAll appends all that rd has to b.
func appendAll(b []byte, rd io.Reader) ([]byte, error) {
	for {
		b = slices.Grow(b, 4096)
		n, err := rd.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

// appendRecords reads the records of a batch and keeps those from r.from on.
func (r *reader) appendRecords(payload []byte, h header) error {
	d := wire{b: payload}
	for range h.count {
		rec := wire{b: d.varbytes()}
		rec.int8() // attributes, unused
		t := h.firstTime + rec.varint()
		if h.attributes&logAppendTime != 0 {
			t = h.maxTime
		}
		out := source.Record{Offset: h.base, Timestamp: timeOf(t)}
		out.Offset += rec.varint()
		out.Key, out.Value = rec.varbytes(), rec.varbytes()
		out.Headers = r.appendHeaders(&rec)
		if d.failed || rec.failed || out.Offset > h.last {
			return errors.New("a record that cannot be read")
		}
		if out.Offset >= r.from {
			r.records = append(r.records, out)
		}
	}
	return nil
}

func (r *reader) appendHeaders(rec *wire) []source.Header {
	n := rec.varint()
	if n <= 0 || rec.failed {
		return nil
	}
	start := len(r.headers)
	for ; n > 0 && !rec.failed; n-- {
		key := r.headerName(rec.varbytes())
		r.headers = append(r.headers, source.Header{Key: key, Value: rec.varbytes()})
	}
	return r.headers[start:len(r.headers):len(r.headers)]
}

// maxNames bounds the header names that are remembered.
const maxNames = 256

// headerName returns b as a string that outlives it.
func (r *reader) headerName(b []byte) string {
	if s, ok := r.names[string(b)]; ok {
		return s
	}
	if len(r.names) >= maxNames {
		clear(r.names)
	}
	s := string(b)
	r.names[s] = s
	return s
}

// timeOf converts Unix milliseconds. Kafka writes -1 where there is no time.
func timeOf(ms int64) time.Time {
	if ms == -1 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
