package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/snapshot"
)

// What an engine counted, and the store does not keep, the next one goes on from.
func TestCountersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t, newMemory("t", 1))
		o := s.options(t)
		o.Before = &snapshot.Snapshot{
			Store:    snapshot.Store{Failures: 7},
			Monitors: []snapshot.Monitor{{Name: "gone", Unrevised: 5}, {Name: "m", Unrevised: 3}},
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := newEngine(t, o).Run(ctx); err != nil {
			t.Fatal(err)
		}
		if v := s.snapshot(); v.Store.Failures != 7 || v.Monitors[0].Unrevised != 3 {
			t.Errorf("%d failures, want 7; %d windows not amended, want 3", v.Store.Failures, v.Monitors[0].Unrevised)
		}
	})
}

// A monitor that counts something else now has other windows, and the same late
// records.
func TestLateRecordsStayCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, time.Second, 0, 1)
		src.add(0, 12*time.Second, 0, 1)
		src.add(0, 2*time.Second, 0, 1)
		s := newSetup(t, src)
		s.spec.Window.Amend = time.Hour
		want := func(late, amended uint64) {
			t.Helper()
			s.runFor(t, time.Minute)
			if m := s.snapshot().Monitors[0]; m.Late != late || m.Amended != amended {
				t.Errorf("%d late records, %d amended; want %d, %d", m.Late, m.Amended, late, amended)
			}
		}
		want(1, 1)
		s.spec.Fields = s.spec.Fields[:1]
		s.stream.ID = "" // which is the other field
		want(1, 1)
		src.add(0, 3*time.Second, 0, 1)
		want(2, 2)
	})
}
