package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kept is how much of the topics the broker keeps in memory.
const kept = 10 * time.Minute

// Broker is a Kafka broker inside this process, on a loopback port that the
// system chose, and the service that sends records to it.
type Broker struct {
	cluster  *kfake.Cluster
	producer *kgo.Client // what it sends is committed at once
	crashing *kgo.Client // what it sends is rolled back
}

// NewBroker starts a broker that has the two topics.
func NewBroker() (*Broker, error) {
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.SeedTopics(Partitions, InputsTopic, PredictionsTopic),
		kfake.BrokerConfigs(map[string]string{"log.retention.ms": fmt.Sprint(kept.Milliseconds())}),
	)
	if err != nil {
		return nil, fmt.Errorf("start the embedded broker: %w", err)
	}
	b := &Broker{cluster: cluster}
	if b.producer, err = b.client(); err == nil {
		b.crashing, err = b.client(kgo.TransactionalID("churn-service"), kgo.TransactionTimeout(10*time.Second))
	}
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("connect to the embedded broker: %w", err)
	}
	return b, nil
}

func (b *Broker) client(opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts,
		kgo.SeedBrokers(b.cluster.ListenAddrs()...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)...)
}

// Addr is the broker's address, host:port.
func (b *Broker) Addr() string { return b.cluster.ListenAddrs()[0] }

// Close ends the producers and the broker.
func (b *Broker) Close() {
	for _, c := range []*kgo.Client{b.producer, b.crashing} {
		if c != nil {
			c.Close()
		}
	}
	b.cluster.Close()
}

// Send sends one tick and returns when the broker has it.
func (b *Broker) Send(ctx context.Context, t Tick) error {
	if err := b.producer.ProduceSync(ctx, records(t.Committed)...).FirstErr(); err != nil {
		return fmt.Errorf("send to the embedded broker: %w", err)
	}
	if len(t.Aborted) == 0 {
		return nil
	}
	if err := b.abort(ctx, t.Aborted); err != nil {
		return fmt.Errorf("roll back a transaction on the embedded broker: %w", err)
	}
	return nil
}

// abort writes the messages in a transaction and rolls it back once the broker
// has them all, so that they are in the log.
func (b *Broker) abort(ctx context.Context, messages []Message) error {
	if err := b.crashing.BeginTransaction(); err != nil {
		return err
	}
	sent := b.crashing.ProduceSync(ctx, records(messages)...).FirstErr()
	return errors.Join(sent, b.crashing.EndTransaction(ctx, kgo.TryAbort))
}

// Run sends the traffic in real time until ctx ends, from tick 0 on. After a
// pause (a laptop that slept) it sends what it owes.
func (b *Broker) Run(ctx context.Context, t Traffic) error {
	ticker := time.NewTicker(TickLength)
	defer ticker.Stop()
	next := 0
	for {
		for ; ctx.Err() == nil && next <= int(time.Since(t.Start)/TickLength); next++ {
			if err := b.Send(ctx, t.Tick(next)); err != nil && ctx.Err() == nil {
				return err
			}
			if next%int(time.Minute/TickLength) == 0 {
				b.forget()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// forget removes the records that are older than what is kept.
func (b *Broker) forget() { b.cluster.ApplyRetention() }

func records(messages []Message) []*kgo.Record {
	out := make([]*kgo.Record, len(messages))
	for i, m := range messages {
		out[i] = &kgo.Record{Topic: m.Topic, Partition: m.Partition, Key: m.Key, Value: m.Value, Timestamp: m.Time}
	}
	return out
}
