package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
)

// while runs an engine and calls fn once it reads.
func (s *setup) while(t testing.TB, fn func(ctx context.Context, e *Engine)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e, ended := s.engine(t), make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	time.Sleep(10 * time.Second) // of the test's own clock: all there is has been read
	fn(ctx, e)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// pinned is a monitor with three closed windows, a fourth that is open, and the
// records after that, which more lets it read.
func pinned(t testing.TB, change func(*monitors.Spec)) (s *setup, more func(records int)) {
	src := wave(1)
	p := source.Partition{Topic: "t"}
	held := src.logs[p]
	more = func(records int) {
		src.mu.Lock()
		defer src.mu.Unlock()
		src.logs[p] = held[:records]
	}
	more(1000)
	s = newSetup(t, src)
	s.spec.Reference = monitors.Reference{Trailing: 30 * time.Second}
	if change != nil {
		change(&s.spec)
	}
	s.runFor(t, 30*time.Second)
	return s, more
}

func (s *setup) compared(t testing.TB, window int, with ...int) {
	t.Helper()
	if got, want := s.judged(t)[window].Reference, s.hashOf(t, with...); got != want {
		t.Errorf("window %d is compared with %.8s, want %v: %.8s", window, got, with, want)
	}
}

func TestAcceptedWindowIsTheReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, more := pinned(t, nil)
		s.while(t, func(ctx context.Context, e *Engine) {
			if err := e.Accept(ctx, "m", seconds(20)); err != nil {
				t.Fatal(err)
			}
			more(1500)
		})
		s.runFor(t, 30*time.Second)
		s.compared(t, 30, 10, 20)
		s.compared(t, 40, 20)
		if m := s.snapshot().Monitors[0]; m.Pinned == nil || m.Pinned.Window != seconds(20) || m.Reference != s.hashOf(t, 20) {
			t.Errorf("the snapshot shows %+v, %.8s", m.Pinned, m.Reference)
		}
		more(2200)
		s.spec.Alpha = 0.01 // reloads that leave the reference alone
		s.spec.Fields[0].Nulls = new(float64)
		s.runFor(t, 30*time.Second)
		s.compared(t, 70, 20)
		s.while(t, func(ctx context.Context, e *Engine) {
			if err := e.Release(ctx, "m"); err != nil {
				t.Fatal(err)
			}
			if err := e.Release(ctx, "m"); err == nil {
				t.Error("a pin is removed twice")
			}
			more(3000)
		})
		s.runFor(t, 5*time.Minute)
		s.compared(t, 120, 90, 100, 110)
		if m := s.snapshot().Monitors[0]; m.Pinned != nil {
			t.Errorf("the snapshot still shows %+v", m.Pinned)
		}
	})
}

func TestPinEndsWithTheConfiguredReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, more := pinned(t, nil)
		trailing := s.spec.Reference
		s.while(t, func(ctx context.Context, e *Engine) {
			if err := e.Accept(ctx, "m", seconds(20)); err != nil {
				t.Fatal(err)
			}
		})
		s.spec.Reference = monitors.Reference{Offset: 10 * time.Second}
		more(1500)
		s.runFor(t, 30*time.Second)
		s.compared(t, 50, 40)
		s.spec.Reference = trailing // as before; the pin is over nevertheless
		more(3000)
		s.runFor(t, 5*time.Minute)
		s.compared(t, 120, 90, 100, 110)
	})
}

// A monitor without a reference, or with one inside its windows, can be given one.
func TestPinOfMonitorsWithoutEarlierWindows(t *testing.T) {
	for name, ref := range map[string]monitors.Reference{
		"none": {}, "segment": {Segment: []monitors.Condition{{Field: "c", Value: "c1"}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, more := pinned(t, func(spec *monitors.Spec) {
				spec.Reference, spec.Segments, spec.MaxSegments = ref, [][]string{{"c"}}, 7
			})
			s.while(t, func(ctx context.Context, e *Engine) {
				if err := e.Accept(ctx, "m", seconds(20)); err != nil {
					t.Fatal(err)
				}
			})
			more(3000)
			s.runFor(t, 5*time.Minute)
			s.compared(t, 60, 20)
			w := s.judged(t)[60]
			if ks := ksOf(w); ks != "drift" || w.Segments[1].Fields[0].Checks["ks"].PValue == nil {
				t.Errorf("%s: ks of the whole is %s, of a segment %+v", name, ks, w.Segments[1].Fields[0].Checks["ks"])
			}
		})
	}
}

func TestWindowsThatCannotBeAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := pinned(t, nil)
		err := s.store.Update(func(tx *store.Tx) error {
			_, err := tx.Retain("m", 0, seconds(10), 100)
			v := tx.Volume("m", seconds(30))
			v.Partial = true
			return errors.Join(err, tx.PutWindow("m", tx.Window("m", seconds(30)), v))
		})
		if err != nil {
			t.Fatal(err)
		}
		try := func(name string, end int, missing bool, says string) {
			t.Helper()
			s.while(t, func(ctx context.Context, e *Engine) {
				err := e.Accept(ctx, name, seconds(end))
				var refusal *snapshot.Refusal
				if !errors.As(err, &refusal) || refusal.Missing != missing || !strings.Contains(refusal.Reason, says) {
					t.Errorf("accept window %d of %q: %v, want a refusal that says %q", end, name, err, says)
				}
			})
		}
		try("n", 20, true, `there is no monitor "n"`)
		try("m", 25, true, `monitor "m" has no window that ends at 1999-12-31T03:00:25Z`)
		try("m", 10, true, "is not kept any more")
		try("m", 30, false, "is partial")
		s.spec.Fields = s.spec.Fields[:1]
		try("m", 20, false, "had other fields")
	})
}

func TestWindowProfile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := pinned(t, nil)
		s.while(t, func(_ context.Context, e *Engine) {
			file, err := e.WindowProfile("m", seconds(20))
			if err != nil {
				t.Fatal(err)
			}
			r, err := reference.Decode(file)
			if err != nil || r.Hash != s.hashOf(t, 20) || r.Profile("x") == nil || r.UnknownRows == nil {
				t.Errorf("the file is %+v, %v", r, err)
			}
			if _, err := e.WindowProfile("m", seconds(25)); err == nil {
				t.Error("a window that is not there has a profile")
			}
		})
	})
}
