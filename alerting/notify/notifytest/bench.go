package notifytest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/snapshot"
)

// sender is what tells the receiver under test: a Dispatcher, or Digests.
type sender interface {
	Run(ctx context.Context) error
	Stats() []snapshot.Receiver
}

// bench runs one sender after the other, and looks at what comes of them.
type bench struct {
	peer     Peer
	receiver func() alerting.Receiver
	log      *log
	sender   sender // that runs
	halt     func()
}

func newBench(p Peer, receiver func() alerting.Receiver) bench {
	return bench{peer: p, receiver: receiver, log: &log{}}
}

func (b *bench) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b.log, nil)) }

func (b *bench) run(t *testing.T, s sender) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	b.sender, b.halt = s, sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.halt)
}

func (b *bench) stop(t *testing.T) {
	t.Helper()
	b.noCanary(t)
	b.halt()
}

func (b *bench) noCanary(t *testing.T) {
	t.Helper()
	for what, text := range map[string]string{"status": fmt.Sprintf("%+v", b.sender.Stats()), "log": b.log.text()} {
		if strings.Contains(text, Canary) {
			t.Errorf("the %s tells a secret:\n%s", what, text)
		}
	}
}

// patience is how long a test waits for what should happen within seconds.
const patience = 20 * time.Second

func (b *bench) wait(t *testing.T, problem string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s; accepted %q, failures %v\n%s", problem, b.peer.Accepted(), b.sender.Stats()[0].Failures, b.log.text())
		}
	}
}

func (b *bench) failures() (n uint64) {
	for _, f := range b.sender.Stats()[0].Failures {
		n += f
	}
	return n
}

// fails waits for a failure of a reason.
func (b *bench) fails(t *testing.T, reason string) {
	t.Helper()
	b.wait(t, "nothing failed with "+reason, func() bool { return b.sender.Stats()[0].Failures[reason] > 0 })
}

// log is a log that several goroutines write.
type log struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
