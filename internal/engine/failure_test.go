package engine

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/store"
)

// A store that fails now and then, at any transaction, before or while it is
// written, with restarts in between: the windows are the same, byte for byte.
func TestWindowsDoNotDependOnAFailingStore(t *testing.T) {
	src := newMemory("t", 3)
	traffic(src, rand.New(rand.NewPCG(1, 1)), 600)
	synctest.Test(t, func(t *testing.T) {
		calm := newSetup(t, src)
		calm.spec.Reference.Trailing = 40 * time.Second
		calm.runFor(t, 2*time.Minute)
		want := calm.windows(t)
		src.batch = func() int { return 20 }
		src.delay = func() time.Duration { return 300 * time.Millisecond }
		for _, n := range []int{2, 3, 5, 8, 13} {
			s := newSetup(t, src)
			s.every, s.spec.Reference = 200*time.Millisecond, calm.spec.Reference
			failures := 0
			for range 6 {
				failures += s.runFailing(t, n, time.Duration(n)*500*time.Millisecond)
			}
			s.runFailing(t, n, 2*time.Minute)
			if got := s.windows(t); !maps.Equal(got, want) {
				t.Fatalf("with every transaction of %d failing the windows are %v, want %v",
					n, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			if got := s.snapshot().Streams[0].Records; got != 600 || failures == 0 {
				t.Errorf("n=%d: %d records, want 600; %d failures", n, got, failures)
			}
		}
	})
}

// runFailing runs an engine whose store refuses each n-th transaction, the last
// one of a run too, half of them after everything was written to it.
func (s *setup) runFailing(t *testing.T, n int, d time.Duration) (failures int) {
	t.Helper()
	full := errors.New("no space left on device")
	e := s.engine(t)
	calls := 0
	e.seq.update = func(fn func(*store.Tx) error) error {
		calls++
		switch {
		case calls%n != 0:
			return s.store.Update(fn)
		case calls%(2*n) == 0:
			failures++
			return full
		}
		failures++
		return s.store.Update(func(tx *store.Tx) error { return errors.Join(fn(tx), full) })
	}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if err := e.Run(ctx); err != nil && !errors.Is(err, full) {
		t.Fatal(err)
	}
	return failures
}

// A disk that takes half a minute for every write slows reading down, and that
// is all: the windows are the same, and meanwhile what there is can be asked for
// and says why there is no more. Without the last the daemon looks healthy.
func TestSlowDisk(t *testing.T) {
	src := newMemory("t", 3)
	traffic(src, rand.New(rand.NewPCG(1, 1)), 600)
	src.batch = func() int { return 20 }
	synctest.Test(t, func(t *testing.T) {
		calm := newSetup(t, src)
		calm.runFor(t, 5*time.Minute)
		slow := newSetup(t, src)
		e := slow.engine(t)
		e.seq.update = func(fn func(*store.Tx) error) error {
			return slow.store.Update(func(tx *store.Tx) error {
				err := fn(tx)
				time.Sleep(30 * time.Second)
				return err
			})
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Hour)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		var said int
		for range 60 { // 20 s into a write
			time.Sleep(10 * time.Second)
			if v := slow.snapshot(); !v.Ready && strings.Contains(v.Reason, "its disk is slow") && v.Store.Fault != "" {
				said++
			}
			slow.windows(t) // does not wait for the write
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got, want := slow.windows(t), calm.windows(t); !maps.Equal(got, want) {
			t.Errorf("windows %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		if v := slow.snapshot(); said < 20 || !v.Ready || v.Streams[0].Records != 600 {
			t.Errorf("said %d times that the disk is slow; in the end ready is %v, with %d records", said, v.Ready, v.Streams[0].Records)
		}
	})
}

// A configuration that was tried and taken back before it read anything has
// thrown away the open panes: what was in them is read again or the window says
// that it lacks it.
func TestSpecThatIsTakenBackLosesNothingSilently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 5 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.runFor(t, 10*time.Second)
		old := s.spec
		s.spec.Alpha = 0.01
		s.engine(t) // is killed before it has read
		s.spec = old
		for i := range 20 {
			src.add(0, time.Duration(5+i)*time.Second, 0, 1)
		}
		s.runFor(t, 3*time.Minute)
		for _, w := range s.list(t)[:1] {
			if !w.Partial && w.Segments[0].Rows != 10 {
				t.Errorf("window %v has %d of 10 rows and does not say so", w.End, w.Segments[0].Rows)
			}
		}
	})
}
