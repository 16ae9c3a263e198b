package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
)

// The source takes 2s for a batch of five records and the clock stands still
// otherwise, so all times are known.
func TestTiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 13 {
			src.add(0, time.Since(epoch)+time.Duration(i)*time.Second, 0, 1)
		}
		src.batch = func() int { return 5 }
		src.delay = func() time.Duration { return 2 * time.Second }
		s := newSetup(t, src)
		var fetched, windows []string
		var delays []time.Duration
		commits := 0
		o := s.options(t)
		o.Timing = Timing{
			Fetched: func(stream string, p source.Partition, offset int64, took time.Duration) {
				fetched = append(fetched, fmt.Sprint(stream, " ", p.ID, " ", offset, " ", took))
			},
			Evaluated: func(w *checks.Window, took time.Duration) {
				windows = append(windows, fmt.Sprint("evaluated ", w.Monitor, " ", w.Whole().Rows, " ", took))
			},
			Stepped: func(w *checks.Window, took time.Duration) {
				windows = append(windows, fmt.Sprint("stepped ", w.Monitor, " ", w.Whole().Rows, " ", took))
			},
			Shown: func(_ string, _ *checks.Window, after time.Duration) { delays = append(delays, after) },
			Committed: func(took time.Duration) {
				if commits++; took != 0 {
					t.Errorf("a commit took %v", took)
				}
			},
		}
		e := newEngine(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		if err := e.Run(ctx); err != nil {
			t.Fatal(err)
		}
		// The third fetch reaches the end, but the one before it did not.
		if want := []string{"s 0 0 2s", "s 0 5 2s", "s 0 10 2s"}; !slices.Equal(fetched, want) {
			t.Errorf("fetched %q, want %q", fetched, want)
		}
		want := []string{"evaluated m 10 0s", "stepped m 10 0s", "evaluated m 3 0s", "stepped m 3 0s"}
		if !slices.Equal(windows, want) {
			t.Errorf("windows %q, want %q", windows, want)
		}
		// The first window is sealed by a record of the future: nobody waited. The
		// second was due at 22s and waits for a minute without records after 6s.
		if len(delays) != 2 || delays[0] != 0 || delays[1] < 44*time.Second || delays[1] > 48*time.Second {
			t.Errorf("delays %v", delays)
		}
		if commits < 2 {
			t.Errorf("%d commits", commits)
		}
	})
}
