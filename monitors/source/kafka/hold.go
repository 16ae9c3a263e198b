package kafka

import (
	"context"
	"errors"
	"slices"
	"time"
)

// hold keeps an assignment: it tells the caller, gives signs of life, and
// watches the topics. It returns nil when the group has to be joined again, and
// errExpelled when the assignment is not this member's any more. It does not
// return before the caller has drained what it lost.
func (g *Group) hold(ctx context.Context, got assignment, assigned Assigned) error {
	lost := slices.ContainsFunc(g.held.topics, func(topic string) bool { return !slices.Contains(got.topics, topic) })
	told := g.tell(ctx, got, assigned)
	g.held = got

	beat := time.NewTicker(g.cfg.Heartbeat)
	defer beat.Stop()
	poll := time.NewTicker(g.c.cfg.Poll)
	defer poll.Stop()
	v := vigil{g: g, expiry: time.NewTimer(g.cfg.Session), rejoin: lost}
	defer v.expiry.Stop()
	if !g.checked { // after a restart the share may be out of date
		g.checked = true
		poll.Reset(1)
	}
	for told != nil || !v.rejoin {
		var err error
		select {
		case err := <-told:
			if err != nil {
				return err
			}
			told = nil
		case <-beat.C:
			err = v.beat(ctx)
		case <-poll.C:
			poll.Reset(g.c.cfg.Poll)
			err = v.watch(ctx)
		case <-v.expiry.C:
			err = errExpelled
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			if told != nil {
				err = errors.Join(<-told, err)
			}
			return err
		}
	}
	return nil
}

// tell calls assigned in the background if the partitions changed. The channel
// gives its error, or nil.
func (g *Group) tell(ctx context.Context, got assignment, assigned Assigned) <-chan error {
	told := make(chan error, 1)
	if g.told && slices.Equal(got.partitions, g.held.partitions) {
		told <- nil
		return told
	}
	g.told = true
	go func() {
		if err := assigned(ctx, got.partitions); err != nil {
			told <- callerError{err}
			return
		}
		told <- nil
	}()
	return told
}

// vigil is the state of one hold.
type vigil struct {
	g      *Group
	expiry *time.Timer // since the last sign of life that the coordinator took
	rejoin bool
}

// beat gives a sign of life. Failures pass, until the session must be over.
func (v *vigil) beat(ctx context.Context) error {
	rejoin, err := v.g.beat(ctx)
	switch {
	case err == nil:
		v.expiry.Reset(v.g.cfg.Session)
		v.g.c.problems.clear(v.g.subject)
		v.rejoin = v.rejoin || rejoin
		return nil
	case errors.Is(err, ErrFenced), errors.Is(err, errExpelled), ctx.Err() != nil:
		return err
	}
	v.g.c.trouble(v.g.subject, err)
	return nil
}

// watch looks for partitions and topics that were added. Failures show in the
// heartbeat or in the logs that are read, so they need no report of their own.
func (v *vigil) watch(ctx context.Context) error {
	if v.rejoin {
		return nil
	}
	outdated, err := v.g.outdated(ctx)
	if err != nil {
		return ctx.Err()
	}
	if outdated {
		v.g.round++
		v.rejoin = true
	}
	return nil
}
