package kafka

import (
	"context"
	"errors"

	kafkago "github.com/segmentio/kafka-go"

	"driftwatch/monitors/source"
)

// partitionLog reads one partition. One goroutine at a time may use it.
type partitionLog struct {
	c       *Cluster
	p       source.Partition
	subject string
	leader  int32 // anyBroker while it is not known
	topic   topicID
	without topicID // a later topic of that name that lacks the partition
	req     *fetchRequest
	reader  reader
	limit   int // of the next fetch, in bytes

	// emptyAt is the offset at which the last answer was empty although the
	// stable offset emptyTo lies beyond it.
	emptyAt, emptyTo int64
}

// Log returns a reader of the partition's committed records. It retries until
// its context ends; the only error of its own is a *source.TruncatedError. What it is
// waiting for stands in Problems. While a reader pauses between two tries the
// partition's problem stays; it ends with the next answer, or with the context.
func (c *Cluster) Log(p source.Partition) source.Log {
	return &partitionLog{c: c, p: p, subject: name(p), leader: anyBroker, limit: c.cfg.MaxBytes, emptyAt: -1}
}

// Fetch implements source.Log.
func (l *partitionLog) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	retry := backoff{limit: l.c.cfg.MaxBackoff}
	for at := from; ; {
		b, err := l.try(ctx, at)
		if errors.Is(err, kafkago.OffsetOutOfRange) {
			at, err = l.bounds(ctx, at)
			if err == nil {
				continue
			}
		}
		if err == nil {
			l.c.problems.clear(l.subject)
			b.Lost = max(0, at-from)
			return b, nil
		}
		if _, ok := errors.AsType[*source.TruncatedError](err); ok {
			l.c.problems.clear(l.subject)
			return source.Batch{}, err
		}
		if errors.Is(err, context.DeadlineExceeded) {
			l.limit = max(l.limit/4, leastBytes)
		}
		if retry.tries > 0 && ctx.Err() == nil {
			l.c.trouble(l.subject, err)
		}
		l.leader, l.req = anyBroker, nil
		if err := retry.wait(ctx); err != nil {
			l.c.problems.drop(l.subject)
			return source.Batch{}, err
		}
	}
}

// try fetches once.
func (l *partitionLog) try(ctx context.Context, from int64) (source.Batch, error) {
	err := l.findLeader(ctx)
	if errors.Is(err, errNoPartition) && l.without != (topicID{}) {
		return source.Batch{From: from, Next: from, End: from, TopicID: l.without.String()}, pause(ctx, l.c.cfg.MaxWait)
	}
	if err != nil {
		return source.Batch{}, err
	}
	f, err := l.fetch(ctx, from)
	if err != nil {
		return source.Batch{}, err
	}
	next, need, err := l.reader.read(f, from)
	if err != nil {
		return source.Batch{}, err
	}
	l.limit = min(max(l.grown(), need), maxFrame)
	if next == from {
		next = l.skipEmpty(f, from)
	}
	return source.Batch{Records: l.reader.records, From: from, Next: next, End: max(f.stable, next), TopicID: l.topic.String()}, nil
}

// leastBytes is what is asked for at least, over the slowest network.
const leastBytes = 16 << 10

// grown is the limit after an answer. After one that did not come in time it was
// cut to a quarter, or a slow network would never get a fetch through; it grows
// slowly again, as each try that is too much costs a time-out.
func (l *partitionLog) grown() int { return min(l.limit+l.limit/8, l.c.cfg.MaxBytes) }

// findLeader looks up who leads the partition, of which topic. A partition of a
// topic that was made again with fewer of them is an empty log from then on:
// a topic that lives never loses one.
func (l *partitionLog) findLeader(ctx context.Context) error {
	if l.leader != anyBroker {
		return nil
	}
	leader, topic, err := l.c.leader(ctx, l.p)
	switch {
	case err == nil:
		l.leader, l.topic, l.without = leader, topic, topicID{}
	case errors.Is(err, errNoPartition) && l.topic != (topicID{}) && topic != l.topic:
		l.without = topic
	}
	return err
}

// fetch makes one round trip.
func (l *partitionLog) fetch(ctx context.Context, from int64) (fetched, error) {
	if l.req == nil {
		l.req = newFetchRequest(l.p, l.topic, l.c.cfg)
	}
	req := l.req
	l.req = nil // the transport's until it is done with it
	req.aim(l.leader, from, l.limit)
	ctx, cancel := context.WithTimeout(ctx, l.c.cfg.MaxWait+l.c.cfg.Timeout)
	defer cancel()
	if _, err := l.c.transport.RoundTrip(ctx, l.c.addr, req); err != nil {
		return fetched{}, err
	}
	l.req = req
	return parseFetched(req.frame, req.Version, l.reader.spare)
}

// skipEmpty makes progress where compaction left nothing between from and the
// end of the log: there a broker answers with no batch at all, for ever. As an
// answer may be empty for other reasons too, two in a row are needed.
func (l *partitionLog) skipEmpty(f fetched, from int64) int64 {
	if len(f.batches) > 0 || f.throttled || f.stable <= from {
		l.emptyAt = -1
		return from
	}
	if l.emptyAt != from {
		l.emptyAt, l.emptyTo = from, f.stable
		return from
	}
	l.emptyAt = -1
	return l.emptyTo
}

// bounds finds where to read on when the broker does not have the offset.
func (l *partitionLog) bounds(ctx context.Context, from int64) (int64, error) {
	leader, topic, err := l.c.leader(ctx, l.p) // a former leader's answer would not do
	if err != nil {
		return from, err
	}
	l.leader, l.topic, l.req = leader, topic, nil
	start, err := l.c.offset(ctx, leader, l.p, earliest, uncommitted)
	if err != nil {
		return from, err
	}
	if from < start {
		return start, nil
	}
	end, err := l.c.offset(ctx, leader, l.p, latest, uncommitted)
	if err != nil {
		return from, err
	}
	if from > end {
		return from, &source.TruncatedError{Partition: l.p, From: from, Start: start, End: end, TopicID: topic.String()}
	}
	return from, kafkago.OffsetOutOfRange // it was, and is no more: look again
}
