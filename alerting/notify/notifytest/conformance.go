// Package notifytest holds what every receiver has to do, as a test that the
// packages of receivers run: it drives them by a Dispatcher against a server
// that fails in all the ways that servers do.
package notifytest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
)

// Canary is in every secret of the receivers under test. It must appear in no
// error, log or status.
const Canary = "CANARY-cafe0123456789"

// Mode is how a server answers.
type Mode int

// The ways to answer.
const (
	OK       Mode = iota
	Refused       // nobody listens
	Busy          // 429, with RetryAfter
	Broken        // 500
	Silent        // no answer at all
	SlowBody      // it accepts, and the end of its answer never comes
	Cut           // it accepts, and the connection breaks before it says so
	Never         // 400: this message will never be accepted
)

// RetryAfter is what a busy server asks for.
const RetryAfter = 2 * time.Second

// Timeout is what receivers under test should be given for one request.
const Timeout = 400 * time.Millisecond

// Peer is the server of a receiver.
type Peer interface {
	// Set changes how it answers.
	Set(m Mode)
	// Accepted returns what it accepted, in order: "amount firing".
	Accepted() []string
	// Tried returns when it was asked.
	Tried() []time.Time
}

// Caller is a Peer whose protocol has several calls.
type Caller interface {
	// Busy makes it refuse the next request of a call, as a busy server does.
	Busy(call string)
	// Asked returns when a call was asked for.
	Asked(call string) []time.Time
}

// Subject is a receiver under test.
type Subject struct {
	// Start returns a server and how to make receivers that know it.
	Start func(t *testing.T) (Peer, func() alerting.Receiver)
	// AnswersCount says that the status is enough, so that a slow body does no harm.
	AnswersCount bool
	// NoRetryAfter is of protocols in which a server cannot ask for time.
	NoRetryAfter bool
	// Calls are those of the protocol, each of which may be refused, where there are
	// several. The Peer is a Caller then.
	Calls []string
}

// Run tests a receiver.
func Run(t *testing.T, s Subject) {
	tests := map[string]func(*testing.T, *rig){
		"accepted": func(t *testing.T, r *rig) {
			r.start(t)
			r.outbox.add(firing("amount", 1))
			r.outbox.add(resolved("amount", 1, 2))
			r.accepts(t, "amount firing", "amount resolved")
		},
		"refused":  func(t *testing.T, r *rig) { r.recovers(t, Refused, "connection") },
		"broken":   func(t *testing.T, r *rig) { r.recovers(t, Broken, "server") },
		"silent":   func(t *testing.T, r *rig) { r.recovers(t, Silent, "timeout") },
		"busy":     func(t *testing.T, r *rig) { busy(t, r, !s.NoRetryAfter) },
		"slow":     func(t *testing.T, r *rig) { slowBody(t, r, s.AnswersCount) },
		"restart":  restart,
		"lost":     lostFire,
		"unheard":  unheardFire,
		"never":    never,
		"in order": inOrder,
	}
	for _, call := range s.Calls {
		tests["busy "+call] = func(t *testing.T, r *rig) { busyCall(t, r, call) }
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer, receiver := s.Start(t)
			r := &rig{bench: newBench(peer, receiver), outbox: newOutbox()}
			test(t, r)
			r.end(t)
		})
	}
}

// recovers fails in one way, and delivers when that is over.
func (r *rig) recovers(t *testing.T, m Mode, reason string) {
	r.peer.Set(m)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.fails(t, reason)
	r.peer.Set(OK)
	r.accepts(t, "amount firing")
	if n := strings.Count(r.log.text(), "was not delivered"); n != 1 {
		t.Errorf("the log says %d times that a notification was not delivered:\n%s", n, r.log.text())
	}
}

func busy(t *testing.T, r *rig, asks bool) {
	r.peer.Set(Busy)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.fails(t, map[bool]string{true: "rate_limit", false: "server"}[asks])
	r.peer.Set(OK)
	r.accepts(t, "amount firing")
	if tried := r.peer.Tried(); asks && tried[1].Sub(tried[0]) < RetryAfter {
		t.Errorf("it was asked again after %v", tried[1].Sub(tried[0]))
	}
}

// busyCall refuses one call of the several that an alert takes: it is asked for
// again, when the server says, and nothing is told twice.
func busyCall(t *testing.T, r *rig, call string) {
	peer := r.peer.(Caller)
	peer.Busy(call)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.accepts(t, "amount firing")
	r.outbox.add(resolved("amount", 1, 2))
	r.accepts(t, "amount firing", "amount resolved")
	r.wait(t, call+" is not asked for again", func() bool { return len(peer.Asked(call)) > 1 })
	if asked := peer.Asked(call); asked[1].Sub(asked[0]) < RetryAfter {
		t.Errorf("%s was asked for again after %v", call, asked[1].Sub(asked[0]))
	}
}

func slowBody(t *testing.T, r *rig, counts bool) {
	r.peer.Set(SlowBody)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	if !counts {
		r.fails(t, "timeout")
		r.peer.Set(OK)
	}
	r.wait(t, "the event is not done", func() bool { return r.outbox.len() == 0 })
	if got := r.peer.Accepted(); counts && len(got) != 1 {
		t.Errorf("it was told %q", got)
	}
}

// restart ends the process while nobody can be told: the event waits.
func restart(t *testing.T, r *rig) {
	r.peer.Set(Broken)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.fails(t, "server")
	r.stop(t)
	if r.outbox.len() != 1 {
		t.Errorf("%d events wait", r.outbox.len())
	}
	r.peer.Set(OK)
	r.start(t)
	r.accepts(t, "amount firing")
	r.stop(t)
	r.start(t)
	r.outbox.add(resolved("amount", 1, 2))
	r.accepts(t, "amount firing", "amount resolved")
}

// lostFire loses the answer to a message that was accepted: it comes again, and
// the end comes after it.
func lostFire(t *testing.T, r *rig) {
	r.peer.Set(Cut)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.wait(t, "nothing failed", func() bool { return r.failures() > 0 })
	r.peer.Set(OK)
	r.outbox.add(resolved("amount", 1, 2))
	r.wait(t, "the events are not done", func() bool { return r.outbox.len() == 0 })
	got := slices.Compact(r.peer.Accepted())
	if !slices.Equal(got, []string{"amount firing", "amount resolved"}) {
		t.Errorf("it was told %q", r.peer.Accepted())
	}
}

// unheardFire lets an alert end before anybody heard of it.
func unheardFire(t *testing.T, r *rig) {
	r.peer.Set(Refused)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.fails(t, "connection")
	r.outbox.add(resolved("amount", 1, 2))
	r.peer.Set(OK)
	r.accepts(t, "amount firing", "amount resolved")
}

// never keeps a message that is refused, counts it, says so once and lets the
// next process try it.
func never(t *testing.T, r *rig) {
	r.peer.Set(Never)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.wait(t, "nothing was refused", func() bool { return r.failures() > 0 })
	if n := strings.Count(r.log.text(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors in the log:\n%s", n, r.log.text())
	}
	r.stop(t)
	if r.outbox.len() != 1 {
		t.Errorf("%d events wait", r.outbox.len())
	}
	r.peer.Set(OK)
	r.start(t)
	r.accepts(t, "amount firing")
}

// inOrder lets an alert change while every second request fails.
func inOrder(t *testing.T, r *rig) {
	r.peer.Set(Broken)
	r.start(t)
	r.outbox.add(firing("amount", 1))
	r.outbox.add(firing("tenure", 1))
	r.outbox.add(resolved("amount", 1, 2))
	r.fails(t, "server")
	r.peer.Set(OK)
	r.wait(t, "the events are not done", func() bool { return r.outbox.len() == 0 })
	r.outbox.add(firing("amount", 3))
	r.wait(t, "the events are not done", func() bool { return r.outbox.len() == 0 })
	var amount []string
	for _, s := range r.peer.Accepted() {
		if strings.HasPrefix(s, "amount") {
			amount = append(amount, s)
		}
	}
	if !slices.Equal(amount, []string{"amount firing", "amount resolved", "amount firing"}) {
		t.Errorf("it was told %q", amount)
	}
}
