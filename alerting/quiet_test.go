package alerting

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/mute"
	"driftwatch/internal/yamlx"
	"driftwatch/rules"
)

// world is what fires, as the engine knows it beside the outbox.
type world struct {
	*rig
	alerts map[string]rules.Alert
}

func newWorld() *world {
	w := &world{newRig(nil), map[string]rules.Alert{}}
	w.rig.alerts = func() (list []rules.Alert) {
		w.outbox.mu.Lock()
		defer w.outbox.mu.Unlock()
		for _, a := range w.alerts {
			list = append(list, a)
		}
		slices.SortFunc(list, func(a, b rules.Alert) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
		return list
	}
	return w
}

// happens changes alerts by one window.
func (w *world) happens(alerts ...rules.Alert) {
	w.outbox.mu.Lock()
	var events []rules.Alert
	for _, a := range alerts {
		old, known := w.alerts[a.Fingerprint]
		w.alerts[a.Fingerprint] = a
		if a.State == rules.Resolved {
			delete(w.alerts, a.Fingerprint)
		}
		if a.State == rules.Resolved || !known || *old.Fired != *a.Fired {
			events = append(events, a)
		}
	}
	w.outbox.mu.Unlock()
	if len(events) > 0 {
		w.outbox.add(events...)
	}
}

// goesOn is an alert that fired in window n and still fires in window now.
func goesOn(monitor, field string, n, now int) rules.Alert {
	a := fire(monitor, field, n)
	a.WindowStart, a.WindowEnd = at(now-1), at(now)
	return a
}

func minute(t *testing.T) {
	t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
}

// TestFlapping: an alert that comes and goes each window sends two messages, also
// over restarts, and is told again when it stays.
func TestFlapping(t *testing.T) {
	for _, every := range []int{1, 2} { // windows that it fires, and does not
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.route.FlapWindows = DefaultFlapWindows
				w.start(t)
				fired := 0
				for n := 1; n <= 60; n++ {
					switch {
					case (n-1)/every%2 == 0 && fired == 0:
						fired = n
						w.happens(fire("churn", "a", n))
					case (n-1)/every%2 == 0:
						w.happens(goesOn("churn", "a", fired, n))
					case fired > 0:
						w.happens(resolve("churn", "a", fired, n))
						fired = 0
					}
					minute(t)
					if n == 30 {
						w.stop()
						w.start(t)
					}
				}
				if n := len(w.receiver.told()); n > 2*every {
					t.Errorf("%d messages: %q", n, w.receiver.told())
				}
				if n := w.outbox.pending("team"); n != 0 {
					t.Errorf("%d events wait", n)
				}
				// It stays, and people are told in time.
				before := len(w.receiver.told())
				w.happens(fire("churn", "a", 61))
				minute(t)
				if why := w.d.Stats()[0].Quiet["churn/a"]; !strings.Contains(why, "comes and goes") {
					t.Errorf("nobody knows why it is quiet: %q", why)
				}
				for n := 62; n <= 61+maxHold; n++ {
					w.happens(goesOn("churn", "a", 61, n))
					minute(t)
				}
				if told := w.receiver.told()[before:]; !slices.Equal(told, []string{"churn: a firing"}) {
					t.Errorf("after it stayed: %q", told)
				}
				w.happens(resolve("churn", "a", 61, 70))
				minute(t)
				if told := w.receiver.told()[before:]; len(told) != 2 {
					t.Errorf("after it ended: %q", told)
				}
				// Much later it is an alert like any other.
				w.happens(fire("churn", "a", 100))
				synctest.Wait()
				if told := w.receiver.told()[before:]; len(told) != 3 {
					t.Errorf("much later: %q", told)
				}
				w.stop()
			})
		})
	}
}

// TestFiresOfTheirOwn: a fire after some quiet windows is told at once, however short
// it is; one that keeps coming back in that rhythm is told less and less.
func TestFiresOfTheirOwn(t *testing.T) {
	for _, c := range []struct{ quiet, fires, told int }{
		{1, 2, 1}, {3, 2, 1}, // it comes and goes
		{4, 2, 2}, {9, 2, 2},
		{4, 20, 2}, {6, 20, 4}, {9, 20, 7}, // the quiet that it takes grows with each time
		{11, 20, 20}, // longer than flap_windows
	} {
		t.Run(fmt.Sprintf("%d fires with %d quiet windows between them", c.fires, c.quiet), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.route.FlapWindows = DefaultFlapWindows
				w.start(t)
				for n := range c.fires {
					at := 1 + n*(c.quiet+1)
					w.happens(fire("churn", "a", at))
					synctest.Wait()
					w.happens(resolve("churn", "a", at, at+1))
					synctest.Wait()
				}
				if n := len(w.receiver.told()); n != 2*c.told {
					t.Errorf("%d messages, want %d: %q", n, 2*c.told, w.receiver.told())
				}
				w.stop()
			})
		})
	}
}

// TestFlappingStreamStops: what is held back is told though no window comes.
func TestFlappingStreamStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.route.FlapWindows = DefaultFlapWindows
		w.start(t)
		w.happens(fire("churn", "a", 1))
		synctest.Wait()
		w.happens(resolve("churn", "a", 1, 2))
		synctest.Wait()
		w.happens(fire("churn", "a", 3))
		w.wants(t, "churn: a firing", "churn: a resolved")
		time.Sleep(5 * time.Minute)
		w.wants(t, "churn: a firing", "churn: a resolved", "churn: a firing")
		w.stop()
	})
}

func TestGroupInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.route.GroupInterval = 10 * time.Minute
		w.start(t)
		w.happens(fire("churn", "a", 1))
		w.wants(t, "churn: a firing")
		// What comes and goes within the interval is told as it is at its end.
		w.happens(resolve("churn", "a", 1, 2), fire("churn", "b", 2))
		w.happens(fire("churn", "a", 3), fire("churn", "c", 3))
		time.Sleep(9 * time.Minute)
		w.wants(t, "churn: a firing")
		w.stop()
		w.start(t) // a restart does not shorten it
		w.wants(t, "churn: a firing")
		time.Sleep(time.Minute)
		w.wants(t, "churn: a firing", "churn: b firing, c firing")
		w.stop()
	})
}

// TestFiftyFields: fields that drift in one window are one message.
func TestFiftyFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.start(t)
		var list []rules.Alert
		for i := range 50 {
			list = append(list, fire("churn", fmt.Sprint("f", i), 1))
		}
		w.happens(list...)
		synctest.Wait()
		if n := len(w.receiver.told()); n != 1 || len(w.receiver.last.Events) != 50 {
			t.Errorf("%d messages, the last of %d alerts", n, len(w.receiver.last.Events))
		}
		// A restart sends none.
		w.stop()
		w.start(t)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.receiver.told()); n != 1 {
			t.Errorf("%d messages after a restart", n)
		}
		w.stop()
	})
}

// memoryShelf keeps silences in memory.
type memoryShelf struct{ b []byte }

func (s *memoryShelf) Load() ([]byte, error) { return s.b, nil }
func (s *memoryShelf) Save(b []byte) error   { s.b = b; return nil }

func (w *world) silence(t *testing.T, matcher string, d time.Duration) Silence {
	t.Helper()
	s, err := w.silences.Add(Silence{Matchers: []string{matcher}, EndsAt: time.Now().Add(d), CreatedBy: "jane", Comment: "migration"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		shelf := &memoryShelf{}
		w.silences = newSilences(t, shelf)
		w.start(t)
		w.happens(fire("churn", "told", 1))
		synctest.Wait()
		w.silence(t, "monitor=churn", time.Hour)
		w.happens(fire("churn", "short", 2), fire("churn", "long", 2), fire("fraud", "a", 2))
		w.wants(t, "churn: told firing", "fraud: a firing")
		if why := w.d.Stats()[0].Quiet["churn/long"]; !strings.HasPrefix(why, "silenced by jane until 2000-01-01T01:00:00Z: migration") {
			t.Errorf("the reason is %q", why)
		}
		// The end of what was told is told; of what was silent it is not.
		w.happens(resolve("churn", "told", 1, 3), resolve("churn", "short", 2, 3))
		w.wants(t, "churn: told firing", "fraud: a firing", "churn: told resolved")
		w.stop()
		w.silences = newSilences(t, shelf) // a restart keeps it
		w.start(t)
		time.Sleep(time.Hour - 2*time.Minute)
		w.wants(t, "churn: told firing", "fraud: a firing", "churn: told resolved")
		time.Sleep(2 * time.Minute)
		w.wants(t, "churn: told firing", "fraud: a firing", "churn: told resolved", "churn: long firing")
		if n := len(w.d.Stats()[0].Quiet); n != 0 {
			t.Errorf("%d alerts are still quiet", n)
		}
		w.stop()
	})
}

func newSilences(t *testing.T, shelf Shelf) *Silences {
	t.Helper()
	s, err := NewSilences(shelf, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSilenceExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.silences = newSilences(t, &memoryShelf{})
		w.start(t)
		s := w.silence(t, "field=~.+", 24*time.Hour)
		w.happens(fire("churn", "a", 1))
		w.wants(t)
		if err := w.silences.Expire(s.ID); err != nil {
			t.Fatal(err)
		}
		w.wants(t, "churn: a firing") // at once
		if err := w.silences.Expire(s.ID); err == nil {
			t.Error("it expired twice")
		}
		w.stop()
	})
}

func TestSilenceErrors(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	s, err := NewSilences(&memoryShelf{}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	good := Silence{Matchers: []string{"monitor=churn"}, EndsAt: now.Add(time.Hour), CreatedBy: "jane", Comment: "why"}
	for says, spoil := range map[string]func(*Silence){
		"needs matchers":           func(s *Silence) { s.Matchers = nil },
		"is no matcher":            func(s *Silence) { s.Matchers = []string{"churn"} },
		"would match every alert":  func(s *Silence) { s.Matchers = []string{"monitor=~.*"} },
		"needs an end":             func(s *Silence) { s.EndsAt = time.Time{} },
		"would have ended already": func(s *Silence) { s.EndsAt = now },
		"end before it begins":     func(s *Silence) { s.StartsAt = now.Add(2 * time.Hour) },
		"who and why":              func(s *Silence) { s.Comment = " " },
		"have at most 1000 bytes":  func(s *Silence) { s.Comment = strings.Repeat("x", 1001) },
		"at most 20 matchers":      func(s *Silence) { s.Matchers = slices.Repeat(s.Matchers, 21) },
	} {
		bad := good
		spoil(&bad)
		if _, err := s.Add(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := s.Add(good); err != nil || len(s.All()) != 1 {
		t.Errorf("%v, %d silences", err, len(s.All()))
	}
}

// TestInhibited: what another alert explains waits while that one fires.
func TestInhibited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.inhibit = []Inhibit{{Source: matchers(t, "field=schema"), Target: matchers(t, "field!=schema"), Equal: []string{"monitor"}}}
		w.start(t)
		w.happens(fire("churn", "schema", 1), fire("churn", "a", 1), fire("churn", "b", 1), fire("fraud", "a", 1))
		w.wants(t, "churn: schema firing", "fraud: a firing")
		if why := w.d.Stats()[0].Quiet["churn/a"]; why != "inhibited by Drift of churn" {
			t.Errorf("the reason is %q", why)
		}
		w.happens(resolve("churn", "b", 1, 2))
		w.wants(t, "churn: schema firing", "fraud: a firing")
		w.happens(resolve("churn", "schema", 1, 3))
		w.wants(t, "churn: schema firing", "fraud: a firing", "churn: a firing", "churn: schema resolved")
		w.stop()
	})
}

// TestMuted: at night nobody is told, and in the morning of what still fires.
func TestMuted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		rep := &yamlx.Reporter{}
		c, _ := yamlx.Parse("m.yaml", []byte(`{cron: "0 22 * * *", for: 8h}`), rep)
		w.route.Mute = []MuteTime{{Name: "nights", Times: mute.Read(c)}}
		w.start(t) // at midnight
		w.happens(fire("churn", "a", 1), fire("churn", "b", 1))
		minute(t)
		if why := w.d.Stats()[0].Quiet["churn/a"]; why != "muted by nights" {
			t.Errorf("the reason is %q", why)
		}
		w.happens(resolve("churn", "b", 1, 2))
		time.Sleep(6*time.Hour - 2*time.Minute)
		w.wants(t)
		time.Sleep(2 * time.Minute)
		w.wants(t, "churn: a firing")
		time.Sleep(16 * time.Hour)
		w.happens(resolve("churn", "a", 1, 1300))
		w.wants(t, "churn: a firing")
		time.Sleep(8 * time.Hour)
		w.wants(t, "churn: a firing", "churn: a resolved")
		w.stop()
	})
}

// TestCooldown: a pipeline that was started is left alone for a while, whichever
// field drifts next and whoever restarts the daemon.
func TestCooldown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.settings = Settings{Cooldown: 6 * time.Hour, FireOnly: true}
		w.start(t)
		w.happens(fire("churn", "a", 1), fire("churn", "b", 1))
		w.wants(t, "churn: a firing, b firing")
		w.happens(resolve("churn", "a", 1, 2))
		w.happens(fire("churn", "c", 3), fire("fraud", "a", 3))
		w.wants(t, "churn: a firing, b firing", "fraud: a firing")
		w.stop()
		w.start(t)
		time.Sleep(5 * time.Hour)
		w.happens(fire("churn", "d", 300))
		w.wants(t, "churn: a firing, b firing", "fraud: a firing")
		time.Sleep(time.Hour)
		w.happens(fire("churn", "e", 360))
		w.wants(t, "churn: a firing, b firing", "fraud: a firing", "churn: e firing")
		if n := w.outbox.pending("team"); n != 0 {
			t.Errorf("%d events wait", n)
		}
		w.stop()
	})
}

// TestCooldownAndEnds: the end of what was left out is left out too.
func TestCooldownAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.settings = Settings{Cooldown: 6 * time.Hour}
		w.start(t)
		w.happens(fire("churn", "a", 1))
		synctest.Wait()
		w.happens(fire("churn", "b", 2))
		synctest.Wait()
		w.happens(resolve("churn", "b", 2, 3), resolve("churn", "a", 1, 3))
		w.wants(t, "churn: a firing", "churn: a resolved")
		w.stop()
	})
}

// refreshed is a receiver that forgets alerts.
type refreshed struct{ *receiver }

func (refreshed) Refresh() time.Duration { return time.Minute }

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.route.Repeat = 4 * time.Hour
		w.as = refreshed{w.receiver}
		w.start(t)
		w.happens(fire("churn", "a", 0))
		synctest.Wait()
		time.Sleep(3*time.Minute + time.Second)
		w.wants(t, "churn: a firing", "churn: a firing (again)", "churn: a firing (again)", "churn: a firing (again)")
		w.happens(resolve("churn", "a", 0, 4))
		time.Sleep(time.Hour)
		synctest.Wait()
		if told := w.receiver.told(); len(told) != 5 || told[4] != "churn: a resolved" {
			t.Errorf("told %q", told)
		}
		w.stop()
	})
}

// TestLimit: of too many events those of alerts that are over go first.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.limit = 4
		w.receiver.answers(down)
		w.start(t)
		w.happens(fire("churn", "old", 1))
		w.happens(fire("churn", "over", 2))
		w.happens(resolve("churn", "over", 2, 3))
		w.happens(fire("churn", "a", 4))
		synctest.Wait()
		w.happens(fire("churn", "b", 5))
		synctest.Wait()
		if n := w.outbox.pending("team"); n != 3 {
			t.Errorf("%d events wait: old, a and b should", n)
		}
		w.happens(fire("churn", "c", 6), fire("churn", "d", 6))
		w.happens(fire("churn", "e", 7))
		synctest.Wait()
		w.receiver.answers(nil)
		time.Sleep(retryMax)
		w.wants(t, "churn: b firing", "churn: c firing, d firing", "churn: e firing")
		if s := w.d.Stats()[0]; s.Dropped != 4 {
			t.Errorf("stats %+v", s)
		}
		if n := strings.Count(w.log.String(), "more events wait than may"); n != 1 {
			t.Errorf("said %d times", n)
		}
		w.stop()
	})
}
