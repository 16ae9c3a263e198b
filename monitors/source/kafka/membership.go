package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"driftwatch/monitors/source"
)

// Membership says which partitions are read, and keeps offsets for processes that
// share topics.
type Membership interface {
	// Run calls assigned with the full set of partitions whenever it changes,
	// one call at a time; the set may be empty. Run ends when ctx does, with
	// nil, or with an error that trying again would not cure.
	Run(ctx context.Context, assigned Assigned) error

	// Committed returns the group's stored position of a partition; false if
	// it has none.
	Committed(ctx context.Context, p source.Partition) (source.Position, bool, error)

	// Commit stores positions with the group. It fails if this process is not
	// a member of it any more.
	Commit(ctx context.Context, positions map[source.Partition]source.Position) error
}

// Assigned is told the partitions of this process, sorted.
type Assigned = func(ctx context.Context, partitions []source.Partition) error

// everything is the membership of a process that is alone.
type everything struct {
	c      *Cluster
	topics []string
}

// All is the membership of a process that takes all partitions of the topics
// and keeps their offsets itself. Partitions that are added and topics that
// appear later join the set; nothing leaves it, since a topic that cannot be
// seen for a moment is no reason to stop reading it.
func (c *Cluster) All(topics []string) Membership {
	return &everything{c: c, topics: sortedSet(topics)}
}

// Run implements Membership.
func (e *everything) Run(ctx context.Context, assigned Assigned) error {
	known := make(map[string]int) // partitions of each topic; they are numbered from 0
	for first, again := true, false; ctx.Err() == nil; again = true {
		grown, seen := e.look(ctx, known, again)
		if grown || first && seen {
			first = false
			if err := assigned(ctx, partitionsOf(known)); err != nil {
				return endOf(ctx, err)
			}
		}
		_ = pause(ctx, e.c.cfg.Poll) // the loop looks at ctx
	}
	return nil
}

// look notes the partitions of each topic. seen is true if any topic could be
// asked for. A first failure passes without being called a problem.
func (e *everything) look(ctx context.Context, known map[string]int, again bool) (grown, seen bool) {
	for _, topic := range e.topics {
		subject := "topic " + topic
		ids, err := e.c.Partitions(ctx, topic)
		if err != nil {
			if again && ctx.Err() == nil {
				e.c.trouble(subject, err)
			}
			continue
		}
		seen = true
		if len(ids) == 0 {
			e.c.problems.set(subject, errNoTopic.Error())
			continue
		}
		e.c.problems.clear(subject)
		if len(ids) > known[topic] {
			known[topic], grown = len(ids), true
		}
	}
	return grown, seen
}

// Committed implements Membership: there is no group that stores anything.
func (e *everything) Committed(context.Context, source.Partition) (source.Position, bool, error) {
	return source.Position{}, false, nil
}

// Commit implements Membership: there is no group to tell.
func (e *everything) Commit(context.Context, map[source.Partition]source.Position) error { return nil }

// Share is the membership of a process that reads all partitions of the topics
// for the units that the group gave it.
func (g *Group) Share(topics []string) Membership {
	return &shared{everything: &everything{c: g.c, topics: sortedSet(topics)}, Group: g}
}

type shared struct {
	*everything
	*Group
}

// Run implements Membership.
func (s *shared) Run(ctx context.Context, assigned Assigned) error {
	return s.everything.Run(ctx, assigned)
}

// Committed implements Membership.
func (s *shared) Committed(ctx context.Context, p source.Partition) (source.Position, bool, error) {
	return s.Group.Committed(ctx, p)
}

// Commit implements Membership.
func (s *shared) Commit(ctx context.Context, positions map[source.Partition]source.Position) error {
	return s.Group.Commit(ctx, positions)
}

// partitionsOf lists the partitions of topics, given how many each has.
func partitionsOf(counts map[string]int) []source.Partition {
	var all []source.Partition
	for _, topic := range slices.Sorted(maps.Keys(counts)) {
		for id := range counts[topic] {
			all = append(all, source.Partition{Topic: topic, ID: id})
		}
	}
	return all
}

func sortedSet(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// endOf is nil for an error that only says that ctx ended.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// GroupConfig says how a process takes part in a group.
type GroupConfig struct {
	ID         string // of the group
	InstanceID string // of this process: the same after a restart, different from every other's
	Units      []Unit // that this process is ready to take

	// Former are the names of units that this process held when it ended. It has
	// them back unless others hold them by now.
	Former []string

	// Before is the membership that this one follows, with other units, or nil.
	// It holds on to those of its units that this one takes too.
	Before *Group

	// Session is how long a process may be silent before its units go to
	// others. Restarting within it moves nothing. Default 45 s.
	Session time.Duration

	// Rebalance is how long members may take to drain units that they lose.
	// Default 60 s.
	Rebalance time.Duration

	// Heartbeat is the time between signs of life. Default 3 s.
	Heartbeat time.Duration
}

func (g GroupConfig) validate() error {
	var errs []error
	if strings.TrimSpace(g.ID) == "" {
		errs = append(errs, errors.New("group: it needs a name"))
	}
	if strings.TrimSpace(g.InstanceID) == "" {
		errs = append(errs, errors.New("group: an instance id is needed"))
	}
	if g.Session < 0 || g.Rebalance < 0 || g.Heartbeat < 0 {
		errs = append(errs, errors.New("group: time spans must not be negative"))
	}
	if g.Session > 0 && g.Heartbeat >= g.Session {
		errs = append(errs, errors.New("group: heartbeat must be shorter than session"))
	}
	return errors.Join(errs...)
}
