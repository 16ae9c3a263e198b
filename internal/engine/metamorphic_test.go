package engine

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

// shapes are the forms that windows have, with streams for them: how much longer
// than a hundred seconds they are, and when they begin.
var shapes = []struct {
	name    string
	stretch time.Duration
	begins  time.Duration // after epoch
	change  func(*monitors.Spec)
}{
	{"tumbling", 1, 0, func(*monitors.Spec) {}},
	{"sliding", 1, 0, func(s *monitors.Spec) { s.Window.Pane = 2500 * time.Millisecond }},
	{"counting", 1, 0, func(s *monitors.Spec) {
		s.Window.Size, s.Window.Rows, s.Window.Pane = 0, 170, time.Second
	}},
	// The clocks of Berlin change in March and in October of 1999.
	{"calendar", 3 * 86400, -330 * 24 * time.Hour, func(s *monitors.Spec) {
		s.Window.Size, s.Window.Pane, s.Window.Lateness = 14*24*time.Hour, 7*24*time.Hour, 6*24*time.Hour
		s.Window.Zone, _ = time.LoadLocation("Europe/Berlin")
	}},
	{"against the trailing minute", 1, 0, func(s *monitors.Spec) {
		s.Window.Pane, s.Reference.Trailing, s.Reference.SkipDrift = 5*time.Second, time.Minute, true
	}},
}

// One stream, cut into other batches and partitions, read at other speeds and
// with restarts in other places, gives the same windows, byte for byte. Partitions
// are told apart by the cut and by freshness alone: without them, windows do not
// depend on how records are spread either.
func TestWindowsDoNotDependOnHowTheyAreRead(t *testing.T) {
	const ways = 100
	for i, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				src := newMemory("t", 3)
				stretched(src, rand.New(rand.NewPCG(1, 1)), 2000, shape.stretch, shape.begins)
				s := newSetup(t, src)
				s.keep = 1000 * 24 * time.Hour
				shape.change(&s.spec)
				s.runFor(t, 5*time.Minute)
				first, panes := s.windows(t), s.panes(t)
				if len(first) < 10 {
					t.Fatalf("%d windows", len(first))
				}
				for way := range ways / len(shapes) {
					rng := rand.New(rand.NewPCG(uint64(i), uint64(way)))
					again := newSetup(t, src)
					again.spec, again.keep = s.spec, s.keep
					spread := way%2 == 1
					if spread {
						again.source = repartitioned(src, rng)
					}
					again.runInPieces(t, rng)
					got := again.windows(t)
					if spread {
						compare(t, way, without(t, got), without(t, first))
						continue
					}
					compare(t, way, got, first)
					compare(t, way, again.panes(t), panes)
				}
			})
		})
	}
}

// stretched is traffic that takes so much longer.
func stretched(m *memory, rng *rand.Rand, records int, by, begins time.Duration) {
	for i := range records {
		event := time.Duration(i) * 100 * time.Second / time.Duration(records)
		event += time.Duration(rng.IntN(1900)) * time.Millisecond
		m.add(rng.IntN(len(m.logs)), begins+event*by, 2*time.Second, float64(rng.IntN(500)))
	}
}

// repartitioned spreads the records of a source over other partitions, in the
// order of their event times, which is nearly the one in which they came.
func repartitioned(src *memory, rng *rand.Rand) *memory {
	to := newMemory("t", 1+rng.IntN(5))
	next := map[source.Partition]int{}
	for {
		var from source.Partition
		var earliest *source.Record
		for p, log := range src.logs {
			if next[p] == len(log) {
				continue
			}
			if r := &log[next[p]]; earliest == nil || r.Timestamp.Before(earliest.Timestamp) {
				from, earliest = p, r
			}
		}
		if earliest == nil {
			return to
		}
		next[from]++
		to.addRaw(rng.IntN(len(to.logs)), earliest.Timestamp, earliest.Value)
	}
}

// runInPieces reads everything with random batches, delays, checkpoints and
// restarts.
func (s *setup) runInPieces(t *testing.T, rng *rand.Rand) {
	src := s.source
	s.every = time.Duration(1+rng.IntN(5000)) * time.Millisecond
	src.batch = func() int { return 1 + rng.IntN(200) }
	src.delay = func() time.Duration { return time.Duration(rng.IntN(900)) * time.Millisecond }
	for range rng.IntN(5) {
		s.runFor(t, time.Duration(1+rng.IntN(20000))*time.Millisecond)
	}
	src.batch, src.delay = nil, nil
	s.runFor(t, 5*time.Minute)
}

func compare(t *testing.T, way int, got, want map[window.Time]string) {
	t.Helper()
	for _, end := range slices.Sorted(maps.Keys(want)) {
		if got[end] != want[end] {
			t.Fatalf("way %d: %v is\n%s\nand was\n%s", way, end, got[end], want[end])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("way %d: there are %d, and were %d", way, len(got), len(want))
	}
}

// without returns windows without what tells of partitions.
func without(t *testing.T, windows map[window.Time]string) map[window.Time]string {
	t.Helper()
	out := map[window.Time]string{}
	for end, text := range windows {
		var w checks.Window
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			t.Fatal(err)
		}
		w.Cut = nil
		for i := range w.Segments {
			delete(w.Segments[i].Checks, "freshness")
		}
		b, err := json.Marshal(&w)
		if err != nil {
			t.Fatal(err)
		}
		out[end] = string(b)
	}
	return out
}
