package kafka

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/segmentio/kafka-go/protocol"

	"driftwatch/monitors/source"
)

// messageSet reads one message, or one compressed set of them, in the formats 0
// and 1 that segments written before Kafka 0.11 have. They know no transactions
// and no headers. Such data is rare, so copies and allocations do not matter.
func (r *reader) messageSet(b []byte) error {
	sized := binary.BigEndian.AppendUint32(make([]byte, 0, len(b)+4), uint32(len(b)))
	var set protocol.RecordSet
	if _, err := set.ReadFrom(bufio.NewReader(bytes.NewReader(append(sized, b...)))); err != nil {
		return err
	}
	if set.Records == nil {
		return errors.New("a message that cannot be read")
	}
	for {
		rec, err := set.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		out := source.Record{Offset: rec.Offset, Timestamp: timeOf(rec.Time.UnixMilli())}
		if out.Key, err = readBytes(rec.Key); err != nil {
			return err
		}
		if out.Value, err = readBytes(rec.Value); err != nil {
			return err
		}
		r.next = max(r.next, rec.Offset+1)
		if rec.Offset >= r.from {
			r.records = append(r.records, out)
		}
	}
}

func readBytes(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close()
	return protocol.ReadAll(b)
}
