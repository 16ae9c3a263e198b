package alerting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"driftwatch/alerting/summary"
	"driftwatch/internal/snapshot"
)

// Digester is a Receiver that takes digests too. It is not the one that is told of
// alerts: each digest has its own.
type Digester interface {
	// NotifyDigest is Notify for a digest.
	NotifyDigest(ctx context.Context, d summary.Digest) (answer string, err error)
}

// Digest is a summary that a receiver gets again and again. What it says and when
// is a function of when it is due: a process that was away sends the newest of
// those that it missed, about the time of all of them.
type Digest struct {
	Name     string
	Receiver string // its name
	Cron     string // of Next; another one begins anew
	Next     func(after time.Time) time.Time
	For      time.Duration // that a digest is about; 0: since the one before
	To       Digester
	Make     func(from, to time.Time) (summary.Digest, error)
	Shelf    Shelf // what is known of it over restarts
	Log      *slog.Logger
}

func (d *Digest) validate() error {
	if d.Next == nil || d.To == nil || d.Make == nil || d.Shelf == nil || d.Log == nil {
		return errors.New("a digest needs a time, a receiver, a maker, a shelf and a logger")
	}
	return nil
}

// Length returns how long the time is that a digest which is due at an instant is
// about.
func (d *Digest) Length(due time.Time) time.Duration {
	if d.For > 0 {
		return d.For
	}
	return due.Sub(previous(d.Next, due))
}

// previous returns the newest time before due.
func previous(next func(time.Time) time.Time, due time.Time) time.Time {
	for back := time.Minute; back < 10*366*24*time.Hour; back *= 2 {
		at := next(due.Add(-back))
		for at.Before(due) {
			after := next(at)
			if !after.Before(due) {
				return at
			}
			at = after
		}
	}
	return due.Add(-7 * 24 * time.Hour) // it comes once
}

// Digests sends digests.
type Digests struct {
	workers []*digestWorker
	stats   []*stats // one of each receiver
}

// NewDigests reads what is known of digests. Counted is what was counted of their
// receivers before.
func NewDigests(all []Digest, counted []snapshot.Receiver) (*Digests, error) {
	out := &Digests{}
	for i := range all {
		d := &all[i]
		if err := d.validate(); err != nil {
			return nil, err
		}
		w := &digestWorker{Digest: d, log: d.Log.With("digest", d.Name, "receiver", d.Receiver), stats: out.statsOf(d.Receiver, counted)}
		b, err := d.Shelf.Load()
		if err == nil && len(b) > 0 {
			err = json.Unmarshal(b, &w.known)
		}
		if err != nil {
			return nil, fmt.Errorf("read what is known of digest %q: %w", d.Name, err)
		}
		out.workers = append(out.workers, w)
	}
	return out, nil
}

func (d *Digests) statsOf(receiver string, counted []snapshot.Receiver) *stats {
	for _, s := range d.stats {
		if s.r.Name == receiver {
			return s
		}
	}
	s := newStats(receiver, counted)
	d.stats = append(d.stats, s)
	return s
}

// Run sends digests when they are due, until ctx ends. One that is on its way then
// is given a few seconds. It returns nil.
func (d *Digests) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range d.workers {
		wg.Go(func() { w.run(ctx) })
	}
	wg.Wait()
	return nil
}

// digestWorker sends one digest. All of it but stats belongs to the goroutine of
// run.
type digestWorker struct {
	*Digest
	known digestState
	down  backoff
	log   *slog.Logger
	stats *stats
}

// digestState is what is known of a digest over restarts.
type digestState struct {
	Cron  string    `json:"cron"`
	Since time.Time `json:"since"` // what was due until then was sent, or is not to be
}

func (w *digestWorker) run(ctx context.Context) {
	for ctx.Err() == nil {
		timer := time.NewTimer(time.Until(w.step(ctx)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// step sends what is due and returns when to look again.
func (w *digestWorker) step(ctx context.Context) time.Time {
	now := time.Now().UTC()
	if w.known.Cron != w.Cron {
		w.settle(now) // the first start, or another time: nothing was missed
	}
	first, due := w.due(now)
	if due.IsZero() {
		return w.wake(now)
	}
	if err := w.send(ctx, first.Add(-w.Length(first)), due); err != nil {
		if ctx.Err() == nil {
			w.failed(asError(err))
		}
		return w.down.until
	}
	w.settle(due)
	return w.wake(now)
}

// due returns the first and the newest of the times that have passed, or zeros.
func (w *digestWorker) due(now time.Time) (first, newest time.Time) {
	for at := w.Next(w.known.Since.UTC()); !at.IsZero() && !at.After(now); at = w.Next(at) {
		if first.IsZero() {
			first = at
		}
		newest = at
	}
	return first, newest
}

// lookDigests bounds the time between looks at the clock, which people may set.
const lookDigests = time.Hour

func (w *digestWorker) wake(now time.Time) time.Time {
	return earliest(now.Add(lookDigests), w.Next(w.known.Since.UTC()))
}

func (w *digestWorker) send(ctx context.Context, from, to time.Time) error {
	d, err := w.Make(from, to)
	if err != nil {
		return &Error{Reason: "store", Err: err}
	}
	sending, cancel := detach(ctx, sendTimeout)
	defer cancel()
	if _, err := w.To.NotifyDigest(sending, d); err != nil {
		return err
	}
	w.stats.sent()
	w.stats.problem("")
	if w.down.failures > 0 {
		w.log.Info("the digest is delivered again")
	}
	w.down.succeeded()
	return nil
}

// settle notes that nothing is due until a time. Where that cannot be stored, the
// digest may come again after a restart.
func (w *digestWorker) settle(until time.Time) {
	w.known = digestState{Cron: w.Cron, Since: until}
	b, err := json.Marshal(w.known)
	if err == nil {
		err = w.Shelf.Save(b)
	}
	if err != nil {
		w.log.Error("cannot store that the digest was sent: it may come again after a restart", "error", err)
	}
}

// failed counts a failure, says so once and plans the next attempt.
func (w *digestWorker) failed(e *Error) {
	known := w.down.reason == e.Reason
	w.down.failed(time.Now(), e)
	w.stats.failed(e.Reason, snapshot.Failure{}) // it was to tell of no alert
	w.stats.problem(e.Error())
	switch {
	case known:
	case e.Kind == Passing:
		w.log.Warn("the digest was not delivered and will be tried again", "error", e)
	default:
		w.log.Error("the digest is not delivered until this is repaired", "error", e)
	}
}

// Stats returns what was sent, by receiver: since NewDigests, and what it was told
// was counted before.
func (d *Digests) Stats() []snapshot.Receiver {
	out := make([]snapshot.Receiver, 0, len(d.stats))
	for _, s := range d.stats {
		out = append(out, s.view())
	}
	return out
}
