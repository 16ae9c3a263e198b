package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/source"
)

// steps is a membership that changes its mind after a time.
type steps struct {
	first, second []source.Partition
	after         time.Duration
	commit        time.Duration // what publishing offsets takes
}

func (s steps) Run(ctx context.Context, assign func(context.Context, []source.Partition) error) error {
	if err := assign(ctx, s.first); err != nil {
		return err
	}
	pause(ctx, s.after)
	if err := assign(ctx, s.second); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (s steps) Commit(ctx context.Context, _ map[source.Partition]source.Position) error {
	pause(ctx, s.commit)
	return nil
}

func numbered(ids ...int) (parts []source.Partition) {
	for _, id := range ids {
		parts = append(parts, source.Partition{Topic: "t", ID: id})
	}
	return parts
}

// Windows that close while an assignment is under way, here because the group
// is slow to take offsets, are closed for the new partitions too.
func TestRecordsOfAnAddedPartitionAreCountedOrLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 3)
		src.delay = func() time.Duration { return time.Second }
		src.batch = func() int { return 1 }
		const each = 60
		for i := range each {
			for p := range 3 {
				src.add(p, time.Duration(i)*2*time.Second, 0, 1)
			}
		}
		s := newSetup(t, src)
		s.members = steps{numbered(0, 1), numbered(0, 2), 5 * time.Second, 30 * time.Second}
		s.runFor(t, 4*time.Minute)
		counted := s.snapshot().Monitors[0].Late
		for _, w := range s.list(t) {
			for _, c := range w.Cut {
				if c.Partition == 2 {
					counted += uint64(5) // each window has as many of each partition
				}
			}
		}
		if counted != each {
			t.Errorf("of the added partition %d records are counted or late, want %d", counted, each)
		}
	})
}

// An assignment may come when the engine is told to end.
func TestEndDuringAnAssignment(t *testing.T) {
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			src := newMemory("t", 2)
			src.add(0, time.Second, 0, 1)
			s := newSetup(t, src)
			s.members = steps{first: numbered(0), second: numbered(0, 1), after: time.Hour}
			s.runFor(t, time.Second) // the second assignment comes with an ended context
		})
	}
}

// A partition that is added to a topic that is read holds nothing that is
// older than the start, so none of it may be left out.
func TestAddedPartitionIsReadFromItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		src.add(0, time.Second, 0, 1) // older than the start
		s := newSetup(t, src)
		s.start = source.Start{Latest: true}
		s.members = steps{numbered(0), numbered(0, 1), 5 * time.Second, 0}
		go func() {
			time.Sleep(3 * time.Second) // before anybody has seen the partition
			src.add(1, 2*time.Second, 0, 1)
			src.add(0, 2*time.Second, 0, 1)
		}()
		s.runFor(t, 2*time.Minute)
		if got := s.rows(t)[10]; got != 2 {
			t.Errorf("%d rows, want 2", got)
		}
	})
}
