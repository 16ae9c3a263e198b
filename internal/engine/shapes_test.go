package engine

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// times are event times with gaps of many windows between some of them.
func times(rng *rand.Rand, begin time.Time, step time.Duration) (all []time.Time) {
	for at := begin; len(all) < 400; at = at.Add(time.Duration(rng.Int64N(int64(2 * step)))) {
		if rng.IntN(80) == 0 {
			at = at.Add(200 * step)
		}
		all = append(all, at)
	}
	return all
}

type span struct{ start, end window.Time }

// Windows hold exactly the records of their event time, whatever their shape:
// they are counted here again, from the definition.
func TestShapesOfWindows(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tens := func(at time.Time) time.Time { return at.Truncate(10 * time.Second) }
	for _, c := range []struct {
		name  string
		begin time.Time
		step  time.Duration
		set   func(*setup)
		want  func([]time.Time) map[span]uint64
	}{
		{"sliding", epoch, time.Second, func(s *setup) {
			s.spec.Window.Size, s.spec.Window.Pane = 40*time.Second, 10*time.Second
		}, func(all []time.Time) map[span]uint64 {
			want := map[span]uint64{}
			for _, at := range all {
				for i := range 4 {
					start := tens(at).Add(-time.Duration(i) * 10 * time.Second)
					if end := start.Add(40 * time.Second); !end.After(tens(all[len(all)-1]).Add(10 * time.Second)) {
						want[span{window.FromTime(start), window.FromTime(end)}]++
					}
				}
			}
			return want
		}},
		{"counting", epoch, time.Second, func(s *setup) {
			s.spec.Window.Size, s.spec.Window.Pane, s.spec.Window.Rows = 0, 10*time.Second, 25
		}, func(all []time.Time) map[span]uint64 {
			want := map[span]uint64{}
			var start time.Time
			rows := uint64(0)
			for i, at := range all {
				if rows == 0 {
					start = tens(at)
				}
				rows++
				last := i == len(all)-1 || !tens(all[i+1]).Equal(tens(at)) // of its pane
				if last && rows >= 25 {
					want[span{window.FromTime(start), window.FromTime(tens(at).Add(10 * time.Second))}] = rows
					rows = 0
				}
			}
			return want
		}},
		{"days of Berlin", time.Date(1999, 1, 20, 0, 0, 0, 0, time.UTC), 3 * time.Hour, func(s *setup) {
			s.spec.Window.Size, s.spec.Window.Pane, s.spec.Window.Zone = 24*time.Hour, 24*time.Hour, berlin
		}, func(all []time.Time) map[span]uint64 {
			want := map[span]uint64{}
			for _, at := range all {
				year, month, day := at.In(berlin).Date()
				start, end := time.Date(year, month, day, 0, 0, 0, 0, berlin), time.Date(year, month, day+1, 0, 0, 0, 0, berlin)
				want[span{window.FromTime(start), window.FromTime(end)}]++
			}
			return want
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := times(rand.New(rand.NewPCG(3, 4)), c.begin, c.step)
				src := newMemory("t", 2)
				for i, at := range all {
					src.add(i%2, at.Sub(epoch), time.Second, 1)
				}
				s := newSetup(t, src)
				s.keep = 1000 * 24 * time.Hour
				c.set(s)
				s.runFor(t, 10*time.Minute)
				got := map[span]uint64{}
				for _, w := range s.list(t) {
					if w.Partial {
						t.Errorf("window %v is partial", w.End)
					}
					got[span{w.Start, w.End}] = w.Segments[0].Rows
				}
				want := c.want(all)
				if !maps.Equal(got, want) {
					t.Errorf("%d windows, want %d: %v, want %v", len(got), len(want), sorted(got), sorted(want))
				}
			})
		})
	}
}

func sorted(m map[span]uint64) []span {
	return slices.SortedFunc(maps.Keys(m), func(a, b span) int { return int(a.end - b.end) })
}

// The days on which clocks change have 23 and 25 hours.
func TestDaysOfSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		date  time.Time
		hours uint64
	}{
		{time.Date(1999, 3, 28, 0, 0, 0, 0, berlin), 23},
		{time.Date(1999, 3, 29, 0, 0, 0, 0, berlin), 24},
		{time.Date(1999, 10, 31, 0, 0, 0, 0, berlin), 25},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := newMemory("t", 1)
			for hour := range 72 {
				src.add(0, c.date.Add(time.Duration(hour-24)*time.Hour).Sub(epoch), 0, 1)
			}
			s := newSetup(t, src)
			s.spec.Window.Size, s.spec.Window.Pane, s.spec.Window.Zone = 24*time.Hour, 24*time.Hour, berlin
			s.runFor(t, 5*time.Minute)
			rows := map[window.Time]uint64{}
			for _, w := range s.list(t) {
				rows[w.Start] = w.Segments[0].Rows
			}
			if got := rows[window.FromTime(c.date)]; got != c.hours {
				t.Errorf("%v has %d hours, want %d", c.date, got, c.hours)
			}
		})
	}
}

// A window that slides is compared with panes that it does not hold itself:
// trailing as long as itself is the window that ended as it began.
func TestReferencesOfSlidingWindows(t *testing.T) {
	for name, reference := range map[string]monitors.Reference{
		"trailing": {Trailing: 40 * time.Second},
		"offset":   {Offset: 40 * time.Second},
		"first":    {First: 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := newMemory("t", 2)
			traffic(src, rand.New(rand.NewPCG(1, 1)), 2000)
			s := newSetup(t, src)
			s.spec.Window.Size, s.spec.Window.Pane, s.spec.Reference = 40*time.Second, 10*time.Second, reference
			s.runFor(t, 5*time.Minute)
			e, compared := s.engine(t), 0
			list := s.list(t)
			for _, w := range list {
				if name == "first" { // two windows that do not overlap
					if has := w.Reference != ""; has != (w.End > list[0].End.Add(40*time.Second)) {
						t.Errorf("first: window %v has a reference: %v", w.End, has)
					}
					compared++
					continue
				}
				if w.Start < list[0].End {
					if w.Reference != "" {
						t.Errorf("%s: window %v has a reference", name, w.End)
					}
					continue
				}
				file, err := e.WindowProfile("m", w.Start)
				if err != nil {
					t.Fatal(err)
				}
				p := pin{Profile: file}
				if err := p.prepare(); err != nil {
					t.Fatal(err)
				}
				if compared++; w.Reference != p.baseline.Hash {
					t.Errorf("%s: window %v was compared with %s, want %s", name, w.End, w.Reference, p.baseline.Hash)
				}
			}
			if compared < 6 {
				t.Errorf("%s: %d windows were compared", name, compared)
			}
		})
	}
}

// While a stream is silent no window slides on: a batch that comes long after its
// event times, as each night, is not late.
func TestSlidingWindowsWaitInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		const minute = time.Minute
		batch := func(after time.Duration) {
			for i := range 10 {
				src.add(i%2, after+time.Duration(i)*time.Second, 2*minute, 1)
			}
		}
		batch(time.Since(epoch))
		go func() {
			time.Sleep(3*minute + 30*time.Second)
			batch(time.Since(epoch) - 90*time.Second) // comes a minute and a half late
		}()
		s := newSetup(t, src)
		s.spec.Window.Size, s.spec.Window.Pane, s.spec.Window.Idle = 4*minute, minute, 5*time.Second
		s.runFor(t, 6*minute)
		if late := s.snapshot().Monitors[0].Late; late != 0 {
			t.Errorf("%d records are late", late)
		}
		want := map[int]uint64{1: 10, 2: 10, 3: 20}
		got := map[int]uint64{}
		for _, w := range s.list(t) {
			got[int(w.End.Time().Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Minutes())] = w.Segments[0].Rows
		}
		if !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
}

// The cut of a window holds nothing that only panes of another form had.
func TestCutsOfChangedWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 35 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.runFor(t, 5*time.Second)
		s.spec.Window.Size, s.spec.Window.Pane = 20*time.Second, 5*time.Second
		for i := range 60 {
			src.add(0, time.Duration(35+i)*time.Second, 0, 1)
		}
		s.runFor(t, 10*time.Second)
		fresh := 0
		for _, w := range s.list(t) {
			if w.End-w.Start < 20_000 {
				continue
			}
			fresh++
			if w.Cut[0].From < 35 {
				t.Errorf("the window that ends at %v begins at record %d", w.End, w.Cut[0].From)
			}
		}
		if fresh < 8 {
			t.Errorf("%d windows", fresh)
		}
	})
}

// A closed pane that cannot be read any more is missing from windows that slide
// over it, and they say so.
func TestUnreadablePaneMakesWindowsPartial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 35 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.spec.Window.Size, s.spec.Window.Pane = 30*time.Second, 10*time.Second
		s.runFor(t, 10*time.Second)
		err := s.store.Update(func(tx *store.Tx) error {
			pane := slices.Clone(tx.Profile("m", seconds(20)))
			return tx.PutProfile("m", seconds(20), pane[:len(pane)-1])
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			src.add(0, time.Duration(35+i)*time.Second, 0, 1)
		}
		s.runFor(t, 10*time.Second)
		partial := map[int]bool{}
		for _, w := range s.list(t) {
			partial[int(w.End.Time().Sub(epoch).Seconds())] = w.Partial
		}
		if want := (map[int]bool{10: false, 20: false, 30: false, 40: true, 50: false, 60: false, 70: false}); !maps.Equal(partial, want) {
			t.Errorf("partial windows %v, want %v", partial, want)
		}
	})
}
