package notifytest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/summary"
)

// RunDigests tests a receiver that takes digests. Its server reads of a request
// the names of the digests that it tells: "weekly".
func RunDigests(t *testing.T, s Subject) {
	for name, test := range map[string]func(*testing.T, *digestRig){
		"accepted": func(t *testing.T, r *digestRig) {
			r.start(t)
			r.accepts(t)
		},
		"refused": func(t *testing.T, r *digestRig) { r.recovers(t, Refused, "connection") },
		"broken":  func(t *testing.T, r *digestRig) { r.recovers(t, Broken, "server") },
		"silent":  func(t *testing.T, r *digestRig) { r.recovers(t, Silent, "timeout") },
		"busy":    func(t *testing.T, r *digestRig) { busyDigest(t, r, !s.NoRetryAfter) },
		"restart": restartDigest,
		"never":   neverDigest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer, receiver := s.Start(t)
			r := &digestRig{bench: newBench(peer, receiver)}
			test(t, r)
			r.stop(t)
			r.noCanary(t)
		})
	}
}

// digestRig is a digest that is due for the receiver under test, and what is known
// of it over restarts.
type digestRig struct {
	bench
	mu    sync.Mutex
	known []byte
}

// Load implements alerting.Shelf. At the first time an hour has passed in which
// the digest was due.
func (r *digestRig) Load() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		return fmt.Appendf(nil, `{"cron": "hourly", "since": %q}`, time.Now().Add(-90*time.Minute).UTC().Format(time.RFC3339)), nil
	}
	return r.known, nil
}

// Save implements alerting.Shelf.
func (r *digestRig) Save(b []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = b
	return nil
}

func (r *digestRig) saved() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known != nil
}

func (r *digestRig) start(t *testing.T) {
	t.Helper()
	to, ok := r.receiver().(alerting.Digester)
	if !ok {
		t.Fatal("the receiver takes no digests")
	}
	d, err := alerting.NewDigests([]alerting.Digest{{
		Name: "weekly", Receiver: "team", Cron: "hourly", Next: func(after time.Time) time.Time { return after.Add(time.Hour) },
		To: to, Shelf: r, Log: r.logger(),
		Make: func(from, to time.Time) (summary.Digest, error) {
			return summary.Make(summary.Input{Name: "weekly", From: from, To: to}), nil
		},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.run(t, d)
}

// accepts waits until the server was told of the digest once, and it is known.
func (r *digestRig) accepts(t *testing.T) {
	t.Helper()
	r.wait(t, "the digest is not accepted", func() bool { return r.saved() && slices.Equal(r.peer.Accepted(), []string{"weekly"}) })
}

// recovers fails in one way, and delivers when that is over.
func (r *digestRig) recovers(t *testing.T, m Mode, reason string) {
	r.peer.Set(m)
	r.start(t)
	r.fails(t, reason)
	r.peer.Set(OK)
	r.accepts(t)
	if n := strings.Count(r.log.text(), "was not delivered"); n != 1 {
		t.Errorf("the log says %d times that a digest was not delivered:\n%s", n, r.log.text())
	}
}

func busyDigest(t *testing.T, r *digestRig, asks bool) {
	r.peer.Set(Busy)
	r.start(t)
	r.fails(t, map[bool]string{true: "rate_limit", false: "server"}[asks])
	r.peer.Set(OK)
	r.accepts(t)
	if tried := r.peer.Tried(); asks && tried[1].Sub(tried[0]) < RetryAfter {
		t.Errorf("it was asked again after %v", tried[1].Sub(tried[0]))
	}
}

// restartDigest ends the process while nobody can be told, and after somebody was.
func restartDigest(t *testing.T, r *digestRig) {
	r.peer.Set(Broken)
	r.start(t)
	r.fails(t, "server")
	r.stop(t)
	r.peer.Set(OK)
	r.start(t)
	r.accepts(t)
	tried := len(r.peer.Tried())
	r.stop(t)
	r.start(t)
	r.stop(t)
	if n := len(r.peer.Tried()); n != tried {
		t.Errorf("a restart told it again: %q", r.peer.Accepted())
	}
}

// neverDigest keeps a digest that is refused, and lets the next process try it.
func neverDigest(t *testing.T, r *digestRig) {
	r.peer.Set(Never)
	r.start(t)
	r.wait(t, "nothing was refused", func() bool { return len(r.sender.Stats()[0].Failures) > 0 })
	if n := strings.Count(r.log.text(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors in the log:\n%s", n, r.log.text())
	}
	r.stop(t)
	r.peer.Set(OK)
	r.start(t)
	r.accepts(t)
}
