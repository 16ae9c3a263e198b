package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"driftwatch/monitors/source"
	"driftwatch/monitors/window"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLateRecordsAreCountedAndLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, 1*time.Second, 0, 1)
		src.add(0, 12*time.Second, 0, 2) // seals the window that ends at 10s
		src.add(0, 9*time.Second, 0, 3)  // late
		src.add(0, 11*time.Second, 0, 4)
		s := newSetup(t, src)
		s.runFor(t, 5*time.Minute)
		if got, want := s.rows(t), (map[int]uint64{10: 1, 20: 2}); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
		if got := s.snapshot().Monitors[0].Late; got != 1 {
			t.Errorf("%d late records, want 1", got)
		}
	})
}

// A record is never late while its own partition has its pane open, whatever
// other partitions have read.
func TestLatenessIsAMatterOfEachPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		for i := range 30 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		src.add(1, 25*time.Second-20*time.Second, 0, 1)
		src.add(1, 13*time.Second, 0, 1)
		src.add(1, 29*time.Second, 0, 1)
		s := newSetup(t, src)
		s.runFor(t, 5*time.Minute)
		if got, want := s.rows(t), (map[int]uint64{10: 11, 20: 11, 30: 11}); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
}

func TestIdlePartitionIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		src.add(1, 3*time.Second, 0, 1)
		for i := range 25 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.runFor(t, 50*time.Second)
		if got := s.rows(t); len(got) != 0 {
			t.Fatalf("windows closed before the second partition was idle: %v %+v", got, s.list(t))
		}
		go func() {
			time.Sleep(100 * time.Second)
			src.add(1, 4*time.Second, 0, 1) // wakes up: its windows closed without it
			src.add(1, 24*time.Second, 0, 1)
			src.add(0, 40*time.Second, 0, 1)
			src.add(1, 40*time.Second, 0, 1)
		}()
		s.runFor(t, 3*time.Minute)
		if got, want := s.rows(t), (map[int]uint64{10: 11, 20: 10, 30: 5, 50: 2}); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
		if got := s.snapshot().Monitors[0].Late; got != 2 {
			t.Errorf("%d late records, want 2", got)
		}
		if cut := s.list(t)[0].Cut; len(cut) != 2 || cut[0].Idle || !cut[1].Idle || cut[1].Next != 1 {
			t.Errorf("the cut is %+v", cut)
		}
	})
}

// A partition that died makes windows staler and staler, whether the engine
// runs through or starts again between any two of them.
func TestFreshnessOfADeadPartition(t *testing.T) {
	for _, restarts := range []int{0, 1, 20} {
		synctest.Test(t, func(t *testing.T) {
			src := newMemory("t", 3) // the third never has a record
			src.add(1, 3*time.Second, 0, 1)
			for i := range 45 {
				src.add(0, time.Duration(i)*time.Second, 0, float64(i))
			}
			src.add(1, 46*time.Second, 0, 1) // late: its window closes while the partition is idle
			src.add(1, 60*time.Second, 0, 1)
			alive := src.logs[source.Partition{Topic: "t", ID: 1}]
			src.logs[source.Partition{Topic: "t", ID: 1}] = alive[:1]
			src.batch = func() int { return 12 } // windows close one after the other
			src.delay = func() time.Duration { return time.Second }
			s := newSetup(t, src)
			s.spec.Window.Idle = 5 * time.Second
			for range restarts {
				s.runFor(t, 7*time.Second)
			}
			s.runFor(t, time.Minute)
			src.logs[source.Partition{Topic: "t", ID: 1}] = alive
			src.add(0, 60*time.Second, 0, 1)
			s.runFor(t, time.Minute)
			got := map[int]float64{}
			for _, w := range s.list(t) {
				got[int(w.End.Time().Sub(epoch).Seconds())] = w.Segments[0].Checks["freshness"].Value
			}
			want := map[int]float64{10: 7, 20: 17, 30: 27, 40: 37, 50: 47, 70: 10}
			if !maps.Equal(got, want) {
				t.Errorf("%d restarts: freshness %v, want %v", restarts, got, want)
			}
		})
	}
}

// With all partitions idle the wall clock closes what is over, so that a
// nightly batch is judged tonight; what is not over stays open.
func TestSilenceAfterABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		now := time.Since(epoch) // event times around the test's clock
		for i := range 20 {
			src.add(i%2, now+time.Duration(i)*time.Second, time.Hour, 1)
		}
		s := newSetup(t, src)
		s.spec.Window.Size, s.spec.Window.Pane, s.spec.Window.Idle = time.Hour, time.Hour, time.Second
		s.runFor(t, 59*time.Minute)
		if got := s.list(t); len(got) != 0 {
			t.Fatalf("a window closed before the clock had passed its end: %+v", got)
		}
		s.runFor(t, 5*time.Minute)
		if got := s.list(t); len(got) != 1 || got[0].Segments[0].Rows != 20 {
			t.Fatalf("windows %+v, want one of 20 rows", got)
		}
	})
}

// Of a batch after a silence one partition is read before the others. That they
// were silent until then does not make late what they have of it.
func TestBatchAfterASilenceIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 3) // the third never has a record
		src.add(0, time.Second, 0, 1)
		src.add(1, time.Second, 0, 1)
		s := newSetup(t, src)
		go func() {
			time.Sleep(time.Hour)
			for i := range 20 {
				src.add(0, time.Minute+time.Duration(i)*3*time.Second, 0, 1)
			}
			time.Sleep(30 * time.Second) // half of idle
			for i := range 20 {
				src.add(1, time.Minute+time.Duration(i)*3*time.Second, 0, 1)
			}
		}()
		s.runFor(t, time.Hour+3*time.Minute)
		if late := s.snapshot().Monitors[0].Late; late != 0 {
			t.Errorf("%d records are late", late)
		}
		if got, want := s.rows(t), (map[int]uint64{10: 2, 70: 8, 80: 6, 90: 6, 100: 8, 110: 6, 120: 6}); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
}

func TestRecordAheadOfItsLogMovesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, 1*time.Second, 0, 1)
		src.add(0, 24*365*time.Hour, -24*365*time.Hour, 1) // a producer whose clock is a year ahead
		src.add(0, 2*time.Second, 0, 1)
		s := newSetup(t, src)
		s.runFor(t, 3*time.Minute)
		if got, want := s.rows(t), (map[int]uint64{10: 2}); !maps.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
		if got := s.snapshot().Streams[0].Errors["ahead"]; got != 1 {
			t.Errorf("errors %v, want one of ahead", s.snapshot().Streams[0].Errors)
		}
	})
}

// A partition that is a day ahead waits, so that open panes stay few: of windows
// that follow the slow one's by max_open, or of none where memory is short.
func TestPartitionFarAheadWaits(t *testing.T) {
	for _, c := range []struct {
		crowded     bool
		least, most int64
	}{{false, 9, 10}, {true, 6, 6}} {
		synctest.Test(t, func(t *testing.T) {
			src := newMemory("t", 2)
			src.batch = func() int { return 10 }
			for i := range 60 {
				src.add(0, time.Duration(i)*10*time.Second, 0, 1)
				src.add(1, time.Duration(i)*10*time.Second, 0, 1)
			}
			slow := source.Partition{Topic: "t", ID: 1}
			src.delay = func() time.Duration { return time.Second }
			held := src.logs[slow]
			src.logs[slow] = held[:5]
			s := newSetup(t, src)
			s.crowded = func() bool { return c.crowded }
			s.runFor(t, 30*time.Second)
			// The slow partition is at 40s. That the other is too far ahead shows by its first record there.
			if got := s.snapshot().Streams[0].Partitions[0].Next; got < c.least || got > c.most {
				t.Errorf("crowded %v: the fast partition was read to %d", c.crowded, got)
			}
			src.logs[slow] = held
			s.runFor(t, time.Hour)
			if got := s.rows(t); len(got) != 60 {
				t.Errorf("crowded %v: %d windows, want 60", c.crowded, len(got))
			}
		})
	}
}

func TestStartInTheMiddleIsPartial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.start[source.Partition{Topic: "t"}] = 500
		for i := range 30 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.runFor(t, 3*time.Minute)
		list := s.list(t)
		if len(list) != 3 || !list[0].Partial || list[1].Partial || list[2].Partial {
			t.Errorf("windows %+v, want the first one partial", list)
		}
	})
}

func TestLostRecordsAreCountedAndMakeAWindowPartial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		p := source.Partition{Topic: "t"}
		for i := range 5 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.runFor(t, 10*time.Second)
		src.start[p], src.logs[p] = 20, nil // retention overtook the reader
		for i := range 20 {
			src.add(0, time.Duration(15+i)*time.Second, 0, 1)
		}
		s.runFor(t, 3*time.Minute)
		if got := s.snapshot().Streams[0].Lost; got != 15 {
			t.Errorf("%d lost records, want 15", got)
		}
		partial := map[int]bool{}
		for _, w := range s.list(t) {
			partial[int(w.End.Time().Sub(epoch).Seconds())] = w.Partial
		}
		if want := (map[int]bool{10: true, 20: true, 30: false, 40: false}); !maps.Equal(partial, want) {
			t.Errorf("partial windows %v, want %v", partial, want)
		}
	})
}

func TestBadRecordsAreCountedByReasonAndSampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		bad := map[string][]byte{
			"json": []byte(`{"ts":`), "utf8": []byte("{\"ts\":\"\xff\"}"), "empty": {}, "null": nil,
			"time": []byte(`{"ts":"0001-01-01T00:00:00Z"}`), "duplicate": []byte(`{"a":1,"a":2}`),
		}
		for _, reason := range []string{"json", "utf8", "empty", "null", "time", "duplicate"} {
			src.addRaw(0, epoch, bad[reason])
		}
		src.add(0, time.Second, 0, 1)
		s := newSetup(t, src)
		s.runFor(t, 2*time.Minute)
		st := s.snapshot().Streams[0]
		for reason := range bad {
			if st.Errors[reason] != 1 {
				t.Errorf("errors %v, want one of %q", st.Errors, reason)
			}
		}
		if len(st.Samples) != len(bad) || st.Samples[0].Payload != `{"ts":` || st.Samples[0].Reason != "json" {
			t.Errorf("samples %+v", st.Samples)
		}
		if got := s.rows(t); got[10] != 1 {
			t.Errorf("the good record is missing: %v", got)
		}
	})
}

func TestCountersCountOnceOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		traffic(src, rand.New(rand.NewPCG(3, 3)), 2000)
		src.batch = func() int { return 100 }
		src.delay = func() time.Duration { return time.Second }
		s := newSetup(t, src)
		for range 5 {
			s.runFor(t, 4*time.Second)
		}
		s.runFor(t, 5*time.Minute)
		if got := s.snapshot().Streams[0].Records; got != 2000 {
			t.Errorf("%d records, want 2000", got)
		}
		m := s.snapshot().Monitors[0]
		if stored := s.windows(t); m.WindowsTotal != uint64(len(stored)) || len(stored) == 0 {
			t.Errorf("%d windows in all, %d are stored", m.WindowsTotal, len(stored))
		}
	})
}

// A stream that has fallen silent must not look unknown after a restart.
func TestNewestTimesAreKnownAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		traffic(src, rand.New(rand.NewPCG(3, 3)), 2000)
		s := newSetup(t, src)
		s.runFor(t, time.Minute)
		before := s.snapshot().Streams[0].Partitions
		s.runFor(t, time.Minute)
		for i, p := range s.snapshot().Streams[0].Partitions {
			if p.Newest == window.None || p.Newest != before[i].Newest {
				t.Errorf("partition %d: newest event time %v, before the restart %v", p.ID, p.Newest, before[i].Newest)
			}
		}
	})
}

// A log's own time may be anything: producers set it. Such a record must not
// make a window that nobody can read, least of all the next start.
func TestImpossibleTimesOfTheLogAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, time.Second, 0, 1)
		src.addRaw(0, time.UnixMilli(epoch.UnixMicro()), []byte(`{"x":1}`)) // microseconds taken for milliseconds
		src.addRaw(0, time.UnixMilli(-1), []byte(`{"x":1}`))                // "no timestamp"
		src.add(0, 15*time.Second, 0, 1)
		s := newSetup(t, src)
		s.stream.Time = nil
		s.runFor(t, 3*time.Minute)
		s.runFor(t, 3*time.Minute)
		if got := s.rows(t); len(got) != 2 || got[10] != 1 || got[20] != 1 {
			t.Errorf("rows %v, want one at 10 and one at 20", got)
		}
		if got := s.snapshot().Streams[0].Errors["time"]; got != 2 {
			t.Errorf("errors %v, want two of time", s.snapshot().Streams[0].Errors)
		}
	})
}

// Records that are gone may have belonged to any window that was open.
func TestLostRecordsMakeTheNewestOpenWindowPartialToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		p := source.Partition{Topic: "t"}
		src.add(0, 5*time.Second, 0, 1)
		src.add(0, 11*time.Second, 0, 1)
		s := newSetup(t, src)
		s.runFor(t, 10*time.Second)
		src.start[p], src.logs[p] = 20, nil
		src.add(0, 9500*time.Millisecond, 0, 1) // of the window before, which is open yet
		for i := range 30 {
			src.add(0, time.Duration(15+i)*time.Second, 0, 1)
		}
		s.runFor(t, 3*time.Minute)
		if list := s.list(t); len(list) < 3 || !list[0].Partial || !list[1].Partial || list[2].Partial {
			t.Errorf("windows %+v, want the first two partial", list)
		}
	})
}

// A window that the partition had sealed lacks nothing, although it closes after
// the loss: when others seal it too is not for the partition to know.
func TestWindowsSealedBeforeALossAreWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 2)
		lossy := source.Partition{Topic: "t"}
		for i := range 15 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		src.add(1, time.Second, 0, 1) // the other partition has sealed nothing
		s := newSetup(t, src)
		s.runFor(t, 10*time.Second)
		src.start[lossy], src.logs[lossy] = 20, nil
		for i := range 25 {
			src.add(0, time.Duration(17+i)*time.Second, 0, 1)
		}
		s.runFor(t, 10*time.Second) // the loss is noticed
		for i := range 25 {
			src.add(1, time.Duration(17+i)*time.Second, 0, 1)
		}
		s.runFor(t, 3*time.Minute)
		partial := map[int]bool{}
		for _, w := range s.list(t) {
			partial[int(w.End.Time().Sub(epoch).Seconds())] = w.Partial
		}
		if want := (map[int]bool{10: false, 20: true, 30: false, 40: false, 50: false}); !maps.Equal(partial, want) {
			t.Errorf("partial windows %v, want %v", partial, want)
		}
	})
}

// A log whose tail was lost is read again from its start: what of it is in open
// windows already must not be counted twice.
func TestTruncatedLogIsNotCountedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		p := source.Partition{Topic: "t"}
		for i := range 9 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		s.runFor(t, 10*time.Second)
		src.logs[p] = src.logs[p][:6]
		go func() {
			time.Sleep(10 * time.Second)
			for i := range 20 {
				src.add(0, time.Duration(6+i)*time.Second, 0, 1)
			}
		}()
		s.runFor(t, 4*time.Minute)
		list := s.list(t)
		if len(list) == 0 || list[0].Segments[0].Rows != 10 || !list[0].Partial {
			t.Errorf("windows %+v, want a first one of 10 rows that is partial", list)
		}
	})
}

// A topic that was made again is read from its start, also where its log is
// longer than what was read of the one before, and also after a restart. What
// is known to be gone is lost, and what was open says that it lacks records.
func TestTopicThatIsMadeAgain(t *testing.T) {
	for name, records := range map[string]int{"shorter": 5, "as long": 15, "longer": 40} {
		for _, live := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, live %v", name, live), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testMadeAgain(t, records, live) })
			})
		}
	}
}

func testMadeAgain(t *testing.T, records int, live bool) {
	src := newMemory("t", 1)
	src.topic = "one"
	for i := range 15 { // one window of 10 rows, and half of one
		src.add(0, time.Duration(i)*time.Second, 0, 1)
	}
	other := newMemory("t", 1)
	for i := range records { // the first ones are older than what was sealed
		other.add(0, time.Duration(8+i)*time.Second, 0, 1)
	}
	again := func() {
		src.mu.Lock()
		defer src.mu.Unlock()
		src.logs, src.topic = other.logs, "two"
	}
	s := newSetup(t, src)
	if live {
		go func() { time.Sleep(10 * time.Second); again() }()
	} else {
		s.runFor(t, 10*time.Second)
		again()
	}
	s.runFor(t, 4*time.Minute)
	for i, w := range s.list(t) {
		want := uint64(10)
		if last := records - 2 - 10*(i-1); i > 0 && last < 10 {
			want = uint64(last)
		}
		if w.Segments[0].Rows != want || w.Partial != (i == 1) {
			t.Errorf("window %d has %d rows, want %d; partial %v", i, w.Segments[0].Rows, want, w.Partial)
		}
	}
	v := s.snapshot()
	if got, late := v.Streams[0].Records, v.Monitors[0].Late; got != uint64(15+records) || late != 2 {
		t.Errorf("%d records, want %d; %d late, want those 2 of the window that was sealed", got, 15+records, late)
	}
}

// What the last answer said to be in a log, and was not read before the topic
// was made again, is lost.
func TestRecordsOfATopicThatIsGoneAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.topic = "one"
		for i := range 15 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		src.batch, src.delay = func() int { return 5 }, func() time.Duration { return 3 * time.Second }
		go func() {
			time.Sleep(4 * time.Second) // it has read 5 of 15
			src.mu.Lock()
			defer src.mu.Unlock()
			src.topic = "two"
		}()
		s := newSetup(t, src)
		s.runFor(t, 2*time.Minute)
		if v := s.snapshot().Streams[0]; v.Lost != 10 || v.Records != 20 {
			t.Errorf("%d lost of %d records, want 10 of 20", v.Lost, v.Records)
		}
	})
}

// A partition whose records are gone and that brings no more: the window that
// was open says that it lacks them.
func TestWindowOfAPartitionThatEndsWithALossIsPartial(t *testing.T) {
	p := source.Partition{Topic: "t"}
	for name, tt := range map[string]struct {
		start      int64 // of the empty log
		rows, lost uint64
	}{
		"deleted":   {start: 7, rows: 15, lost: 2},
		"truncated": {start: 0, rows: 10, lost: 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := newMemory("t", 2)
				for i := range 15 {
					src.add(1, time.Duration(i)*time.Second, 0, 1)
				}
				for i := range 5 {
					src.add(0, time.Duration(i)*time.Second, 0, 1)
				}
				go func() {
					time.Sleep(10 * time.Second)
					src.mu.Lock()
					defer src.mu.Unlock()
					src.logs[p], src.start[p] = nil, tt.start
				}()
				s := newSetup(t, src)
				s.runFor(t, 5*time.Minute)
				w := s.list(t)[0]
				if lost := s.snapshot().Streams[0].Lost; !w.Partial || w.Segments[0].Rows != tt.rows || lost != tt.lost {
					t.Errorf("%d rows, want %d; partial %v; %d lost, want %d", w.Segments[0].Rows, tt.rows, w.Partial, lost, tt.lost)
				}
			})
		})
	}
}
