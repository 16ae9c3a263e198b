package kafka

import (
	"context"
	"errors"
	"slices"
	"time"
)

// hold keeps an assignment: it tells the caller and gives signs of life. It
// returns nil when the group has to be joined again, and errExpelled when the
// assignment is not this member's any more. It does not return before the caller
// has drained what it lost.
func (g *Group) hold(ctx context.Context, got grant, granted Granted) error {
	lost := slices.ContainsFunc(g.held, func(unit string) bool { return !slices.Contains(got.Units, unit) })
	standing, takeBack := context.WithCancel(ctx)
	defer takeBack()
	told := g.tell(standing, got.Units, granted)
	g.held = got.Units

	beat := time.NewTicker(g.cfg.Heartbeat)
	defer beat.Stop()
	v := vigil{g: g, expiry: time.NewTimer(g.cfg.Session), rejoin: lost}
	defer v.expiry.Stop()
	if got.Claimed != digest(g.cfg.Units) { // it was made before this process was started again
		g.round++
		v.rejoin = true
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
		case <-v.expiry.C:
			err = errExpelled
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			takeBack()
			if told != nil {
				err = errors.Join(<-told, err)
			}
			return err
		}
	}
	return nil
}

// tell calls granted in the background if the units changed. The channel gives
// its error, or nil.
func (g *Group) tell(ctx context.Context, units []string, granted Granted) <-chan error {
	told := make(chan error, 1)
	if g.told && slices.Equal(units, g.held) {
		told <- nil
		return told
	}
	g.told = true
	go func() {
		if err := granted(ctx, units); err != nil {
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
