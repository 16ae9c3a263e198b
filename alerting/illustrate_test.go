package alerting

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/rules"
)

// painter is a receiver that shows pictures.
type painter struct {
	*receiver
	drawn  [][]byte
	answer func() (added int, next time.Time, err error)
}

func (p *painter) Notify(ctx context.Context, m Message) (string, error) {
	for i := range m.Events {
		p.drawn = append(p.drawn, m.Picture(ctx, &m.Events[i].Alert))
	}
	return p.receiver.Notify(ctx, m)
}

func (p *painter) Illustrate(context.Context) (int, time.Time, error) {
	return p.answer()
}

// TestPicturesHoldUpNothing: while pictures fail, or take long, messages go on and
// are acknowledged; why they are missing is said once.
func TestPicturesHoldUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.picture = func(context.Context, *rules.Alert) ([]byte, error) { return []byte("png"), nil }
		var failing atomic.Bool
		failing.Store(true)
		p := &painter{receiver: r.receiver, answer: func() (int, time.Time, error) {
			time.Sleep(time.Minute)
			if failing.Load() {
				return 0, time.Time{}, errors.New("auth: the token needs the scope files:write")
			}
			return 1, time.Time{}, nil
		}}
		r.as = p
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		r.outbox.add(fire("churn", "b", 2))
		r.wants(t, "churn: a firing", "churn: b firing")
		if n := r.outbox.pending("team"); n != 0 || string(p.drawn[0]) != "png" {
			t.Errorf("%d events wait; drawn %q", n, p.drawn)
		}
		time.Sleep(10 * time.Minute)
		r.outbox.add(fire("churn", "c", 3))
		time.Sleep(10 * time.Minute)
		if s := r.d.Stats()[0]; !strings.Contains(s.NoPictures, "files:write") || s.Problem != "" || len(s.Failures) != 0 {
			t.Errorf("the status is %+v", s)
		}
		failing.Store(false)
		r.outbox.add(fire("churn", "d", 4))
		time.Sleep(10 * time.Minute)
		if s := r.d.Stats()[0]; s.NoPictures != "" {
			t.Errorf("the status is %+v", s)
		}
		r.stop()
		if n := strings.Count(r.log.String(), "without their pictures"); n != 1 {
			t.Errorf("said %d times:\n%s", n, r.log)
		}
	})
}

// TestPicturesAreDue calls the receiver again when it asked for it.
func TestPicturesAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		begin := time.Now()
		var at []time.Duration
		p := &painter{receiver: r.receiver}
		p.answer = func() (int, time.Time, error) {
			at = append(at, time.Since(begin))
			if len(at) < 3 {
				return 0, time.Now().Add(time.Hour), nil
			}
			return 0, time.Time{}, nil
		}
		r.as = p
		r.start(t)
		time.Sleep(24 * time.Hour)
		r.stop()
		if len(at) != 3 || at[1] != time.Hour || at[2] != 2*time.Hour {
			t.Errorf("called at %v", at)
		}
	})
}

// TestNoPictureIsDrawn: a picture that cannot be drawn is missing, and that is said.
func TestNoPictureIsDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.picture = func(context.Context, *rules.Alert) ([]byte, error) { return nil, errors.New("the disk is gone") }
		p := &painter{receiver: r.receiver, answer: func() (int, time.Time, error) { return 0, time.Time{}, nil }}
		r.as = p
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		r.wants(t, "churn: a firing")
		r.stop()
		if len(p.drawn) != 1 || p.drawn[0] != nil || !strings.Contains(r.log.String(), "the disk is gone") {
			t.Errorf("drawn %q, log:\n%s", p.drawn, r.log)
		}
	})
}
