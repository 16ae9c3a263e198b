// Package engine runs the daemon's data path: a worker for each partition that
// owns the partition's panes, and one sequencer that owns everything shared,
// closes windows, steps rules, is the only writer of the store and publishes
// what is shown. Event time decides everything but idleness.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Source is where partitions are read from.
type Source interface {
	// Resolve returns the offset that a start means in a partition.
	Resolve(ctx context.Context, p source.Partition, s source.Start) (int64, error)
	// Log returns the partition's log, for one goroutine.
	Log(p source.Partition) source.Log
	// Problem says what keeps a topic from being read right now, or "".
	Problem(topic string) string
}

// Membership decides which partitions this process reads.
type Membership interface {
	// Run calls assign with all of them whenever they change, until ctx ends.
	// Those that are gone are drained when assign returns.
	Run(ctx context.Context, assign func(context.Context, []source.Partition) error) error
	// Commit publishes from where another process would have to read.
	Commit(ctx context.Context, positions map[source.Partition]source.Position) error
}

// Options is what an engine is made of.
type Options struct {
	Plans      []*monitors.Plan
	Elsewhere  []string                  // names of monitors that other processes run
	Programs   map[string]*rules.Program // by monitor
	Source     Source
	Membership Membership
	Store      *store.Store
	Moves      *Moves                     // nil: monitors stay
	Before     *snapshot.Snapshot         // the newest one of the engine that this one takes over from; nil: there was none
	Start      source.Start               // of partitions without a stored offset
	From       window.Time                // what starts before it is left out; Start is before all that does not. Zero: nothing is
	To         window.Time                // what ends after it is left out, and not read for. Zero: nothing is
	Receivers  []string                   // names of those that exist
	Route      func(rules.Event) []string // names of the receivers of an event
	Describe   func(s *snapshot.Snapshot) // adds what the engine does not know
	Publish    func(s *snapshot.Snapshot) // is called with each new snapshot
	Retention  time.Duration              // of results, counted back from a monitor's newest closed window
	Profiles   time.Duration              // of profiles
	Checkpoint time.Duration              // between checkpoints; default 5s
	Crowded    func() bool                // reports whether memory is short; nil: it never is
	Timing     Timing                     // is told how long things took
	Log        *slog.Logger

	update func(func(*store.Tx) error) error // of the store; tests let it fail
}

func (o *Options) validate() error {
	switch {
	case o.Source == nil || o.Membership == nil || o.Store == nil:
		return errors.New("engine: source, membership and store are needed")
	case o.Route == nil || o.Describe == nil || o.Publish == nil || o.Log == nil:
		return errors.New("engine: route, describe, publish and log are needed")
	}
	if o.To == 0 {
		o.To = window.Newest
	}
	if o.update == nil {
		o.update = o.Store.Update
	}
	if o.Crowded == nil {
		o.Crowded = func() bool { return false }
	}
	if o.Checkpoint == 0 {
		o.Checkpoint = 5 * time.Second
	}
	o.Timing.fill()
	return nil
}

// Engine runs one configuration. It is made, run once, and thrown away.
type Engine struct {
	opts      Options
	seq       *sequencer
	reports   chan *report
	ops       chan func()
	ready     atomic.Bool
	stopping  atomic.Bool
	offsets   offsets
	baselines baselines                      // of pages
	stopped   chan struct{}                  // closed when the sequencer has ended
	byPart    map[source.Partition][]*worker // of the membership's goroutine
}

// New loads what the store has of the configuration's monitors, and writes
// down what changed. A store that does not fit is an error.
func New(o Options) (*Engine, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		opts: o, reports: make(chan *report), ops: make(chan func()), stopped: make(chan struct{}),
		byPart: map[source.Partition][]*worker{},
	}
	e.seq = newSequencer(e)
	e.seq.goOn(o.Before)
	if err := e.seq.load(); err != nil {
		return nil, err
	}
	e.seq.publish()
	return e, nil
}

// Run reads until ctx ends, or all logs are over, or past what is asked for, and
// what they held is stored; then it drains the workers, commits what they had and
// returns. It returns early only when the membership fails for good.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.stopped)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	members := make(chan error, 1)
	go func() {
		err := e.opts.Membership.Run(ctx, e.assign)
		if ctx.Err() != nil {
			err = nil
		}
		e.stopping.Store(true)
		members <- errors.Join(err, e.stopWorkers(context.WithoutCancel(ctx), e.byPart, false))
	}()
	defer context.AfterFunc(ctx, func() { e.stopping.Store(true) })()
	published := make(chan struct{})
	go func() { defer close(published); e.publishOffsets(ctx) }()
	err := e.seq.run(members, cancel)
	cancel()
	<-published
	return err
}

// assign makes the set of workers what the membership says. It runs in the
// membership's goroutine.
func (e *Engine) assign(ctx context.Context, parts []source.Partition) error {
	keep, gone := map[source.Partition][]*worker{}, maps.Clone(e.byPart)
	fresh := map[source.Partition][]*worker{}
	for _, p := range parts {
		if ws := e.byPart[p]; ws != nil {
			keep[p] = ws
			delete(gone, p)
			continue
		}
		ws, err := e.newWorkers(p)
		if err != nil {
			return err
		}
		fresh[p] = ws
	}
	whole := context.WithoutCancel(ctx) // what begins here is not left half done
	if err := e.stopWorkers(whole, gone, true); err != nil {
		return err
	}
	e.byPart = keep
	if len(gone) > 0 {
		e.commitOffsets(ctx) // another process may be about to read them
	}
	// All are known to the sequencer before the first one runs: no window may
	// close without a partition that has not said anything yet.
	var err error
	if doErr := e.do(whole, func() { err = e.seq.add(fresh) }); doErr != nil || err != nil {
		return errors.Join(doErr, err)
	}
	for p, ws := range fresh {
		e.byPart[p] = ws
		for _, w := range ws {
			e.startWorker(w)
		}
	}
	if e.ready.Swap(true) {
		return nil
	}
	return e.do(whole, e.seq.publish)
}

// newWorkers returns a worker for each stream that reads the partition.
func (e *Engine) newWorkers(p source.Partition) ([]*worker, error) {
	var ws []*worker
	for _, plan := range e.opts.Plans {
		if plan.Stream.Topic != p.Topic {
			continue
		}
		w, err := newWorker(plan, p)
		if err != nil {
			return nil, err
		}
		w.start, w.source, w.reports, w.log = e.opts.Start, e.opts.Source, e.reports, e.opts.Log
		w.from, w.to, w.fetched = e.opts.From, e.opts.To, e.opts.Timing.Fetched
		w.horizon = e.seq.horizonOf(plan.Stream.Name)
		ws = append(ws, w)
	}
	return ws, nil
}

func (e *Engine) startWorker(w *worker) {
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	go w.run(ctx) // stopWorkers waits for it
}

// stopWorkers ends workers and waits until the sequencer has their last
// reports. While they go one after the other no window of theirs may close: the
// rest would look like all.
func (e *Engine) stopWorkers(ctx context.Context, ws map[source.Partition][]*worker, thaw bool) error {
	if len(ws) == 0 {
		return nil
	}
	if err := e.do(ctx, func() { e.seq.freeze(ws, true) }); err != nil {
		return err
	}
	for _, same := range ws {
		for _, w := range same {
			w.stop()
		}
	}
	for _, same := range ws {
		for _, w := range same {
			<-w.done
		}
	}
	if !thaw {
		return nil
	}
	return e.do(ctx, func() { e.seq.freeze(ws, false) })
}

// Outbox returns the events that wait to be delivered. It may be used until
// the store is closed; acknowledgements need a running engine.
func (e *Engine) Outbox() *Outbox { return e.seq.outbox }

// errStopped says that the engine has ended.
var errStopped = errors.New("the engine has stopped")

// do runs fn in the sequencer's goroutine and waits for it.
func (e *Engine) do(ctx context.Context, fn func()) error {
	ran := make(chan struct{})
	select {
	case e.ops <- func() { fn(); close(ran) }:
	case <-e.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ran:
		return nil
	case <-e.stopped:
		return errStopped
	}
}
