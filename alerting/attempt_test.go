package alerting

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/rules"
)

// Whoever times deliveries hears of each attempt, also of one that failed.
func TestAttemptsAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(Message) error {
			time.Sleep(3 * time.Second)
			return &Error{Reason: "timeout", Err: errDown}
		})
		var got []string
		r.tried = func(receiver string, first *rules.Alert, took time.Duration) {
			got = append(got, fmt.Sprint(receiver, " ", first.Monitor, " ", first.Name, " ", took))
		}
		r.start(t)
		a := fire("churn", "a", 1)
		r.outbox.add(a)
		time.Sleep(3500 * time.Millisecond)
		r.receiver.answers(func(Message) error { time.Sleep(time.Second); return nil })
		time.Sleep(time.Minute)
		r.stop()
		if want := []string{"team churn " + a.Name + " 3s", "team churn " + a.Name + " 1s"}; !slices.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
}

// Of the newest failure for each reason it is known what was to be told, by the next
// dispatcher too.
func TestNewestFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(Message) error { return &Error{Reason: "timeout", Err: errDown} })
		a := fire("churn", "a", 1)
		for range 2 {
			r.start(t)
			r.outbox.add(a)
			synctest.Wait()
			f := r.d.Stats()[0].Newest["timeout"]
			if f.Monitor != "churn" || f.Alert != a.Name || f.At.IsZero() {
				t.Errorf("the newest failure is %+v", f)
			}
			r.stop()
			r.counted, r.outbox = r.d.Stats(), newOutbox()
			r.receiver.answers(nil)
		}
	})
}
