package replay

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"driftwatch/monitors/source"
)

// reader is the engine's source. A log that cannot be read ends the replay: what
// follows would not be the history.
type reader struct {
	Logs
	fail     context.CancelCauseFunc
	mu       sync.Mutex
	progress func(records int)
}

// Problem implements engine.Source.
func (*reader) Problem(string) string { return "" }

// Log implements engine.Source.
func (r *reader) Log(p source.Partition) source.Log {
	return &watched{Log: r.Logs.Log(p), reader: r, topic: p.Topic}
}

// Resolve implements engine.Source, which asks again after an error; a replay
// has no patience.
func (r *reader) Resolve(ctx context.Context, p source.Partition, start source.Start) (int64, error) {
	offset, err := r.Logs.Resolve(ctx, p, start)
	r.check(ctx, err)
	return offset, err
}

func (r *reader) check(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.fail(err)
	}
}

func (r *reader) read(records int) {
	if r.progress != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.progress(records)
	}
}

// watched is a log whose errors and progress are noticed.
type watched struct {
	source.Log
	reader *reader
	topic  string
	id     string // of the topic, "" while it is not known
}

// Fetch implements source.Log.
func (w *watched) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	b, err := w.Log.Fetch(ctx, from)
	if w.id == "" {
		w.id = b.TopicID
	}
	if b.TopicID != "" && b.TopicID != w.id {
		err = fmt.Errorf("topic %q was made again while it was read", w.topic)
	}
	w.reader.check(ctx, err)
	w.reader.read(len(b.Records))
	return b, err
}

// Until returns a log that is over at end.
func Until(log source.Log, end int64) source.Log { return bounded{log, end} }

// bounded hides what a log has from an offset on.
type bounded struct {
	source.Log
	end int64
}

// Fetch implements source.Log.
func (l bounded) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	if from >= l.end {
		return source.Batch{From: from, Next: from, End: from, Final: true}, ctx.Err()
	}
	b, err := l.Log.Fetch(ctx, from)
	if err != nil {
		return b, err
	}
	for n := len(b.Records); n > 0 && b.Records[n-1].Offset >= l.end; n-- {
		b.Records = b.Records[:n-1]
	}
	b.End = max(b.From, l.end)
	b.Next = min(b.Next, b.End)
	b.Final = b.Next == b.End
	return b, nil
}

// fixed is the membership of a process that reads what there is.
type fixed struct{ parts []source.Partition }

// Run implements engine.Membership.
func (f fixed) Run(ctx context.Context, assign func(context.Context, []source.Partition) error) error {
	if err := assign(ctx, f.parts); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	<-ctx.Done()
	return nil
}

// Commit implements engine.Membership: there is nobody to tell.
func (fixed) Commit(context.Context, map[source.Partition]source.Position) error { return nil }
