package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// results returns the stored windows, by their ends in seconds after epoch.
func (s *setup) results(t testing.TB) map[int]*checks.Window {
	t.Helper()
	all := map[int]*checks.Window{}
	for end, b := range s.windows(t) {
		w := &checks.Window{}
		if err := json.Unmarshal([]byte(b), w); err != nil {
			t.Fatal(err)
		}
		all[int(end.Time().Sub(epoch).Seconds())] = w
	}
	return all
}

// revisions maps the ends of windows, in seconds after epoch, to their revisions.
func (s *setup) revisions(t testing.TB) map[int]int {
	t.Helper()
	all := map[int]int{}
	for end, w := range s.results(t) {
		all[end] = w.Revision
	}
	return all
}

// A late record is merged into its closed window until its partition's watermark
// is amend beyond the time at which it sealed the window.
func TestLateRecordsAmendClosedWindows(t *testing.T) {
	for _, c := range []struct {
		name      string
		amend     time.Duration
		watermark time.Duration // when the late record comes
		amends    bool
	}{
		{"just in time", 10 * time.Second, 21999 * time.Millisecond, true},
		{"too late", 10 * time.Second, 22 * time.Second, false},
		{"not asked for", 0, 12 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := newMemory("t", 1)
				src.add(0, time.Second, 0, 1)
				src.add(0, 8*time.Second, 0, 1)
				src.add(0, c.watermark, 0, 1)
				src.add(0, 9*time.Second, 0, 1000)
				s := newSetup(t, src)
				s.spec.Window.Amend = c.amend
				s.runFor(t, 5*time.Minute)
				w, m := s.results(t)[10], s.snapshot().Monitors[0]
				if m.Late != 1 {
					t.Errorf("%d late records, want 1", m.Late)
				}
				if !c.amends {
					if w.Revision != 0 || w.Whole().Rows != 2 || w.Amended != nil || m.Amended != 0 {
						t.Errorf("it was amended: %+v, %d records", w, m.Amended)
					}
					return
				}
				if w.Revision != 1 || w.Whole().Rows != 3 || *w.Whole().Fields[0].Current.Max != 1000 || m.Amended != 1 {
					t.Errorf("revision %d, %+v, %d records amended", w.Revision, w.Whole(), m.Amended)
				}
				if len(w.Amended) != 1 || w.Amended[0].From != 3 || w.Amended[0].Next != 4 || len(w.Cut) != 1 || w.Cut[0].Next != 3 {
					t.Errorf("late records of %+v, others of %+v", w.Amended, w.Cut)
				}
				if shown := m.Windows[0]; shown.Revision != 1 || shown.End != w.End {
					t.Errorf("revision %d is shown", shown.Revision)
				}
				s.while(t, func(_ context.Context, e *Engine) {
					got, err := e.Compared("m", w.End, "", "x")
					if err != nil {
						t.Fatal(err)
					}
					if rows := checks.Summarize(got.Current).Rows; rows != 3 {
						t.Errorf("its profile has %d rows, want 3", rows)
					}
				})
			})
		})
	}
}

// A replay reads on until nothing can amend the windows that are asked for, and has
// them amended when it ends by itself.
func TestWindowsOfALogThatIsOverAreAmended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.over = true
		for _, at := range []time.Duration{1, 13, 2, 25, 3, 90, 4} {
			src.add(0, at*time.Second, 0, float64(at))
		}
		s := newSetup(t, src)
		s.spec.Window.Amend, s.every = time.Minute, 1000*time.Hour
		s.to = window.FromTime(epoch.Add(10 * time.Second))
		s.runFor(t, 1000*time.Hour)
		if got, want := s.revisions(t), (map[int]int{10: 2}); !maps.Equal(got, want) {
			t.Errorf("revisions %v, want %v", got, want)
		}
		if shown := s.snapshot().Monitors[0].Windows; len(shown) != 1 || shown[0].Revision != 2 {
			t.Errorf("%+v is shown in the end", shown)
		}
		if got := s.snapshot().Streams[0].Records; got != 6 {
			t.Errorf("%d records were read, want 6", got)
		}
	})
}

// Late records are stored with a checkpoint, by when their windows' references may be
// far in the past: they are amended all the same.
func TestLateRecordsOfACatchUpAmend(t *testing.T) {
	for name, reference := range map[string]monitors.Reference{"trailing": {Trailing: 20 * time.Second}, "offset": {Offset: 20 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := newMemory("t", 1)
				for i := range 600 {
					src.add(0, time.Duration(i)*time.Second, 0, float64(i%50))
					if i%100 == 60 {
						src.add(0, time.Duration(i-15)*time.Second, 0, 99)
					}
				}
				s := newSetup(t, src)
				s.spec.Window.Amend, s.spec.Reference, s.every = 20*time.Second, reference, time.Hour
				s.runFor(t, 10*time.Second) // its only checkpoint is the last
				s.runFor(t, 10*time.Second)
				for end, n := range s.revisions(t) {
					want := 0
					if end%100 == 50 {
						want = 1
					}
					if n != want {
						t.Errorf("window %d has revision %d, want %d", end, n, want)
					}
				}
				if got := s.snapshot().Monitors[0]; got.Unrevised != 0 || got.Amended != 6 {
					t.Errorf("%d windows stay as they were, %d records amended", got.Unrevised, got.Amended)
				}
			})
		})
	}
}

// Of the late records only those count that the monitor selects, and those of a
// time that has no window stay out.
func TestWhatDoesNotAmend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, time.Second, 0, 7) // c0
		src.add(0, 33*time.Second, 0, 7)
		src.add(0, 9*time.Second, 0, 8)  // c1
		src.add(0, 15*time.Second, 0, 7) // nothing was in its window
		s := newSetup(t, src)
		s.spec.Window.Amend = time.Minute
		s.spec.Where = []monitors.Condition{{Field: "c", Value: "c0"}}
		s.runFor(t, 5*time.Minute)
		if got, want := s.revisions(t), (map[int]int{10: 0, 40: 0}); !maps.Equal(got, want) {
			t.Errorf("revisions %v, want %v", got, want)
		}
		if m := s.snapshot().Monitors[0]; m.Late != 2 || m.Amended != 1 {
			t.Errorf("%d late records, %d in time, want 2 and 1", m.Late, m.Amended)
		}
	})
}

// disordered fills the source with records of which every fifth is up to a
// minute late.
func disordered(m *memory, rng *rand.Rand, records int) {
	for i := range records {
		at := time.Duration(i) * 100 * time.Second / time.Duration(records)
		event := at + time.Duration(rng.IntN(1900))*time.Millisecond
		if i%5 == 0 {
			event = max(0, event-time.Duration(rng.IntN(60000))*time.Millisecond)
		}
		m.add(rng.IntN(len(m.logs)), event, 2*time.Second+at-event, float64(rng.IntN(500)))
	}
}

// Whatever the batches, speeds, checkpoints and restarts: windows end up with the
// same bytes, and hold what one pass without any lateness holds.
func TestAmendedWindowsDoNotDependOnHowTheyAreRead(t *testing.T) {
	for _, c := range []struct {
		name string
		pane time.Duration
	}{{"tumbling", 10 * time.Second}, {"sliding", 2500 * time.Millisecond}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := newMemory("t", 3)
				disordered(src, rand.New(rand.NewPCG(1, 1)), 2000)
				fresh := func() *setup {
					s := newSetup(t, src)
					s.spec.Window.Pane, s.spec.Window.Amend, s.spec.Window.MaxOpen = c.pane, 2*time.Minute, 20
					s.spec.Reference.Trailing = 20 * time.Second
					s.spec.Segments, s.spec.MaxSegments = [][]string{{"c"}}, 4
					return s
				}
				s := fresh()
				s.runFor(t, 5*time.Minute)
				first, panes := s.windows(t), s.panes(t)
				if revisions := s.revisions(t); revisions[50] < 20 {
					t.Fatalf("revisions %v", revisions)
				}
				for way := range 8 {
					again := fresh()
					again.runInPieces(t, rand.New(rand.NewPCG(9, uint64(way))))
					compare(t, way, again.windows(t), first)
					compare(t, way, again.panes(t), panes)
					if got := again.snapshot().Monitors[0]; got.Amended != s.snapshot().Monitors[0].Amended {
						t.Errorf("way %d: %d late records amended, and were %d", way, got.Amended, s.snapshot().Monitors[0].Amended)
					}
				}
				one := fresh()
				one.spec.Window.Amend, one.spec.Window.Lateness, one.spec.Window.MaxOpen = 0, 2*time.Minute, 100
				one.runFor(t, 5*time.Minute)
				in := s.results(t)
				for end, w := range one.results(t) {
					if got, want := contents(t, in[end]), contents(t, w); got != want {
						t.Errorf("window %d holds\n%s\nand in one pass\n%s", end, got, want)
					}
				}
			})
		})
	}
}

// contents is what a window says of its records alone.
func contents(t *testing.T, w *checks.Window) string {
	t.Helper()
	var all []any
	for _, sg := range w.Segments {
		all = append(all, sg.Name, sg.Rows)
		for _, f := range sg.Fields {
			all = append(all, f.Name, f.Current)
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Volumes, panes, and what later windows are compared with are those of the
// first result, so that they are the same whenever a late record came.
func TestReferencesAreOfTheFirstResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hashes := map[time.Duration]map[int]string{}
		for _, amend := range []time.Duration{0, time.Hour} {
			src := newMemory("t", 1)
			for i := range 60 {
				src.add(0, time.Duration(i)*time.Second, 0, float64(i))
				src.add(0, max(0, time.Duration(i)*time.Second-15*time.Second), 15*time.Second, 1000)
			}
			src.batch = func() int { return 7 }
			s := newSetup(t, src)
			s.spec.Window.Amend, s.spec.Reference.Trailing = amend, 20*time.Second
			s.runFor(t, 5*time.Minute)
			hashes[amend] = map[int]string{}
			for end, w := range s.results(t) {
				hashes[amend][end] = w.Reference
				if amend > 0 && end > 10 && end <= 40 && w.Revision == 0 {
					t.Errorf("window %d was not amended", end)
				}
			}
			before := s.revisions(t)[30] // was compared with windows that no later one needs
			src.add(0, 29*time.Second, time.Minute, 1)
			s.runFor(t, time.Minute)
			if n := s.snapshot().Monitors[0].Unrevised; n != 0 || amend > 0 && s.revisions(t)[30] != before+1 {
				t.Errorf("%d windows could not be amended; the revision was %d and is %d", n, before, s.revisions(t)[30])
			}
		}
		if !maps.Equal(hashes[0], hashes[time.Hour]) || len(hashes[0]) != 6 {
			t.Errorf("windows were compared with %v, and without amendments with %v", hashes[time.Hour], hashes[0])
		}
	})
}

// A window of another configuration is left as it is, and counted.
func TestWindowOfAnotherConfigurationIsNotAmended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, time.Second, 0, 1)
		src.add(0, 12*time.Second, 0, 1)
		s := newSetup(t, src)
		s.spec.Window.Amend = time.Hour
		s.runFor(t, 2*time.Minute)
		before := s.windows(t)
		src.add(0, 2*time.Second, 0, 1)
		s.spec.Alpha = 0.01
		s.runFor(t, 2*time.Minute)
		compare(t, 0, s.windows(t), before)
		if m := s.snapshot().Monitors[0]; m.Unrevised != 1 || m.Amended != 1 {
			t.Errorf("%d windows could not be amended by %d records, want 1 by 1", m.Unrevised, m.Amended)
		}
	})
}

// What a topic that was made again repeats is not counted a second time.
func TestARemadeTopicAmendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.topic = "first"
		src.add(0, time.Second, 0, 1)
		src.add(0, 12*time.Second, 0, 1)
		src.add(0, 2*time.Second, 0, 1)
		s := newSetup(t, src)
		s.spec.Window.Amend = time.Hour
		s.runFor(t, 20*time.Second)
		src.topic = "second"
		s.runFor(t, 20*time.Second)
		if w := s.results(t)[10]; w.Revision != 1 || w.Whole().Rows != 2 {
			t.Errorf("revision %d with %d rows, want 1 with 2", w.Revision, w.Whole().Rows)
		}
	})
}

const high = "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: mean, above: 25}}]}]"

// An amended window fires where it would have fired had the record been in time,
// resolves where it would not have, and says nothing where no verdict changed.
func TestRulesJudgeAmendedWindowsAgain(t *testing.T) {
	for _, c := range []struct {
		name         string
		first, late  float64 // of the newest closed window
		then         string
		state        int // alerts that fire in the end
		inTwoWindows bool
	}{
		{"it fires", 10, 100, "[firing]", 1, false},
		{"no verdict changes", 10, 30, "[]", 0, false},
		{"it resolves", 30, 0, "[firing resolved]", 0, false},
		{"it goes on firing", 100, 90, "[firing]", 1, false},
		{"it has resolved since", 10, 100, "[]", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := newMemory("t", 1)
				src.add(0, time.Second, 0, c.first)
				src.add(0, 13*time.Second, 0, 0)
				if c.inTwoWindows {
					src.add(0, 23*time.Second, 0, 0)
				}
				src.batch = func() int { return 1 }
				s := newSetup(t, src)
				s.spec.Window.Amend = time.Hour
				s.spec.Window.Idle = time.Hour
				s.setRules(t, high)
				s.runFor(t, 20*time.Second)
				src.add(0, 2*time.Second, 0, c.late)
				src.add(0, 3*time.Second, 0, c.late)
				for range 4 {
					s.runFor(t, 5*time.Second)
				}
				if got := fmt.Sprint(s.events(t)); got != c.then {
					t.Errorf("events %v, want %v", got, c.then)
				}
				if got := fmt.Sprint(s.remembered(t)); got != c.then {
					t.Errorf("the history has %v, want %v", got, c.then)
				}
				if n := len(s.snapshot().Monitors[0].Windows); n == 0 || s.results(t)[10].Revision != 2 {
					t.Errorf("%d windows, revisions %v", n, s.revisions(t))
				}
				alive := 0
				for _, a := range s.snapshot().Alerts {
					if a.State == "firing" {
						alive++
					}
				}
				if alive != c.state {
					t.Errorf("%d alerts fire, want %d: %+v", alive, c.state, s.snapshot().Alerts)
				}
			})
		})
	}
}

// The rules go on from where they were before the window, and say nothing new of
// later windows that are the same.
func TestRulesGoOnFromBeforeTheAmendedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i, value := range []float64{0, 50, 10, 50, 50, 0, 0} {
			src.add(0, time.Duration(10*i+3)*time.Second, 0, value)
		}
		s := newSetup(t, src)
		s.spec.Window.Amend, s.spec.Window.Idle = time.Hour, time.Hour
		s.setRules(t, "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, windows: 2, when: {check: mean, above: 25}}]}]")
		s.runFor(t, 20*time.Second)
		if got := s.changes(t); got != "4 High firing, 5 High resolved" {
			t.Fatalf("events %v", got)
		}
		src.add(0, 24*time.Second, 0, 100) // had it been in time, windows 1 to 4 would have been high
		src.add(0, 63*time.Second, 0, 100) // the next window is high
		src.add(0, 64*time.Second, 0, 100)
		src.add(0, 73*time.Second, 0, 100)
		src.add(0, 83*time.Second, 0, 100)
		s.runFor(t, 20*time.Second)
		if got := s.changes(t); got != "4 High firing, 5 High resolved, 7 High firing" {
			t.Errorf("events %v", got)
		}
		src.add(0, 54*time.Second, 0, 200) // now it would never have resolved, so nothing changes
		s.runFor(t, 20*time.Second)
		if got := s.changes(t); got != "4 High firing, 5 High resolved, 7 High firing" || s.revisions(t)[60] != 1 {
			t.Errorf("events %v", got)
		}
		if a := s.snapshot().Alerts; len(a) != 1 || a[0].Fired == nil || a[0].Fired.Time() != epoch.Add(30*time.Second) {
			t.Errorf("alerts %+v, want one that fired in window 2", a)
		}
	})
}

// Whichever write of the store is the last before a crash, each late record is in
// its window once, and the alert that it changes is told once.
func TestCrashBetweenWritesCountsLateRecordsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		for i := range 60 {
			src.add(i%2, time.Duration(i)*time.Second, 0, 10)
			if i > 30 && i%3 == 0 {
				src.add(i%2, time.Duration(i)*time.Second-20*time.Second, 20*time.Second, 200)
			}
		}
		fresh := func() *setup {
			s := newSetup(t, src)
			s.spec.Window.Amend, s.every = time.Hour, 300*time.Millisecond
			s.setRules(t, high)
			return s
		}
		src.batch = func() int { return 3 }
		whole := fresh()
		whole.runFor(t, 3*time.Minute)
		want, revisions := whole.windows(t), whole.revisions(t)
		if slices.Max(slices.Collect(maps.Values(revisions))) < 2 {
			t.Fatalf("revisions %v", revisions)
		}
		for n := 1; n < 60; n += 3 {
			s := fresh()
			crashAfter(t, s, n)
			s.runFor(t, 3*time.Minute)
			compare(t, n, s.windows(t), want)
			events := s.events(t)
			for i, state := range events {
				if want := []string{"firing", "resolved"}[i%2]; state != want {
					t.Fatalf("crash after write %d: events %v", n, events)
				}
			}
			if changes := s.remembered(t); !slices.Equal(changes, events) {
				t.Fatalf("crash after write %d: the history has %v, the outbox %v", n, changes, events)
			}
		}
	})
}

// crashAfter runs an engine whose n-th write of the store is its last.
func crashAfter(t *testing.T, s *setup, n int) {
	t.Helper()
	e, crash := s.engine(t), errors.New("crash")
	writes := 0
	e.seq.update = func(fn func(*store.Tx) error) error {
		if writes++; writes > n {
			return crash
		}
		return s.store.Update(fn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := e.Run(ctx); err != nil && !errors.Is(err, crash) {
		t.Fatal(err)
	}
}
