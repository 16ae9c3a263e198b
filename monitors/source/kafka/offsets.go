package kafka

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go/protocol/offsetcommit"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"

	"driftwatch/monitors/source"
)

// Committed returns the group's stored position of a partition; false if it has
// none.
func (g *Group) Committed(ctx context.Context, p source.Partition) (source.Position, bool, error) {
	pos, ok, err := g.committed(ctx, p)
	if err != nil {
		return pos, false, fmt.Errorf("read the offset of %s in group %q: %w", name(p), g.cfg.ID, retryable(err))
	}
	return pos, ok, nil
}

func (g *Group) committed(ctx context.Context, p source.Partition) (source.Position, bool, error) {
	m, err := g.call(ctx, &offsetfetch.Request{
		GroupID: g.cfg.ID,
		Topics:  []offsetfetch.RequestTopic{{Name: p.Topic, PartitionIndexes: []int32{int32(p.ID)}}},
	}, g.c.cfg.Timeout)
	if err != nil {
		return source.Position{}, false, err
	}
	res, ok := m.(*offsetfetch.Response)
	if !ok {
		return source.Position{}, false, unexpected("fetch offsets")
	}
	if err := g.failure(res.ErrorCode); err != nil {
		return source.Position{}, false, err
	}
	if len(res.Topics) != 1 || len(res.Topics[0].Partitions) != 1 {
		return source.Position{}, false, unexpected("fetch offsets")
	}
	r := res.Topics[0].Partitions[0]
	if err := g.failure(r.ErrorCode); err != nil {
		return source.Position{}, false, err
	}
	return source.Position{Offset: r.CommittedOffset, Metadata: r.Metadata}, r.CommittedOffset >= 0, nil
}

// Commit stores positions with the group, where tools see them. The coordinator
// refuses that of a member that was expelled.
func (g *Group) Commit(ctx context.Context, positions map[source.Partition]source.Position) error {
	if len(positions) == 0 {
		return nil
	}
	id, generation := g.state()
	m, err := g.call(ctx, &offsetcommit.Request{
		GroupID: g.cfg.ID, GenerationID: generation, MemberID: id, GroupInstanceID: g.cfg.InstanceID,
		RetentionTimeMs: -1,
		Topics:          commitTopics(positions),
	}, g.c.cfg.Timeout)
	if err != nil {
		return fmt.Errorf("commit offsets of group %q: %w", g.cfg.ID, retryable(err))
	}
	res, ok := m.(*offsetcommit.Response)
	if !ok {
		return unexpected("commit offsets")
	}
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			if err := g.failure(p.ErrorCode); err != nil {
				at := name(source.Partition{Topic: t.Name, ID: int(p.PartitionIndex)})
				return fmt.Errorf("commit the offset of %s in group %q: %w", at, g.cfg.ID, retryable(err))
			}
		}
	}
	return nil
}

func commitTopics(positions map[source.Partition]source.Position) []offsetcommit.RequestTopic {
	order := slices.SortedFunc(maps.Keys(positions), comparePartitions)
	var topics []offsetcommit.RequestTopic
	for _, p := range order {
		if n := len(topics); n == 0 || topics[n-1].Name != p.Topic {
			topics = append(topics, offsetcommit.RequestTopic{Name: p.Topic})
		}
		t := &topics[len(topics)-1]
		t.Partitions = append(t.Partitions, offsetcommit.RequestPartition{
			PartitionIndex: int32(p.ID), CommittedOffset: positions[p].Offset,
			CommittedLeaderEpoch: -1, CommittedMetadata: positions[p].Metadata,
		})
	}
	return topics
}

func comparePartitions(a, b source.Partition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.ID, b.ID))
}
