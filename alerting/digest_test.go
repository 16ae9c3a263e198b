package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/alerting/summary"
	"driftwatch/internal/snapshot"
)

// hourly, daily and workdays are cron expressions of the tests.
func hourly(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }

func daily(t time.Time) time.Time { return t.Truncate(24 * time.Hour).Add(24 * time.Hour) }

func workdays(t time.Time) time.Time {
	for t = daily(t); t.Weekday() == time.Saturday || t.Weekday() == time.Sunday; t = daily(t) {
	}
	return t
}

// digestShelf is a shelf that may fail.
type digestShelf struct {
	mu   sync.Mutex
	b    []byte
	fail error
}

func (s *digestShelf) Load() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b, nil
}

func (s *digestShelf) Save(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail == nil {
		s.b = b
	}
	return s.fail
}

func (s *digestShelf) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// reader takes digests, unless answer objects.
type reader struct {
	mu     sync.Mutex
	got    []string // the times that they are about, in hours
	tries  []time.Time
	answer func() error
}

func (r *reader) NotifyDigest(_ context.Context, d summary.Digest) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries = append(r.tries, time.Now())
	if r.answer != nil {
		if err := r.answer(); err != nil {
			return "", err
		}
	}
	r.got = append(r.got, d.Name)
	return "ok", nil
}

func (r *reader) tried() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tries)
}

func (r *reader) set(answer func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// digestRig is digests, which outlive their process in its shelf.
type digestRig struct {
	t      *testing.T
	begin  time.Time
	shelf  *digestShelf
	reader *reader
	log    *strings.Builder
	digest Digest
	stop   func()
	now    *Digests
}

// newDigestRig is a digest that is due each hour. The clock of a synctest begins at
// midnight.
func newDigestRig(t *testing.T) *digestRig {
	r := &digestRig{t: t, begin: time.Now().UTC(), shelf: &digestShelf{}, reader: &reader{}, log: &strings.Builder{}}
	r.digest = Digest{
		Name: "d", Receiver: "team", Cron: "hourly", Next: hourly, To: r.reader, Shelf: r.shelf, Log: slog.New(slog.NewTextHandler(r.log, nil)),
		Make: func(from, to time.Time) (summary.Digest, error) {
			return summary.Digest{Name: fmt.Sprintf("%v-%v", from.Sub(r.begin).Hours(), to.Sub(r.begin).Hours())}, nil
		},
	}
	return r
}

func (r *digestRig) start() *digestRig {
	r.t.Helper()
	d, err := NewDigests([]Digest{r.digest}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.now, r.stop = d, run(r.t, d)
	return r
}

func run(t *testing.T, d *Digests) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// at sleeps until so many hours after the beginning.
func (r *digestRig) at(hours float64) *digestRig {
	time.Sleep(time.Until(r.begin.Add(time.Duration(hours * float64(time.Hour)))))
	synctest.Wait()
	return r
}

func (r *digestRig) wants(want ...string) *digestRig {
	r.t.Helper()
	r.reader.mu.Lock()
	defer r.reader.mu.Unlock()
	if !slices.Equal(r.reader.got, want) {
		r.t.Errorf("told of %q, want %q\n%s", r.reader.got, want, r.log)
	}
	return r
}

func TestDigestsAreSentWhenTheyAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDigestRig(t).at(0.5).start().at(0.99).wants()
		r.at(1.01).wants("0-1").at(2.99).wants("0-1", "1-2")
		if got := r.now.Stats()[0]; got.Name != "team" || got.Sent != 2 {
			t.Errorf("counted %+v", got)
		}
		r.stop()
	})
}

// One that was sent does not come again after a restart; of several that a process
// missed the newest is sent, about the time of all of them; and the first start
// sends none.
func TestDigestsOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDigestRig(t).at(5.5).start().wants()
		r.stop()
		r.start().at(6.5).wants("5-6").stop()
		r.start().at(6.9).wants("5-6").stop()
		r.at(10.5).start().at(10.6).wants("5-6", "6-10").stop()
		r.start().at(11.5).wants("5-6", "6-10", "10-11").stop()
		r.digest.For = 2 * time.Hour
		r.at(14.5).start().at(14.6).wants("5-6", "6-10", "10-11", "10-14").stop()
	})
}

// A time that is changed misses nothing that would have been before.
func TestDigestAtAnotherTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDigestRig(t).start().at(1.5).wants("0-1")
		r.stop()
		r.digest.Cron, r.digest.Next = "daily", daily
		r.at(30).start().at(30.5).wants("0-1").at(49).wants("0-1", "24-48").stop()
	})
}

// A receiver that is down is tried ever more slowly, and told of the newest once.
func TestDigestToADeadReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDigestRig(t)
		down := func() error { return &Error{Kind: Passing, Reason: "connection", Err: errors.New("nobody listens")} }
		r.reader.set(down)
		r.start().at(1.5)
		tried := r.reader.tried()
		if n := len(tried); n < 30 || n > 100 {
			t.Errorf("tried %d times in half an hour", n)
		}
		if gap := tried[1].Sub(tried[0]); gap > time.Second {
			t.Errorf("the second attempt is after %v", gap)
		}
		if got := r.now.Stats()[0]; got.Failures["connection"] != uint64(len(tried)) || !strings.Contains(got.Problem, "nobody listens") {
			t.Errorf("counted %+v", got)
		}
		r.stop() // a restart in the middle
		r.start().at(3.5).reader.set(nil)
		r.at(3.6).wants("0-3").at(4.1).wants("0-3", "3-4")
		if got := r.now.Stats()[0]; got.Problem != "" {
			t.Errorf("it is still said: %q", got.Problem)
		}
		if n := strings.Count(r.log.String(), "was not delivered"); n != 2 { // one a process
			t.Errorf("said %d times:\n%s", n, r.log)
		}
		r.stop()
	})
}

func TestDigestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		err           *Error
		least, most   time.Duration // between the attempts
		level, reason string
	}{
		"asks for time": {&Error{Reason: "rate_limit", After: 7 * time.Minute}, 7 * time.Minute, 7 * time.Minute, "WARN", "rate_limit"},
		"revoked":       {&Error{Kind: Permanent, Reason: "auth"}, retrySlow / 2, retrySlow, "ERROR", "auth"},
		"refused":       {&Error{Kind: Rejected, Reason: "rejected"}, retrySlow / 2, retrySlow, "ERROR", "rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newDigestRig(t)
				tc.err.Err = errors.New("no")
				r.reader.set(func() error { return tc.err })
				r.start().at(1.5)
				tried := r.reader.tried()
				for i := range tried[1:] {
					if gap := tried[i+1].Sub(tried[i]); gap < tc.least || gap > tc.most {
						t.Errorf("attempt %d is %v after the one before", i+1, gap)
					}
				}
				if n := strings.Count(r.log.String(), "level="+tc.level); n != 1 || len(tried) < 4 {
					t.Errorf("%d attempts, said %d times:\n%s", len(tried), n, r.log)
				}
				r.stop()
			})
		})
	}
}

// One digest whose receiver never answers holds up no other.
func TestDigestsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, alive := newDigestRig(t), newDigestRig(t)
		dead.digest.To = deaf{}
		alive.digest.Name, alive.digest.Receiver = "e", "others"
		d, err := NewDigests([]Digest{dead.digest, alive.digest}, []snapshot.Receiver{{Name: "others", Sent: 7}})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, d)
		alive.at(1.001).wants("0-1").at(2.001).wants("0-1", "1-2")
		if got := d.Stats(); got[0].Failures["timeout"] == 0 || got[1].Sent != 9 {
			t.Errorf("counted %+v", got)
		}
		stop()
	})
}

// deaf never answers.
type deaf struct{}

func (deaf) NotifyDigest(ctx context.Context, _ summary.Digest) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// What is on its way when the process ends arrives, and does not come again.
func TestDigestThatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDigestRig(t)
		r.reader.set(func() error { time.Sleep(2 * time.Second); return nil })
		r.start().at(1)
		r.stop()
		r.wants("0-1").start().at(1.5).wants("0-1").stop()
	})
}

func TestDigestWhoseStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDigestRig(t).start().at(0.5)
		r.shelf.failing(errors.New("the disk is full"))
		r.at(1.5).wants("0-1") // it does not come again in this process
		if !strings.Contains(r.log.String(), "it may come again after a restart") {
			t.Errorf("the log is %s", r.log)
		}
		r.stop()
		r.shelf.failing(nil)
		r.start().at(1.6).wants("0-1", "0-1").stop()
		broken := r.digest.Make
		r.digest.Make = func(time.Time, time.Time) (summary.Digest, error) { return summary.Digest{}, errors.New("cannot read") }
		r.start().at(2.5)
		if got := r.now.Stats()[0]; got.Failures["store"] == 0 {
			t.Errorf("counted %+v", got)
		}
		r.stop()
		r.digest.Make = broken
		r.shelf.b = []byte("{")
		if _, err := NewDigests([]Digest{r.digest}, nil); err == nil || !strings.Contains(err.Error(), `digest "d"`) {
			t.Errorf("what is known of it is damaged: %v", err)
		}
	})
}

func TestLengthOfADigest(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		next func(time.Time) time.Time
		due  time.Time
		want time.Duration
	}{
		"hourly":                {hourly, monday, time.Hour},
		"daily":                 {daily, monday, 24 * time.Hour},
		"workdays, on a Monday": {workdays, monday, 72 * time.Hour},
		"workdays, on a Friday": {workdays, monday.Add(-72 * time.Hour), 24 * time.Hour},
		"once": {func(t time.Time) time.Time {
			if t.Before(monday) {
				return monday
			}
			return time.Time{}
		}, monday, 7 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			d := Digest{Next: tc.next}
			if got := d.Length(tc.due); got != tc.want {
				t.Errorf("it is about %v, want %v", got, tc.want)
			}
			if d.For = time.Minute; d.Length(tc.due) != time.Minute {
				t.Error("it is not about the time that it was said to be")
			}
		})
	}
}

func TestAddStats(t *testing.T) {
	here := []snapshot.Receiver{{Name: "a", Sent: 1, Failures: map[string]uint64{"timeout": 1}, Dropped: 4}}
	got := AddStats(here, []snapshot.Receiver{{Name: "a", Sent: 2, Failures: map[string]uint64{"timeout": 2, "auth": 1}, Problem: "x"}, {Name: "b", Sent: 3}})
	a, b := got[0], got[1]
	if a.Sent != 3 || a.Failures["timeout"] != 3 || a.Failures["auth"] != 1 || a.Problem != "x" || a.Dropped != 4 || b.Sent != 3 || len(got) != 2 {
		t.Errorf("got %+v", got)
	}
	if here[0].Failures["timeout"] != 1 {
		t.Errorf("what was counted here is now %+v", here)
	}
}
