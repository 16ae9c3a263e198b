package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

var (
	errNoTopic     = errors.New("the topic does not exist")
	errNoPartition = errors.New("the partition does not exist")
)

// RetryError is a failure that passes: a broker that is down, a leader that is
// being elected, a time-out. The caller tries again.
type RetryError struct{ Err error }

func (e *RetryError) Error() string { return describe(e.Err) }
func (e *RetryError) Unwrap() error { return e.Err }

// Problem is what keeps a part of the cluster from being read right now.
type Problem struct {
	Subject string // a partition, a topic list or a group
	Text    string
}

// Problems returns what is wrong now, by subject. Nothing is wrong if it is empty.
func (c *Cluster) Problems() []Problem { return c.problems.list() }

// trouble notes what keeps a subject from being read.
func (c *Cluster) trouble(subject string, err error) {
	text := describe(err)
	if c.cfg.SASL != nil && errors.Is(err, io.ErrUnexpectedEOF) {
		text += ", as some do when authentication fails"
	}
	c.problems.set(subject, text)
}

// problems holds the present ones. A problem is logged when it begins and when
// it is over, once for all subjects that have the same.
type problems struct {
	log *slog.Logger
	mu  sync.Mutex
	now map[string]problem
}

type problem struct{ first, text string }

func (ps *problems) set(subject, text string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p, had := ps.now[subject]
	if had {
		p.text = text
		ps.now[subject] = p
		return
	}
	known := ps.anyLike(text)
	if ps.now == nil {
		ps.now = make(map[string]problem)
	}
	ps.now[subject] = problem{first: text, text: text}
	if !known {
		ps.log.Warn("kafka: trying again until it works", "what", subject, "problem", text)
	}
}

// drop ends a problem of which nobody knows whether it is over.
func (ps *problems) drop(subject string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.now, subject)
}

func (ps *problems) clear(subject string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p, had := ps.now[subject]
	if !had {
		return
	}
	delete(ps.now, subject)
	if !ps.anyLike(p.first) {
		ps.log.Info("kafka: works again", "what", subject, "was", p.first)
	}
}

func (ps *problems) anyLike(text string) bool {
	for _, p := range ps.now {
		if p.first == text {
			return true
		}
	}
	return false
}

func (ps *problems) list() []Problem {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	all := make([]Problem, 0, len(ps.now))
	for subject, p := range ps.now {
		all = append(all, Problem{Subject: subject, Text: p.text})
	}
	slices.SortFunc(all, func(a, b Problem) int { return cmp.Compare(a.Subject, b.Subject) })
	return all
}

// describe says in plain words, and in the same words each time, what an error
// of kafka-go or of the network is about.
func describe(err error) string {
	var op *net.OpError
	var code kafkago.Error
	switch {
	case errors.As(err, &op) && op.Addr != nil:
		return fmt.Sprintf("%s broker %s: %v", op.Op, op.Addr, op.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer from the broker in time"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the broker closed the connection"
	case errors.Is(err, kafkago.BrokerNotAvailable):
		return "the broker in charge is not known to the others yet"
	case errors.As(err, &code):
		if text := code.Description(); text != "" {
			return text
		}
		return fmt.Sprintf("the broker reports error %d", int(code))
	}
	return err.Error()
}

// retryable marks an error as passing unless its context ended.
func retryable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &RetryError{Err: err}
}

// backoff paces tries: the first again at once, since a stale connection or
// leader is most often all that was wrong, then doubling pauses up to limit.
type backoff struct {
	limit time.Duration
	tries int
}

// firstPause is that before the third try.
const firstPause = 50 * time.Millisecond

// wait pauses before the next try, or until ctx ends.
func (b *backoff) wait(ctx context.Context) error {
	b.tries++
	if b.tries == 1 {
		return ctx.Err()
	}
	d := min(b.limit, firstPause<<min(b.tries-2, 20))
	return pause(ctx, d/2+rand.N(d/2+1))
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
