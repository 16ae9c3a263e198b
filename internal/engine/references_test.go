package engine

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// wave is traffic of twelve windows of ten seconds, in three of which x is
// shifted and so drifts from what was before.
func wave(partitions int) *memory {
	src, rng := newMemory("t", partitions), rand.New(rand.NewPCG(5, 5))
	for i := range 3000 {
		at := time.Duration(i) * 40 * time.Millisecond
		x := float64(rng.IntN(100))
		if w := at / (10 * time.Second); w >= 5 && w < 8 {
			x += 1000
		}
		src.add(i%partitions, at+time.Duration(rng.IntN(1000))*time.Millisecond, 2*time.Second, x)
	}
	return src
}

// seconds is the end of a window n tens of seconds after epoch.
func seconds(n int) window.Time {
	return window.FromTime(epoch.Add(time.Duration(n) * time.Second))
}

// judged returns the stored windows by their ends in seconds after epoch.
func (s *setup) judged(t testing.TB) map[int]*checks.Window {
	t.Helper()
	out := map[int]*checks.Window{}
	for end, b := range s.windows(t) {
		w := &checks.Window{}
		if err := json.Unmarshal([]byte(b), w); err != nil {
			t.Fatal(err)
		}
		out[int(end.Time().Sub(epoch).Seconds())] = w
	}
	return out
}

// hashOf is the hash of stored windows, merged one by one; "" of none.
func (s *setup) hashOf(t testing.TB, ends ...int) string {
	t.Helper()
	if len(ends) == 0 {
		return ""
	}
	m := &monitors.Monitor{Spec: s.spec}
	if _, err := monitors.NewPlan(s.stream, []*monitors.Monitor{m}); err != nil {
		t.Fatal(err)
	}
	all := m.NewPane(0)
	err := s.store.View(func(tx *store.Tx) error {
		for _, end := range ends {
			p, err := m.DecodePane(tx.Profile("m", seconds(end)))
			if err != nil {
				return err
			}
			if err := all.Merge(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := all.Reference()
	if err != nil {
		t.Fatal(err)
	}
	return r.Hash
}

func ksOf(w *checks.Window) string {
	r := w.Whole().Fields[0].Checks["ks"]
	switch {
	case r.Skipped != "":
		return r.Skipped
	case r.Drift == nil:
		return "no verdict"
	case *r.Drift:
		return "drift"
	}
	return "same"
}

func TestReferencesOfWindows(t *testing.T) {
	const none = "no reference yet"
	for _, c := range []struct {
		name string
		ref  monitors.Reference
		of   map[int][]int  // the windows that a window is compared with
		want map[int]string // the verdict of ks
	}{
		{
			"trailing", monitors.Reference{Trailing: 35 * time.Second},
			map[int][]int{10: nil, 20: {10}, 30: {10, 20}, 40: {10, 20, 30}, 50: {20, 30, 40}, 60: {30, 40, 50}, 80: {50, 60, 70}, 120: {90, 100, 110}},
			map[int]string{10: none, 20: "same", 50: "same", 60: "drift", 70: "drift", 80: "drift", 110: "drift", 120: "same"},
		},
		{
			"trailing without drift", monitors.Reference{Trailing: 30 * time.Second, SkipDrift: true},
			map[int][]int{10: nil, 60: {30, 40, 50}, 70: {40, 50}, 80: {50}, 90: nil, 100: {90}, 110: {90, 100}},
			map[int]string{60: "drift", 80: "drift", 90: none, 100: "same"},
		},
		{
			"offset", monitors.Reference{Offset: 20 * time.Second},
			map[int][]int{10: nil, 20: nil, 30: {10}, 60: {40}, 80: {60}},
			map[int]string{20: none, 30: "same", 60: "drift", 70: "drift", 80: "same", 90: "drift"},
		},
		{
			"first", monitors.Reference{First: 3},
			map[int][]int{10: nil, 30: nil, 40: {10, 20, 30}, 120: {10, 20, 30}},
			map[int]string{30: none, 40: "same", 60: "drift", 90: "same"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := wave(2)
			synctest.Test(t, func(t *testing.T) {
				s := newSetup(t, src)
				s.spec.Reference = c.ref
				s.runFor(t, 5*time.Minute)
				got := s.judged(t)
				for end, of := range c.of {
					if want := s.hashOf(t, of...); got[end].Reference != want {
						t.Errorf("window %d is compared with %.8s, want %v: %.8s", end, got[end].Reference, of, want)
					}
				}
				for end, want := range c.want {
					if ks := ksOf(got[end]); ks != want {
						t.Errorf("window %d: %s, want %s", end, ks, want)
					}
				}
			})
		})
	}
}

// What a window is compared with does not depend on how the stream is read, on
// restarts, or on how many windows are stored together.
func TestReferencesDoNotDependOnHowWindowsAreRead(t *testing.T) {
	src := wave(2)
	for name, ref := range map[string]monitors.Reference{
		"trailing": {Trailing: 95 * time.Second, SkipDrift: true}, "offset": {Offset: 30 * time.Second},
		"first": {First: 4}, "segment": {Segment: []monitors.Condition{{Field: "c", Value: "c1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var first map[window.Time]string
				for seed := range uint64(3) {
					rng := rand.New(rand.NewPCG(seed, 9))
					s := newSetup(t, src)
					s.spec.Reference, s.spec.Segments, s.spec.MaxSegments = ref, [][]string{{"c"}}, 3
					src.batch, src.delay = nil, nil
					if seed > 0 {
						s.every = time.Duration(1+rng.IntN(5000)) * time.Millisecond
						src.batch = func() int { return 1 + rng.IntN(400) }
						src.delay = func() time.Duration { return time.Duration(rng.IntN(900)) * time.Millisecond }
						for range 1 + rng.IntN(4) {
							s.runFor(t, time.Duration(1+rng.IntN(12000))*time.Millisecond)
						}
						src.batch, src.delay = nil, nil
					}
					s.runFor(t, 5*time.Minute)
					got := s.windows(t)
					if first == nil {
						first = got
						if last := got[seconds(120)]; !strings.Contains(last, `"reference":"`) {
							t.Fatalf("the last window has no reference: %s", last)
						}
					}
					if !maps.Equal(got, first) {
						t.Fatalf("seed %d: other windows", seed)
					}
				}
			})
		})
	}
}

func TestFirstWindowsOutliveRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := wave(1)
		held := src.logs[src.partitions()[0]]
		src.logs[src.partitions()[0]] = held[:1800]
		s := newSetup(t, src)
		s.spec.Reference, s.keep = monitors.Reference{First: 2}, 20*time.Second
		s.runFor(t, time.Minute)
		want := s.hashOf(t, 10, 20)
		e := s.engine(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		if err := e.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		_ = s.store.View(func(tx *store.Tx) error {
			if tx.Profile("m", seconds(10)) != nil {
				t.Error("the profile of the first window is still kept")
			}
			return nil
		})
		src.logs[src.partitions()[0]] = held
		ctx, cancel = context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		if err := s.engine(t).Run(ctx); err != nil {
			t.Fatal(err)
		}
		var last checks.Window
		_ = s.store.View(func(tx *store.Tx) error { return json.Unmarshal(tx.Window("m", seconds(120)), &last) })
		if last.Reference != want {
			t.Errorf("the last window is compared with %.8s, want %.8s", last.Reference, want)
		}
	})
}

// first counts windows that closed while the monitor had another reference, or
// none, as far as they are kept.
func TestFirstWindowsMayBeOlderThanTheReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := wave(1)
		p := src.partitions()[0]
		held := src.logs[p]
		src.logs[p] = held[:1500]
		s := newSetup(t, src)
		s.runFor(t, time.Minute)
		src.logs[p] = held
		s.spec.Reference = monitors.Reference{First: 3}
		s.runFor(t, 3*time.Minute)
		if got, want := s.judged(t)[120].Reference, s.hashOf(t, 10, 20, 30); got != want {
			t.Errorf("compared with %.8s, want the first three windows: %.8s", got, want)
		}
	})
}

// A model that gets no requests at first has windows all the same.
func TestFirstWindowsHaveRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 600 {
			at := time.Duration(i) * 100 * time.Millisecond
			src.add(0, at, 0, map[bool]float64{true: 1, false: 2}[at >= 25*time.Second])
		}
		s := newSetup(t, src)
		s.spec.Where = []monitors.Condition{{Field: "c", Value: "c1"}}
		s.spec.Reference = monitors.Reference{First: 2}
		s.runFor(t, 5*time.Minute)
		for end, want := range map[int]string{10: "", 20: "", 30: "", 40: "", 50: s.hashOf(t, 30, 40)} {
			if got := s.judged(t)[end].Reference; got != want {
				t.Errorf("window %d is compared with %.8s, want %.8s", end, got, want)
			}
		}
	})
}

func TestPartialWindowsAreNoReference(t *testing.T) {
	for name, ref := range map[string]monitors.Reference{
		"trailing": {Trailing: 30 * time.Second}, "offset": {Offset: 10 * time.Second}, "first": {First: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := wave(1)
			src.start[src.partitions()[0]] = 500 // some records are gone
			s := newSetup(t, src)
			s.spec.Reference = ref
			s.runFor(t, 5*time.Minute)
			got := s.judged(t)
			if !got[10].Partial || ksOf(got[20]) != "no reference yet" || got[30].Reference != s.hashOf(t, 20) {
				t.Errorf("%s: partial %v; then %q, then %.8s; want the second window to have none and the third to have the second",
					name, got[10].Partial, ksOf(got[20]), got[30].Reference)
			}
		})
	}
}

// A reload changes the reference at a window's border, and costs no open window.
func TestReloadChangesTheReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := wave(1)
		p := src.partitions()[0]
		held := src.logs[p]
		src.logs[p] = held[:1000]
		s := newSetup(t, src)
		s.spec.Reference = monitors.Reference{Trailing: 20 * time.Second}
		s.runFor(t, 30*time.Second)
		before := s.windows(t)
		if len(before) != 3 {
			t.Fatalf("%d windows before the reload, want 3", len(before))
		}
		src.logs[p] = held
		s.spec.Reference = monitors.Reference{Offset: 30 * time.Second}
		s.runFor(t, 3*time.Minute)
		after := s.windows(t)
		for end, b := range before {
			if after[end] != b {
				t.Errorf("window %v changed after it was closed", end)
			}
		}
		got := s.judged(t)
		if want := s.hashOf(t, 10); got[40].Reference != want || got[40].Partial || got[40].Whole().Rows != 250 {
			t.Errorf("the open window: %d rows, partial %v, compared with %.8s; want 250, whole, %.8s",
				got[40].Whole().Rows, got[40].Partial, got[40].Reference, want)
		}
	})
}

// Windows that counted at the quantile points of a file serve as a reference
// without them when the monitor no longer has the file.
func TestWindowsOfAFormerFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := wave(1)
		p := src.partitions()[0]
		held := src.logs[p]
		src.logs[p] = held[:1000]
		s := newSetup(t, src)
		s.file, s.spec.Reference = fileOf(t, 1000), monitors.Reference{File: "f"}
		s.runFor(t, 30*time.Second)
		if got := s.judged(t)[30]; got.Reference != s.file.Hash || ksOf(got) != "same" {
			t.Fatalf("before the reload a window is compared with %.8s: %s", got.Reference, ksOf(got))
		}
		src.logs[p] = held
		s.file, s.spec.Reference = nil, monitors.Reference{Trailing: 50 * time.Second}
		s.runFor(t, 3*time.Minute)
		got := s.judged(t)
		if want := s.hashOf(t, 10, 20, 30); !got[50].Partial || got[60].Reference != want || ksOf(got[60]) != "drift" {
			t.Errorf("partial %v, then compared with %.8s, want %.8s: %s", got[50].Partial, got[60].Reference, want, ksOf(got[60]))
		}
	})
}

// fileOf is a reference file of the numbers below 100, with its quantile points.
func fileOf(t testing.TB, rows int) *monitors.Baseline {
	t.Helper()
	v := make([]float64, rows)
	for i := range v {
		v[i] = float64(i % 100)
	}
	p := profile.New(profile.Options{Kind: profile.Number, Buckets: 64})
	p.AddRows(uint64(rows))
	p.ObserveNumbers(v)
	guide := profile.NewGuideBuilder(p)
	for guide.NeedsPass() {
		guide.ObserveNumbers(v)
		if err := guide.EndPass(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := reference.New(reference.Segment{Rows: uint64(rows), Fields: []reference.Field{{Name: "x", Profile: guide.Profile()}}})
	if err != nil {
		t.Fatal(err)
	}
	return monitors.NewBaseline(r)
}

// Windows of a monitor that counted something else are no reference of this one.
func TestChangedMonitorHasNoReferenceYet(t *testing.T) {
	for name, change := range map[string]func(*monitors.Spec){
		"fields":   func(s *monitors.Spec) { s.Fields = slices.Clone(s.Fields[:1]) },
		"where":    func(s *monitors.Spec) { s.Where = []monitors.Condition{{Field: "c", Value: "c1"}} },
		"segments": func(s *monitors.Spec) { s.Segments, s.MaxSegments = [][]string{{"c"}}, 2 },
		"size":     func(s *monitors.Spec) { s.Window.Size, s.Window.Pane = 20*time.Second, 20*time.Second },
	} {
		synctest.Test(t, func(t *testing.T) {
			src := wave(1)
			p := src.partitions()[0]
			held := src.logs[p]
			src.logs[p] = held[:1000]
			s := newSetup(t, src)
			s.spec.Reference = monitors.Reference{Trailing: 60 * time.Second}
			s.runFor(t, 30*time.Second)
			src.logs[p] = held
			change(&s.spec)
			s.runFor(t, 3*time.Minute)
			got := s.judged(t)
			whole := 0 // the first window after the change that is not partial
			for _, end := range slices.Sorted(maps.Keys(got)) {
				w := got[end]
				switch {
				case end <= 30:
				case whole > 0:
					if want := s.hashOf(t, whole); w.Reference != want {
						t.Errorf("%s: window %d is compared with %.8s, want that of %d: %.8s", name, end, w.Reference, whole, want)
					}
					return
				case w.Reference != "":
					t.Errorf("%s: window %d is compared with %.8s, want nothing", name, end, w.Reference)
				case !w.Partial:
					whole = end
				}
			}
			t.Errorf("%s: no two windows after the change are whole", name)
		})
	}
}

// Within a window, segments are compared with the one that has the champion's
// values.
func TestChallengersAreComparedWithTheChampion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t, wave(1))
		s.spec.Reference = monitors.Reference{Segment: []monitors.Condition{{Field: "c", Value: "c1"}}}
		s.spec.Segments, s.spec.MaxSegments = [][]string{{"c"}}, 2
		s.runFor(t, 5*time.Minute)
		w := s.judged(t)[40]
		compared := 0
		for i := range w.Segments {
			seg := &w.Segments[i]
			ks, fixed := seg.Fields[0].Checks["ks"], seg.Fields[1].Checks["psi"].Skipped
			switch seg.Name {
			case "":
				if ks.Skipped != "all records hold the reference too" {
					t.Errorf("the whole stream: %+v", ks)
				}
			case "c=c1":
				if ks.Skipped != "it is the reference" {
					t.Errorf("the champion: %+v", ks)
				}
			case "c=<other>":
				if !strings.HasPrefix(ks.Skipped, "it is all that has no segment") {
					t.Errorf("the rest: %+v", ks)
				}
			default:
				compared++
				if ks.PValue == nil || fixed != "the segment is made by this field" {
					t.Errorf("a challenger: %+v; its own field: %s", ks, fixed)
				}
			}
		}
		if compared != 2 || w.Reference == "" {
			t.Errorf("%d challengers, reference %q", compared, w.Reference)
		}
	})
}
