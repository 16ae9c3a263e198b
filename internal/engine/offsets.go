package engine

import (
	"context"
	"sync"
	"time"

	"driftwatch/monitors/source"
)

// offsets holds what is to be published to the group: for each partition the
// first offset that an open window still needs, so that a new owner can build
// the same panes.
type offsets struct {
	mu     sync.Mutex
	oldest map[source.Partition]map[string]int64 // by stream
	fresh  map[source.Partition]source.Position
}

func (o *offsets) set(stream string, p source.Partition, oldest int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fresh == nil {
		o.fresh = map[source.Partition]source.Position{}
	}
	if o.oldest == nil {
		o.oldest = map[source.Partition]map[string]int64{}
	}
	if o.oldest[p] == nil {
		o.oldest[p] = map[string]int64{}
	}
	o.oldest[p][stream] = oldest
	for _, of := range o.oldest[p] {
		oldest = min(oldest, of)
	}
	o.fresh[p] = source.Position{Offset: oldest}
}

func (o *offsets) take() map[source.Partition]source.Position {
	o.mu.Lock()
	defer o.mu.Unlock()
	fresh := o.fresh
	o.fresh = nil
	return fresh
}

// publishOffsets commits to the group now and then, beside the data path: the
// store is what counts, so a failure only means an older offset.
func (e *Engine) publishOffsets(ctx context.Context) {
	ticker := time.NewTicker(e.opts.Checkpoint)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		e.commitOffsets(ctx)
	}
}

func (e *Engine) commitOffsets(ctx context.Context) {
	positions := e.offsets.take()
	if len(positions) == 0 {
		return
	}
	if err := e.opts.Membership.Commit(ctx, positions); err != nil && ctx.Err() == nil {
		e.opts.Log.Warn("offsets could not be published to the group", "error", err)
	}
}
