package engine

import (
	"slices"
	"sync"

	"driftwatch/monitors"
)

// baselinesKept bounds the references that are kept for pages.
const baselinesKept = 4

// baselines are the references that pages asked for last: one that is made of many
// windows takes long to make, and people look at one field after the other.
type baselines struct {
	mu   sync.Mutex
	list []keptBaseline // newest last
}

type keptBaseline struct {
	monitor string
	*monitors.Baseline
}

// get returns a reference by its hash, or nil.
func (b *baselines) get(monitor, hash string) *monitors.Baseline {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.list, func(k keptBaseline) bool { return k.monitor == monitor && k.Hash == hash })
	if i < 0 {
		return nil
	}
	found := b.list[i]
	b.list = append(slices.Delete(b.list, i, i+1), found)
	return found.Baseline
}

func (b *baselines) put(monitor string, baseline *monitors.Baseline) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, keptBaseline{monitor, baseline})
	if over := len(b.list) - baselinesKept; over > 0 {
		b.list = slices.Delete(b.list, 0, over)
	}
}
