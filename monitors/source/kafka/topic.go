package kafka

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"

	"driftwatch/monitors/source"
)

// topicID tells a topic from an earlier one of the same name. It is zero where
// the brokers know no ids: before Kafka 2.8.
type topicID [16]byte

// String returns the id as Kafka's own tools write it, or "".
func (id topicID) String() string {
	if id == (topicID{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// newestMetadata is the version of metadata requests that is written here:
// since 10 answers have topic ids, where kafka-go stops at 8.
const newestMetadata = 12

// topicRequest asks for the metadata of one topic. Asking never creates it.
type topicRequest struct {
	kmsg.MetadataRequest
	clientID string
	answer   kmsg.MetadataResponse
}

var (
	_ protocol.BrokerMessage = (*topicRequest)(nil)
	_ protocol.RawExchanger  = (*topicRequest)(nil)
)

// ApiKey implements protocol.Message.
func (*topicRequest) ApiKey() protocol.ApiKey { return protocol.Metadata }

// Broker implements protocol.BrokerMessage.
func (*topicRequest) Broker(protocol.Cluster) (protocol.Broker, error) {
	return protocol.Broker{ID: anyBroker}, nil
}

// Required implements protocol.RawExchanger.
func (*topicRequest) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange implements protocol.RawExchanger.
func (r *topicRequest) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	version, err := spoken(rw, protocol.Metadata, r.clientID)
	if err != nil {
		return nil, err
	}
	r.Version = min(version, newestMetadata)
	b, err := exchangeNewer(rw, &r.MetadataRequest, r.clientID, nil)
	if err != nil {
		return nil, err
	}
	d := wire{b: b}
	if r.IsFlexible() {
		d.tags()
	}
	r.answer.Version = r.Version
	return r, r.answer.ReadFrom(d.b)
}

// topic asks for the present metadata of one topic; ok is false if it does not
// exist.
func (c *Cluster) topic(ctx context.Context, name string) (t kmsg.MetadataResponseTopic, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	r := &topicRequest{clientID: c.cfg.ClientID, MetadataRequest: kmsg.NewMetadataRequest()}
	r.Topics = []kmsg.MetadataRequestTopic{{Topic: &name}}
	m, err := c.transport.RoundTrip(ctx, c.addr, r)
	if err != nil {
		return t, false, err
	}
	res, isTopic := m.(*topicRequest)
	if !isTopic || len(res.answer.Topics) != 1 {
		return t, false, unexpected("metadata")
	}
	t = res.answer.Topics[0]
	switch code := kafkago.Error(t.ErrorCode); code {
	case 0:
		return t, true, nil
	case kafkago.UnknownTopicOrPartition:
		return t, false, nil
	case kafkago.LeaderNotAvailable: // of a topic that is being made: its partitions follow
		return t, len(t.Partitions) > 0, nil
	default:
		return t, false, code
	}
}

// Partitions returns the ids of a topic's partitions, sorted. A topic that does
// not exist has none. An error is a *RetryError if trying again may help.
func (c *Cluster) Partitions(ctx context.Context, topic string) ([]int, error) {
	t, _, err := c.topic(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("list partitions of topic %q: %w", topic, retryable(err))
	}
	ids := make([]int, 0, len(t.Partitions))
	for _, p := range t.Partitions {
		ids = append(ids, int(p.Partition))
	}
	slices.Sort(ids)
	return ids, nil
}

// leader returns the broker that leads a partition, and which topic it is of, also
// if that has no such partition.
func (c *Cluster) leader(ctx context.Context, p source.Partition) (int32, topicID, error) {
	t, ok, err := c.topic(ctx, p.Topic)
	if err != nil {
		return 0, topicID{}, err
	}
	if !ok {
		return 0, topicID{}, errNoTopic
	}
	for _, tp := range t.Partitions {
		switch {
		case int(tp.Partition) != p.ID:
		case tp.Leader >= 0:
			return tp.Leader, t.TopicID, nil
		default:
			return 0, topicID{}, kafkago.LeaderNotAvailable
		}
	}
	return 0, t.TopicID, errNoPartition
}
