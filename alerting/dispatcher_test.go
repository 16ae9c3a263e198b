package alerting

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/rules"
)

var errDown = errors.New("connection refused")

func down(Message) error { return &Error{Reason: "connection", Err: errDown} }

func TestOneWindowIsOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.start(t)
		r.outbox.add(fire("churn", "a", 1), fire("churn", "b", 1), fire("fraud", "a", 1))
		r.wants(t, "churn: a firing, b firing", "fraud: a firing")
		one := fire("fraud", "a", 1)
		if want := "http://drift.example" + one.Path(); r.receiver.last.URL != want {
			t.Errorf("link %q, want %q", r.receiver.last.URL, want)
		}
		r.outbox.add(resolve("churn", "a", 1, 2))
		r.wants(t, "churn: a firing, b firing", "fraud: a firing", "churn: a resolved")
		r.outbox.add(fire("churn", "c", 3), fire("churn", "d", 3))
		r.wants(t, "churn: a firing, b firing", "fraud: a firing", "churn: a resolved", "churn: c firing, d firing")
		if want := "http://drift.example/monitors/churn"; r.receiver.last.URL != want {
			t.Errorf("link of two alerts %q, want %q", r.receiver.last.URL, want)
		}
		if n := r.outbox.pending("team"); n != 0 {
			t.Errorf("%d events are still pending", n)
		}
		if s := r.d.Stats()[0]; s.Name != "team" || s.Sent != 4 {
			t.Errorf("stats %+v", s)
		}
		r.stop()
	})
}

func TestGroupBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.route.GroupBy = []string{"alert", "severity"}
		r.start(t)
		r.outbox.add(fire("churn", "a", 1), fire("fraud", "b", 1))
		r.wants(t, "Drift/warning: a firing, b firing")
		if want := "http://drift.example/"; r.receiver.last.URL != want {
			t.Errorf("link of two monitors %q, want %q", r.receiver.last.URL, want)
		}
		r.stop()
	})
}

// TestGroupAll: without labels everything that comes together is one message.
func TestGroupAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.route.GroupBy = []string{}
		r.start(t)
		r.outbox.add(fire("churn", "a", 1), fire("fraud", "b", 1))
		r.wants(t, ": a firing, b firing")
		r.stop()
	})
}

func TestGroupWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.route.GroupWait = time.Minute
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		time.Sleep(50 * time.Second)
		r.outbox.add(fire("churn", "b", 2), fire("fraud", "a", 2))
		time.Sleep(9 * time.Second)
		r.wants(t)
		time.Sleep(2 * time.Second)
		r.wants(t, "churn: a firing, b firing")
		time.Sleep(time.Minute)
		r.wants(t, "churn: a firing, b firing", "fraud: a firing")
		r.stop()
	})
}

// TestDownReceiver lets alerts come and go while nobody can be told.
func TestDownReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(down)
		r.start(t)
		r.outbox.add(fire("churn", "a", 1), fire("churn", "b", 1))
		time.Sleep(10 * time.Minute)
		r.outbox.add(resolve("churn", "a", 1, 11))
		r.outbox.add(fire("churn", "a", 12))
		r.outbox.add(resolve("churn", "a", 12, 13))
		r.outbox.add(fire("churn", "c", 14))
		synctest.Wait()
		if n := r.outbox.pending("team"); n != 4 {
			t.Errorf("%d events pending; the outbox has to keep a's last fire and end, b and c", n)
		}
		r.receiver.answers(nil)
		time.Sleep(retryMax)
		r.wants(t, "churn: b firing", "churn: a firing (2 overtaken)", "churn: a resolved", "churn: c firing")
		s := r.d.Stats()[0]
		if s.Superseded != 2 || s.Sent != 4 || s.Failures["connection"] < 10 || s.Problem != "" {
			t.Errorf("stats %+v", s)
		}
		if n := strings.Count(r.log.String(), "was not delivered"); n != 1 {
			t.Errorf("said %d times that a notification was not delivered:\n%s", n, r.log)
		}
		if !strings.Contains(r.log.String(), "delivered again") {
			t.Errorf("did not say that it is over:\n%s", r.log)
		}
		r.stop()
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(down)
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		time.Sleep(time.Hour)
		tried := r.receiver.attempts()
		if len(tried) < 60 || len(tried) > 140 {
			t.Errorf("%d attempts in an hour", len(tried))
		}
		if first := tried[1] - tried[0]; first > retryFirst || first < retryFirst/2 {
			t.Errorf("the first wait is %v", first)
		}
		for i := 10; i < len(tried); i++ {
			if wait := tried[i] - tried[i-1]; wait > retryMax || wait < retryMax/2 {
				t.Errorf("wait %d is %v", i, wait)
			}
		}
		// New events do not shorten the wait.
		before := len(r.receiver.attempts())
		for n := range 5 {
			r.outbox.add(fire("churn", "b", n+2))
			synctest.Wait()
		}
		if n := len(r.receiver.attempts()) - before; n > 1 {
			t.Errorf("five events made %d attempts", n)
		}
		r.stop()
	})
}

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		name        string
		after       time.Duration
		least, most time.Duration
	}{
		{"honoured", 10 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		{"not for ever", 1000 * time.Hour, retryAfter, retryAfter},
		{"not shorter than the back-off", time.Nanosecond, retryFirst / 2, retryFirst},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(func(Message) error { return &Error{Reason: "rate_limit", After: tc.after, Err: errDown} })
				r.start(t)
				r.outbox.add(fire("churn", "a", 1))
				synctest.Wait()
				r.receiver.answers(nil)
				time.Sleep(tc.most + time.Second)
				r.wants(t, "churn: a firing")
				tried := r.receiver.attempts()
				if wait := tried[1] - tried[0]; wait < tc.least || wait > tc.most {
					t.Errorf("waited %v", wait)
				}
				r.stop()
			})
		})
	}
}

func TestPermanentFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(Message) error { return &Error{Kind: Permanent, Reason: "auth", Err: errors.New("no_service")} })
		r.start(t)
		r.outbox.add(fire("churn", "a", 1))
		time.Sleep(time.Hour)
		if n := len(r.receiver.attempts()); n < 10 || n > 26 {
			t.Errorf("%d attempts in an hour", n)
		}
		s := r.d.Stats()[0]
		if s.Failures["auth"] != uint64(len(r.receiver.attempts())) || !strings.Contains(s.Problem, "no_service") {
			t.Errorf("stats %+v", s)
		}
		if n := strings.Count(r.log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%d errors in the log:\n%s", n, r.log)
		}
		r.receiver.answers(nil)
		time.Sleep(retrySlow)
		r.wants(t, "churn: a firing")
		r.stop()
	})
}

// TestRejectedMessage keeps a message that is refused from blocking others.
func TestRejectedMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(m Message) error {
			if m.Events[0].Alert.Monitor == "bad" {
				return &Error{Kind: Rejected, Reason: "rejected", Err: errors.New("invalid_blocks")}
			}
			return nil
		})
		r.start(t)
		r.outbox.add(fire("bad", "a", 1), fire("churn", "a", 1))
		r.outbox.add(resolve("bad", "a", 1, 2))
		r.outbox.add(fire("churn", "b", 2))
		r.wants(t, "churn: a firing", "churn: b firing")
		r.receiver.answers(nil)
		time.Sleep(retrySlow)
		r.wants(t, "churn: a firing", "churn: b firing", "bad: a firing", "bad: a resolved")
		r.stop()
	})
}

func TestDownReceiverBlocksNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, dead, alive := newOutbox(), newReceiver(nil), newReceiver(nil)
		hang := make(chan struct{})
		dead.answers(func(Message) error { <-hang; return errDown })
		d, err := New(Options{
			Outbox: box, Receivers: map[string]Receiver{"dead": dead, "alive": alive},
			Route:  &Route{Receiver: "dead", Routes: []*Route{{Receiver: "dead", Continue: true}, {Receiver: "alive"}}},
			Alerts: func() []rules.Alert { return nil }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		box.add(fire("churn", "a", 1))
		box.add(resolve("churn", "a", 1, 2))
		synctest.Wait()
		if got := strings.Join(alive.told(), "; "); got != "churn: a firing; churn: a resolved" {
			t.Errorf("the other receiver was told %q", got)
		}
		if n := box.pending("dead"); n != 2 {
			t.Errorf("%d events wait for the dead receiver", n)
		}
		close(hang)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestNewErrors(t *testing.T) {
	good := func() Options {
		return Options{
			Outbox: newOutbox(), Receivers: map[string]Receiver{"team": newReceiver(nil)}, Route: &Route{Receiver: "team"},
			Alerts: func() []rules.Alert { return nil }, Logger: slog.New(slog.DiscardHandler),
		}
	}
	for _, tc := range []struct {
		name  string
		spoil func(*Options)
		says  string
	}{
		{"no outbox", func(o *Options) { o.Outbox = nil }, "needs an outbox"},
		{"no such receiver", func(o *Options) { o.Route.Receiver = "x" }, `there is no receiver of that name`},
		{"no such receiver below", func(o *Options) { o.Route.Routes = []*Route{{Receiver: "x"}} }, `route to "x": there is no receiver`},
		{"negative", func(o *Options) { o.Route.Repeat = -1 }, "cannot be negative"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := good()
			tc.spoil(&o)
			if _, err := New(o); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := New(good()); err != nil {
		t.Error(err)
	}
}
