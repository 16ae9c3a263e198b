package profile

import "sync/atomic"

// Memory bounds what records hold together. It may be shared by profiles of
// several goroutines.
type Memory struct{ chunks atomic.Int64 }

// NewMemory returns room for so many bytes.
func NewMemory(bytes int) *Memory {
	m := &Memory{}
	m.chunks.Store(int64(bytes / (8 * chunkKeys)))
	return m
}

func (m *Memory) take() bool {
	if m.chunks.Add(-1) >= 0 {
		return true
	}
	m.chunks.Add(1)
	return false
}

// chunkKeys is how many keys a record takes room for at a time.
const chunkKeys = 1 << 14

// record holds all the keys of a coarse profile, so that its guide needs no
// further pass over the values. Where there is no room for all it holds none:
// that costs a pass and changes no result.
type record struct {
	memory *Memory
	seeds  []run // those that were counted while the profile was exact
	chunks [][]uint64
}

// run is a key and how often it occurs.
type run struct{ key, count uint64 }

func (r *record) seed(key, count uint64) {
	if r != nil && r.memory != nil {
		r.seeds = append(r.seeds, run{key, count})
	}
}

func (r *record) add(keys []uint64) {
	if r == nil || r.memory == nil {
		return
	}
	for len(keys) > 0 {
		last := len(r.chunks) - 1
		if last < 0 || len(r.chunks[last]) == chunkKeys {
			if !r.memory.take() {
				r.forget()
				return
			}
			r.chunks = append(r.chunks, make([]uint64, 0, chunkKeys))
			last++
		}
		n := min(len(keys), chunkKeys-len(r.chunks[last]))
		r.chunks[last] = append(r.chunks[last], keys[:n]...)
		keys = keys[n:]
	}
}

// forget gives the room back.
func (r *record) forget() {
	if r == nil || r.memory == nil {
		return
	}
	r.memory.chunks.Add(int64(len(r.chunks)))
	*r = record{}
}

// runs returns the keys in ascending order, each once, and forgets them. It is
// false if not all are known.
func (r *record) runs() ([]run, bool) {
	if r == nil || r.memory == nil {
		return nil, false
	}
	n := 0
	for _, c := range r.chunks {
		n += len(c)
	}
	keys := make([]uint64, 0, n)
	for _, c := range r.chunks {
		keys = append(keys, c...)
	}
	seeds := r.seeds
	r.forget()
	return merge(seeds, sortKeys(keys)), true
}

// merge counts ascending keys together with seeds.
func merge(seeds []run, keys []uint64) []run {
	sortRuns(seeds)
	distinct := len(seeds)
	for i := range keys {
		if i == 0 || keys[i] != keys[i-1] {
			distinct++
		}
	}
	out := make([]run, 0, distinct)
	add := func(key, count uint64) {
		if last := len(out) - 1; last >= 0 && out[last].key == key {
			out[last].count += count
			return
		}
		out = append(out, run{key, count})
	}
	for _, k := range keys {
		for len(seeds) > 0 && seeds[0].key <= k {
			add(seeds[0].key, seeds[0].count)
			seeds = seeds[1:]
		}
		add(k, 1)
	}
	for _, s := range seeds {
		add(s.key, s.count)
	}
	return out
}
