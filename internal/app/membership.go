package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"driftwatch/monitors/source"
	"driftwatch/monitors/source/kafka"
	"driftwatch/monitors/store"
)

// nothing is the membership of a process without streams, which is ready at once.
type nothing struct{}

// Run assigns no partitions.
func (nothing) Run(ctx context.Context, assigned kafka.Assigned) error {
	if err := assigned(ctx, nil); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// Committed knows no positions.
func (nothing) Committed(context.Context, source.Partition) (source.Position, bool, error) {
	return source.Position{}, false, nil
}

// Commit has nothing to keep.
func (nothing) Commit(context.Context, map[source.Partition]source.Position) error { return nil }

// instance returns the process's identity in its group. It is made once and
// kept in the store, so that a process that is started again takes the place
// that it had.
func (d *daemon) instance() (string, error) {
	const key = "instance"
	id := ""
	err := d.store.Update(func(tx *store.Tx) error {
		if id = string(tx.Meta(key)); id != "" {
			return nil
		}
		id = "driftwatch-" + rand.Text()
		return tx.PutMeta(key, []byte(id))
	})
	if err != nil {
		return "", fmt.Errorf("keep the process's identity in its group: %w", err)
	}
	return id, nil
}

// partitions is the engine's source: partitions of a cluster, of which the
// group may know where to begin.
type partitions struct {
	*kafka.Cluster
	membership kafka.Membership
}

// Resolve returns the group's position of a partition, else what the start means.
func (p partitions) Resolve(ctx context.Context, part source.Partition, start source.Start) (int64, error) {
	pos, ok, err := p.membership.Committed(ctx, part)
	if err != nil || ok {
		return pos.Offset, err
	}
	return p.Cluster.Resolve(ctx, part, start)
}

// Problem says what keeps a topic, or the whole cluster, from being read.
func (p partitions) Problem(topic string) string {
	for _, problem := range p.Problems() {
		subject, of, _ := strings.Cut(problem.Subject, " ")
		if subject != "topic" || of == topic || strings.Contains(of, fmt.Sprintf("%q", topic)) {
			return problem.Text
		}
	}
	return ""
}
