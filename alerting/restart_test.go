package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"driftwatch/rules"
)

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		r.wants(t, "churn: a firing")
		r.stop()
		r.outbox.add(fire("churn", "b", 2))
		r.outbox.add(resolve("churn", "a", 1, 3))
		r.start(t)
		r.wants(t, "churn: a firing", "churn: b firing", "churn: a resolved")
		r.stop()
	})
}

// TestStopWhileSending lets a message arrive and be acknowledged, so that it is
// not sent again after the restart.
func TestStopWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(Message) error { time.Sleep(2 * time.Second); return nil })
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		time.Sleep(time.Second)
		r.stop()
		r.start(t)
		r.wants(t, "churn: a firing")
		r.stop()
	})
}

// patient waits for its context to end.
type patient struct{ waited chan time.Duration }

func (p patient) Notify(ctx context.Context, _ Message) (string, error) {
	begin := time.Now()
	<-ctx.Done()
	p.waited <- time.Since(begin)
	return "", ctx.Err()
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		p := patient{make(chan time.Duration, 1)}
		r.as = p
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		synctest.Wait()
		r.stop()
		if waited := <-p.waited; waited != drainTimeout {
			t.Errorf("waited %v", waited)
		}
		if s := r.d.Stats()[0]; len(s.Failures) != 0 {
			t.Errorf("a stop counts as a failure: %+v", s)
		}
	})
}

// A reload makes a new Dispatcher; what is counted of the process goes on.
func TestCountsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := true
		r := newRig(func(m Message) error {
			if failing {
				failing = false
				return down(m)
			}
			return nil
		})
		for n := uint64(1); n <= 2; n++ {
			r.start(t)
			r.outbox.add(fire("churn", fmt.Sprint(n), 1))
			time.Sleep(time.Minute)
			synctest.Wait()
			if s := r.d.Stats()[0]; s.Sent != n || s.Failures["connection"] != 1 {
				t.Errorf("after dispatcher %d: %+v", n, s)
			}
			r.stop()
			r.counted = r.d.Stats()
		}
	})
}

// TestAckFails delivers but cannot write that down: nothing may be sent twice.
func TestAckFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.outbox.failAcks(errors.New("no space left on device"))
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		time.Sleep(10 * time.Minute)
		r.wants(t, "churn: a firing")
		r.outbox.add(resolve("churn", "a", 1, 2))
		synctest.Wait()
		r.outbox.failAcks(nil)
		time.Sleep(retryMax)
		r.wants(t, "churn: a firing", "churn: a resolved")
		if n := r.outbox.pending("team"); n != 0 {
			t.Errorf("%d events are still pending", n)
		}
		r.stop()
	})
}

// TestDuplicate suppresses an event that says what the receiver knows, and not
// one that says that the alert fired anew.
func TestDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		r.wants(t, "churn: a firing")
		r.outbox.add(fire("churn", "a", 1))
		r.wants(t, "churn: a firing")
		if s := r.d.Stats()[0]; s.Suppressed != 1 || r.outbox.pending("team") != 0 {
			t.Errorf("%d pending, stats %+v", r.outbox.pending("team"), s)
		}
		r.outbox.add(fire("churn", "a", 5))
		r.wants(t, "churn: a firing", "churn: a firing")
		r.stop()
	})
}

func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.route.Repeat = 4 * time.Hour
		alerts := []rules.Alert{fire("churn", "a", 0)}
		r.alerts = func() []rules.Alert { return alerts }
		r.outbox.add(alerts[0])
		r.start(t)
		r.wants(t, "churn: a firing")
		time.Sleep(4*time.Hour - time.Second)
		r.wants(t, "churn: a firing")
		time.Sleep(time.Second)
		r.wants(t, "churn: a firing", "churn: a firing (again)")
		// A restart changes nothing about the rhythm.
		time.Sleep(time.Hour)
		r.stop()
		r.start(t)
		time.Sleep(3*time.Hour - time.Second)
		r.wants(t, "churn: a firing", "churn: a firing (again)")
		time.Sleep(time.Second)
		r.wants(t, "churn: a firing", "churn: a firing (again)", "churn: a firing (again)")
		synctest.Wait()
		alerts = nil
		r.outbox.add(resolve("churn", "a", 0, 600))
		time.Sleep(24 * time.Hour)
		r.wants(t, "churn: a firing", "churn: a firing (again)", "churn: a firing (again)", "churn: a resolved")
		r.stop()
	})
}

func TestRepeatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.route.Repeat = time.Hour
		r.alerts = func() []rules.Alert { return []rules.Alert{fire("churn", "a", 0)} }
		r.outbox.add(fire("churn", "a", 0))
		r.start(t)
		r.wants(t, "churn: a firing")
		r.receiver.answers(down)
		time.Sleep(time.Hour + time.Minute)
		r.receiver.answers(nil)
		time.Sleep(retryMax)
		r.wants(t, "churn: a firing", "churn: a firing (again)")
		r.stop()
	})
}

// TestNothingLost drives a dispatcher through random failures, stops and
// alerts and checks the promises: at the end each alert's last state was told,
// each alert's messages alternate and go forward in time, and all is
// acknowledged.
func TestNothingLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seedSteps := rapid.SliceOfN(rapid.IntRange(0, 9), 5, 40).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) { drive(t, seedSteps) })
	})
}

func drive(t *testing.T, steps []int) {
	r := newRig(nil)
	var events []rules.Event
	r.receiver.answers(func(m Message) error { events = append(events, m.Events...); return nil })
	sink := r.receiver.answer
	r.start(t)
	fired := map[string]int{} // the window in which a field fired
	for n, step := range steps {
		field := fmt.Sprint("f", step%3)
		switch {
		case step < 6 && fired[field] == 0:
			fired[field] = n + 1
			r.outbox.add(fire("churn", field, n+1))
		case step < 6:
			r.outbox.add(resolve("churn", field, fired[field], n+1))
			fired[field] = 0
		case step == 6:
			r.receiver.answers(down)
		case step == 7:
			r.receiver.answers(sink)
		case step == 8:
			r.stop()
			r.start(t)
		default:
			time.Sleep(30 * time.Second)
		}
		synctest.Wait()
	}
	r.receiver.answers(sink)
	time.Sleep(retryMax)
	synctest.Wait()
	r.stop()
	if n := r.outbox.pending("team"); n != 0 {
		t.Fatalf("%d events were never acknowledged", n)
	}
	for _, field := range []string{"f0", "f1", "f2"} {
		checkOrder(t, field, r.outbox.events, events)
	}
}

// checkOrder compares what was told of a field with what happened.
func checkOrder(t *testing.T, field string, happened, said []rules.Event) {
	t.Helper()
	of := func(events []rules.Event) []rules.Event {
		return slices.DeleteFunc(slices.Clone(events), func(e rules.Event) bool { return e.Alert.Field != field })
	}
	happened, said = of(happened), of(said)
	if len(happened) == 0 {
		return
	}
	if len(said) == 0 || said[len(said)-1].ID != happened[len(happened)-1].ID {
		t.Fatalf("%s: the last of %v is not the last of %v", field, happened, said)
	}
	for i, e := range said {
		if i > 0 && e.ID <= said[i-1].ID {
			t.Fatalf("%s: event %d was told after %d", field, e.ID, said[i-1].ID)
		}
		if e.Alert.State == rules.Resolved && (i == 0 || said[i-1].Alert.State != rules.Firing || *said[i-1].Alert.Fired != *e.Alert.Fired) {
			t.Fatalf("%s: event %d ends what was never told", field, e.ID)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	r := &Route{GroupBy: DefaultGroupBy()}
	var events []rules.Event
	for i := range batch {
		a := fire(fmt.Sprint("m", i%50), fmt.Sprint("f", i%200), i/100)
		events = append(events, rules.Event{ID: uint64(i), Alert: a})
	}
	b.ReportAllocs()
	for b.Loop() {
		keep, _ := compact(events)
		plan(keep, func(*rules.Alert) *Route { return r }, false)
	}
}
