package engine

import (
	"context"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// runOut runs an engine over logs that are over, which ends by itself.
func (s *setup) runOut(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := s.engine(t).Run(ctx); err != nil || ctx.Err() != nil {
		t.Fatalf("the engine ended with %v, %v", err, ctx.Err())
	}
}

// Logs that are over are read to their end and closed without a look at the
// clock: their event times lie years after it. The windows are those of a daemon
// that waited, byte for byte, but for what the cut says of the end.
func TestLogsThatAreOver(t *testing.T) {
	t.Run("tumbling", func(t *testing.T) { testOver(t, 10*time.Second) })
	t.Run("sliding", func(t *testing.T) { testOver(t, 30*time.Second) })
}

func testOver(t *testing.T, size time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 4) // the last one is empty
		src.logs[source.Partition{Topic: "t", ID: 3}] = nil
		rng := rand.New(rand.NewPCG(3, 3))
		for i := range 3000 {
			p := rng.IntN(3)
			at := time.Duration(i) * 40 * time.Millisecond
			if p == 2 && i > 1000 {
				p = 0 // the third ends long before the others
			}
			src.add(p, at, 2*time.Second, float64(i%500))
		}
		daemon := newSetup(t, src)
		daemon.spec.Window.Size = size
		daemon.runFor(t, 5*time.Minute)
		want := daemon.windows(t)

		src.over = true
		src.batch = func() int { return 1 + rng.IntN(300) }
		s := newSetup(t, src)
		s.spec.Window.Size = size
		began := time.Now()
		s.runOut(t)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v: something waited for the clock", took)
		}
		got, ended := s.windows(t), 0
		for _, end := range slices.Sorted(maps.Keys(want)) {
			ended += min(1, strings.Count(got[end], `"ended":true`))
			if a, b := withoutEnds(got[end]), withoutEnds(want[end]); a != b {
				t.Fatalf("window %v is\n%s\nand was\n%s", end, a, b)
			}
		}
		if len(got) != len(want) || len(got) < 12 || ended == 0 {
			t.Errorf("%d windows, of a daemon %d; %d were closed by the end of logs", len(got), len(want), ended)
		}
	})
}

var ofEnds = regexp.MustCompile(`,"(ended":true|idle":true|through":"[^"]+")`)

// withoutEnds is a window without what its cut says of ends and idleness.
func withoutEnds(w string) string { return ofEnds.ReplaceAllString(w, "") }

// Event times that lie after the clock, or far apart, end a run as others do.
func TestLogsThatAreOverInTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		src.add(0, 24*365*10*time.Hour, 0, 1)
		src.add(1, 24*365*20*time.Hour, 0, 1)
		src.over = true
		s := newSetup(t, src)
		s.runOut(t)
		if got := s.rows(t); len(got) != 2 {
			t.Errorf("windows %v", got)
		}
	})
}

// A run that is asked for the windows from a time on begins in the middle of
// the logs; these windows are those of a run over all of them.
func TestWindowsFromATimeOn(t *testing.T) {
	src := newMemory("t", 3)
	traffic(src, rand.New(rand.NewPCG(4, 4)), 5000)
	src.over = true
	synctest.Test(t, func(t *testing.T) {
		all := newSetup(t, src)
		all.runOut(t)
		s := newSetup(t, src)
		s.from, s.to = seconds(45), seconds(91)
		s.start = source.Start{At: s.from.Time()}
		s.runOut(t)
		got, want := s.windows(t), all.windows(t)
		maps.DeleteFunc(want, func(end window.Time, _ string) bool { return end < seconds(60) || end > seconds(90) })
		for end := range want {
			a, b := s.judged(t)[int(end-seconds(0))/1000], all.judged(t)[int(end-seconds(0))/1000]
			if a == nil || a.Partial || a.Whole().Rows != b.Whole().Rows || a.Cut[0].From != b.Cut[0].From {
				t.Errorf("window %v is %+v, of all %+v", end, a, b)
			}
		}
		if len(got) != len(want) || len(got) != 4 {
			t.Errorf("windows %v", slices.Sorted(maps.Keys(got)))
		}
		if read := s.snapshot().Streams[0].Records; read > 3500 {
			t.Errorf("%d records were read for what half of them hold", read)
		}
		if late := s.snapshot().Monitors[0].Late; late != 0 {
			t.Errorf("%d records of windows that are left out count as late", late)
		}

		gone := newMemory("t", 1)
		gone.start[source.Partition{Topic: "t"}] = 100
		traffic(gone, rand.New(rand.NewPCG(4, 4)), 1000)
		gone.over = true
		s = newSetup(t, gone)
		s.from = seconds(-100)
		s.start = source.Start{At: s.from.Time()}
		s.runOut(t)
		if w := s.judged(t)[10]; w == nil || !w.Partial {
			t.Errorf("the first window may lack records that are gone, and is %+v", w)
		}
	})
}
