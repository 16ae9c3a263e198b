package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/source"
)

// outage is a source of which one partition does not answer for a time, while
// its log goes on.
type outage struct {
	*memory
	id       int
	from, to time.Time
}

type outageLog struct {
	source.Log
	o *outage
}

func (o *outage) Log(p source.Partition) source.Log {
	if p.ID != o.id {
		return o.memory.Log(p)
	}
	return outageLog{o.memory.Log(p), o}
}

func (l outageLog) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	if now := time.Now(); now.After(l.o.from) {
		pause(ctx, time.Until(l.o.to))
	}
	return l.Log.Fetch(ctx, from)
}

// Nobody knows whether a partition that does not answer is at the end of its
// log: what was written to it meanwhile is not late.
func TestPartitionThatDoesNotAnswerIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		src.add(0, time.Second, 0, 1)
		src.add(1, time.Second, 0, 1)
		s := newSetup(t, src)
		begin := time.Now()
		s.wrap = &outage{src, 1, begin.Add(10 * time.Second), begin.Add(10 * time.Minute)}
		go func() {
			time.Sleep(30 * time.Second)
			for i := range 10 {
				src.add(0, time.Duration(2+5*i)*time.Second, 0, 1)
				src.add(1, time.Duration(2+5*i)*time.Second, 0, 1)
			}
		}()
		s.runFor(t, 15*time.Minute)
		if late := s.snapshot().Monitors[0].Late; late != 0 {
			t.Errorf("%d records are late: %v", late, s.rows(t))
		}
		if got := s.rows(t); len(got) != 5 || got[10] != 6 {
			t.Errorf("rows %v", got)
		}
	})
}
