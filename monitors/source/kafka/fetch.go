package kafka

import (
	"errors"
	"fmt"
	"io"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"

	"driftwatch/monitors/source"
)

// maxFrame bounds what a broker may send in one answer, in bytes. Kafka itself
// refuses to keep batches of more than 2 GiB; no sane topic comes near this.
const maxFrame = 1 << 29

// firstFetch is the version of fetch since which answers carry the log start,
// without which a gap cannot be counted: Kafka 1.0. Versions up to lastNamed name
// the topic. byID, since Kafka 3.1, asks by its id: a topic that was made again is
// then never taken for the one before. The version between gives nothing more.
const (
	firstFetch = 5
	lastNamed  = 11
	byID       = 13
)

// errOld is for brokers that are too old.
var errOld = errors.New("the broker is older than Kafka 1.0")

// fetchRequest is a fetch of one partition that leaves the answer as bytes. It
// belongs to the transport until its round trip returned without error: after
// an error, and so when a context ended, a connection may still write to it.
type fetchRequest struct {
	kmsg.FetchRequest
	node     int32
	clientID string
	frame    []byte // the answer, without its size and correlation id
}

// newFetchRequest makes a request for committed records of p. It is reused
// with other offsets and limits, for the same broker and topic.
func newFetchRequest(p source.Partition, id topicID, cfg Config) *fetchRequest {
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition = int32(p.ID)
	r := &fetchRequest{clientID: cfg.ClientID, FetchRequest: kmsg.NewFetchRequest()}
	r.Version = unspoken
	r.MaxWaitMillis = int32(cfg.MaxWait.Milliseconds())
	r.MinBytes = 1
	r.MaxBytes = maxFrame // the partition's own limit is the one that counts
	r.IsolationLevel = committed
	r.Topics = []kmsg.FetchRequestTopic{{
		Topic: p.Topic, TopicID: id, Partitions: []kmsg.FetchRequestTopicPartition{part},
	}}
	return r // without a session: every request is complete
}

// unspoken is the version before the broker was asked for its own.
const unspoken = -1

// aim sets what the next round trip asks for.
func (r *fetchRequest) aim(node int32, from int64, maxBytes int) {
	r.node = node
	part := &r.Topics[0].Partitions[0]
	part.FetchOffset, part.PartitionMaxBytes = from, int32(maxBytes)
}

// ApiKey implements protocol.Message.
func (*fetchRequest) ApiKey() protocol.ApiKey { return protocol.Fetch }

// Broker implements protocol.BrokerMessage.
func (r *fetchRequest) Broker(protocol.Cluster) (protocol.Broker, error) {
	return protocol.Broker{ID: r.node}, nil
}

// Required implements protocol.RawExchanger.
func (*fetchRequest) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange implements protocol.RawExchanger: it writes the request and reads
// the answer into r.frame.
func (r *fetchRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if r.Version == unspoken {
		version, err := spoken(rw, protocol.Fetch, r.clientID)
		if err != nil {
			return nil, err
		}
		if version < firstFetch {
			return nil, errOld
		}
		r.Version = fetchVersion(version, r.Topics[0].TopicID)
	}
	var err error
	r.frame, err = exchangeNewer(rw, r, r.clientID, r.frame)
	return r, err
}

// fetchVersion is the version to speak with a broker whose newest is given.
func fetchVersion(newest int16, id topicID) int16 {
	if newest >= byID && id != (topicID{}) {
		return byID
	}
	return min(newest, lastNamed)
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
	flexible := version >= byID
	d := wire{b: frame}
	if flexible {
		d.tags()
	}
	f := fetched{throttled: d.int32() > 0}
	if version >= 7 {
		if code := kafkago.Error(d.int16()); code != 0 {
			return f, code
		}
		d.int32() // session
	}
	if d.length(flexible) != 1 {
		return f, unexpected("fetch")
	}
	if flexible {
		d.skip(len(topicID{}))
	} else {
		d.skip(int(d.int16())) // name
	}
	if d.length(flexible) != 1 {
		return f, unexpected("fetch")
	}
	d.int32() // partition
	code := kafkago.Error(d.int16())
	d.int64() // high watermark
	f.stable, f.start = d.int64(), d.int64()
	f.aborted = aborted[:0]
	for n := d.length(flexible); n > 0 && !d.failed; n-- {
		f.aborted = append(f.aborted, abortedTxn{producer: d.int64(), first: d.int64()})
		if flexible {
			d.tags()
		}
	}
	if version >= 11 {
		d.int32() // preferred replica: none, as no rack was told
	}
	f.batches = d.take(max(0, d.length(flexible)))
	switch {
	case code != 0:
		return f, code
	case d.failed:
		return f, fmt.Errorf("fetch: an answer of %d bytes ends early", len(frame))
	}
	return f, nil
}
