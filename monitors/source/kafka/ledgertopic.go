package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"
	"github.com/segmentio/kafka-go/protocol/describeconfigs"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// ledgerPartitions is how many a ledger's topic is made with: to find an entry
// one of them is read from its beginning.
const ledgerPartitions = 8

// ready makes the topic where it does not exist, and checks that it is kept
// compacted.
func (l *Ledger) ready(ctx context.Context) error {
	if l.counts > 0 {
		return nil
	}
	t, exists, err := l.c.topic(ctx, l.topic)
	if err == nil && !exists {
		if err = l.c.createCompacted(ctx, l.topic); err == nil {
			t, exists, err = l.c.topic(ctx, l.topic)
		}
	} else if err == nil {
		err = l.c.checkCompacted(ctx, l.topic)
	}
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("topic %q: %w", l.topic, err)
	case err != nil:
		return fmt.Errorf("topic %q: %w", l.topic, retryable(err))
	case !exists || len(t.Partitions) == 0:
		return fmt.Errorf("topic %q: %w", l.topic, retryable(errNoTopic))
	}
	l.counts = len(t.Partitions)
	return nil
}

// refusedError is an answer that stays the same until somebody does something.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// createCompacted makes a topic with the brokers' default replication. Segments
// are small and closed after an hour, for only closed ones are compacted.
func (c *Cluster) createCompacted(ctx context.Context, topic string) error {
	m, err := c.call(ctx, anyBroker, &metadata.Request{TopicNames: []string{topic}}, c.cfg.Timeout)
	if err != nil {
		return err
	}
	brokers, ok := m.(*metadata.Response)
	if !ok {
		return unexpected("metadata")
	}
	m, err = c.call(ctx, brokers.ControllerID, &createtopics.Request{
		TimeoutMs: int32(c.cfg.Timeout.Milliseconds()),
		Topics: []createtopics.RequestTopic{{
			Name: topic, NumPartitions: ledgerPartitions, ReplicationFactor: -1,
			Configs: []createtopics.RequestConfig{
				{Name: "cleanup.policy", Value: "compact"},
				{Name: "segment.bytes", Value: "33554432"},
				{Name: "max.compaction.lag.ms", Value: "3600000"},
				{Name: "min.cleanable.dirty.ratio", Value: "0.1"},
			},
		}},
	}, c.cfg.Timeout)
	if err != nil {
		return err
	}
	res, ok := m.(*createtopics.Response)
	if !ok || len(res.Topics) != 1 {
		return unexpected("create topics")
	}
	switch code := kafkago.Error(res.Topics[0].ErrorCode); {
	case code == 0, code == kafkago.TopicAlreadyExists:
		return nil
	case code.Temporary():
		return code
	default:
		return &refusedError{fmt.Sprintf("it does not exist and cannot be made (%s): make it, with cleanup.policy=compact", describe(code))}
	}
}

// checkCompacted refuses a topic that loses old entries. Who may not ask for a
// topic's configuration has to know.
func (c *Cluster) checkCompacted(ctx context.Context, topic string) error {
	const policy, topicResource = "cleanup.policy", 2
	m, err := c.call(ctx, anyBroker, &describeconfigs.Request{
		Resources: []describeconfigs.RequestResource{{ResourceType: topicResource, ResourceName: topic, ConfigNames: []string{policy}}},
	}, c.cfg.Timeout)
	if err != nil {
		return err
	}
	res, ok := m.(*describeconfigs.Response)
	if !ok || len(res.Resources) != 1 {
		return unexpected("describe configs")
	}
	for _, e := range res.Resources[0].ConfigEntries {
		if e.ConfigName == policy && strings.TrimSpace(e.ConfigValue) != "compact" {
			return &refusedError{fmt.Sprintf("its cleanup.policy is %q, which loses the state of monitors that are quiet: set it to compact", e.ConfigValue)}
		}
	}
	return nil
}
