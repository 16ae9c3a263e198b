package kafka

import (
	"context"
	"errors"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"

	"driftwatch/monitors/source"
)

// produce writes records to a partition in one batch, and returns when all
// in-sync replicas have it. It tries again until ctx ends, unless that is of no
// use. A batch whose answer was lost may be written twice.
func (c *Cluster) produce(ctx context.Context, p source.Partition, records []record) error {
	retry := backoff{limit: c.cfg.MaxBackoff}
	for {
		err := c.tryProduce(ctx, p, records)
		var code kafkago.Error
		if err == nil || errors.As(err, &code) && !code.Temporary() {
			return err
		}
		if retry.wait(ctx) != nil {
			return err
		}
	}
}

func (c *Cluster) tryProduce(ctx context.Context, p source.Partition, records []record) error {
	node, _, err := c.leader(ctx, p)
	if err != nil {
		return err
	}
	now := time.Now()
	batch := make([]protocol.Record, 0, len(records))
	for _, r := range records {
		batch = append(batch, protocol.Record{Time: now, Key: protocol.NewBytes([]byte(r.key)), Value: protocol.NewBytes(r.value)})
	}
	m, err := c.call(ctx, node, &produce.Request{
		Acks: -1, Timeout: int32(c.cfg.Timeout.Milliseconds()),
		Topics: []produce.RequestTopic{{
			Topic: p.Topic,
			Partitions: []produce.RequestPartition{{
				Partition: int32(p.ID), RecordSet: protocol.RecordSet{Version: 2, Records: protocol.NewRecordReader(batch...)},
			}},
		}},
	}, c.cfg.Timeout)
	if err != nil {
		return err
	}
	res, ok := m.(*produce.Response)
	if !ok || len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return unexpected("produce")
	}
	if code := res.Topics[0].Partitions[0].ErrorCode; code != 0 {
		return kafkago.Error(code)
	}
	return nil
}
