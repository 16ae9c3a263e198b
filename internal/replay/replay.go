// Package replay runs monitors and rules over history: the records that logs
// hold now, at full speed, through the engine that the daemon runs, on a store
// that is thrown away. It joins no group, keeps nothing and sends nothing.
package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	"driftwatch/internal/engine"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Options say what is run over which history.
type Options struct {
	Plans    []*monitors.Plan
	Programs map[string]*rules.Program // by monitor
	Logs     Logs
	From, To time.Time         // only windows that lie between them; zero: no bound
	Whole    bool              // the logs are read once, and from their beginning, wherever reading shall begin
	Progress func(records int) // if not nil, told of records that were read, by one goroutine at a time
	Crowded  func() bool       // as of the engine
	Log      *slog.Logger
}

// Logs are the logs that a replay reads. Each of them is over somewhere: its
// last batch is final.
type Logs interface {
	// Partitions lists them. It is called once, first.
	Partitions(ctx context.Context) ([]source.Partition, error)
	// Resolve returns the offset of a partition before which all event times are
	// older than start.At; of its first record if that is zero.
	Resolve(ctx context.Context, p source.Partition, start source.Start) (int64, error)
	// Log returns a partition's log, for one goroutine.
	Log(p source.Partition) source.Log
}

// receiver is who gets the events in the temporary store.
const receiver = "replay"

// Run replays. The result has to be closed.
func Run(ctx context.Context, o Options) (*Result, error) {
	parts, err := o.Logs.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	asked := newSpan(&o)
	for begin := asked.begin(); ; begin = 0 {
		r, err := newResult(asked)
		if err != nil {
			return nil, err
		}
		if err := r.fill(ctx, &o, parts, begin); err != nil {
			return nil, errors.Join(err, r.Close())
		}
		if begin == 0 || !r.short(begin) {
			return r, nil
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
}

// newResult makes an empty result, with its store.
func newResult(asked span) (*Result, error) {
	dir, err := os.MkdirTemp("", "driftwatch-replay-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	st, err := store.OpenTemporary(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Result{dir: dir, store: st, span: asked}, nil
}

// fill runs the engine from a time on until all logs are over.
func (r *Result) fill(ctx context.Context, o *Options, parts []source.Partition, begin window.Time) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e, err := engine.New(engine.Options{
		Plans: o.Plans, Programs: r.programs, Store: r.store, Membership: fixed{parts},
		Source: &reader{Logs: o.Logs, progress: o.Progress, fail: cancel},
		Start:  start(begin), From: begin, To: r.to, Checkpoint: tidied, Crowded: o.Crowded, Log: o.Log,
		Retention: math.MaxInt64, // the results are what it is for; of profiles only those are kept that are needed
		Receivers: []string{receiver}, Route: func(rules.Event) []string { return []string{receiver} },
		Describe: func(*snapshot.Snapshot) {},
		Publish:  func(s *snapshot.Snapshot) { r.end = s },
	})
	if err != nil {
		return err
	}
	tidying := make(chan struct{})
	go func() { defer close(tidying); tidy(ctx, e) }()
	err = e.Run(ctx)
	cause := context.Cause(ctx)
	cancel(nil)
	<-tidying
	return cmp.Or(err, cause)
}

// tidied is how often the store is rid of what is no longer needed. It needs no
// checkpoints but for that.
const tidied = 30 * time.Second

// tidy keeps the store small while a long history is replayed.
func tidy(ctx context.Context, e *engine.Engine) {
	ticker := time.NewTicker(tidied)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = e.Retain(ctx) // what is left is removed in the end
		}
	}
}

func start(begin window.Time) source.Start {
	if begin == 0 {
		return source.Start{}
	}
	return source.Start{At: begin.Time()}
}
