package kafka

import (
	"errors"
	"fmt"
	"io"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"

	"driftwatch/monitors/source"
)

// maxFrame bounds what a broker may send in one answer, in bytes. Kafka itself
// refuses to keep batches of more than 2 GiB; no sane topic comes near this.
const maxFrame = 1 << 29

// firstFetch is the version of fetch since which answers carry the log start,
// without which a gap cannot be counted: Kafka 1.0.
const firstFetch = 5

// errOld is for brokers that are too old.
var errOld = errors.New("the broker is older than Kafka 1.0")

// fetchRequest is a fetch of one partition that leaves the answer as bytes. It
// belongs to the transport until its round trip returned without error: after
// an error, and so when a context ended, a connection may still write to it.
type fetchRequest struct {
	fetch.Request
	node     int32
	clientID string
	version  int16
	frame    []byte // the answer, without its size and correlation id
}

// newFetchRequest makes a request for committed records of p. It is reused
// with other offsets and limits.
func newFetchRequest(p source.Partition, cfg Config) *fetchRequest {
	return &fetchRequest{
		clientID: cfg.ClientID,
		Request: fetch.Request{
			ReplicaID:      -1,
			MaxWaitTime:    int32(cfg.MaxWait.Milliseconds()),
			MinBytes:       1,
			MaxBytes:       maxFrame, // the partition's own limit is the one that counts
			IsolationLevel: committed,
			SessionEpoch:   -1, // no session: every request is complete
			Topics: []fetch.RequestTopic{{
				Topic: p.Topic,
				Partitions: []fetch.RequestPartition{{
					Partition: int32(p.ID), CurrentLeaderEpoch: -1, LogStartOffset: -1,
				}},
			}},
		},
	}
}

// aim sets what the next round trip asks for.
func (r *fetchRequest) aim(node int32, from int64, maxBytes int) {
	r.node = node
	part := &r.Topics[0].Partitions[0]
	part.FetchOffset, part.PartitionMaxBytes = from, int32(maxBytes)
}

// Broker implements protocol.BrokerMessage.
func (r *fetchRequest) Broker(protocol.Cluster) (protocol.Broker, error) {
	return protocol.Broker{ID: r.node}, nil
}

// Required implements protocol.RawExchanger.
func (r *fetchRequest) Required(versions map[protocol.ApiKey]int16) bool {
	r.version = versions[protocol.Fetch]
	return true
}

// RawExchange implements protocol.RawExchanger: it writes the request and reads
// the answer into r.frame.
func (r *fetchRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if r.version < firstFetch {
		return nil, errOld
	}
	var err error
	r.frame, err = exchange(rw, &r.Request, r.version, r.clientID, r.frame)
	return r, err
}

// fetched is the parsed answer of a fetch of one partition.
type fetched struct {
	throttled bool
	stable    int64 // last stable offset
	start     int64 // log start
	aborted   []abortedTxn
	batches   []byte
}

// abortedTxn says that a producer's records from an offset on, up to its next
// abort marker, are not to be seen.
type abortedTxn struct{ producer, first int64 }

// parseFetched reads the answer to a fetch of one partition. aborted is reused.
func parseFetched(frame []byte, version int16, aborted []abortedTxn) (fetched, error) {
	d := wire{b: frame}
	f := fetched{throttled: d.int32() > 0}
	if version >= 7 {
		if code := kafkago.Error(d.int16()); code != 0 {
			return f, code
		}
		d.int32() // session
	}
	if d.int32() != 1 {
		return f, unexpected("fetch")
	}
	d.skip(int(d.int16())) // topic
	if d.int32() != 1 {
		return f, unexpected("fetch")
	}
	d.int32() // partition
	code := kafkago.Error(d.int16())
	d.int64() // high watermark
	f.stable, f.start = d.int64(), d.int64()
	f.aborted = aborted[:0]
	for n := d.int32(); n > 0 && !d.failed; n-- {
		f.aborted = append(f.aborted, abortedTxn{producer: d.int64(), first: d.int64()})
	}
	if version >= 11 {
		d.int32() // preferred replica: none, as no rack was told
	}
	f.batches = d.take(max(0, int(d.int32())))
	switch {
	case code != 0:
		return f, code
	case d.failed:
		return f, fmt.Errorf("fetch: an answer of %d bytes ends early", len(frame))
	}
	return f, nil
}
