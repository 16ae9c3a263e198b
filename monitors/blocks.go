package monitors

import "driftwatch/monitors/window"

// Blocks merges runs of a monitor's windows, as a reference that trails the
// stream does for each window anew. Merging is exact, associative and
// commutative, so it keeps the merged panes of aligned blocks of 8, 64, ...
// windows: from one run to the next hardly any has to be made again.
type Blocks struct {
	monitor *Monitor
	kept    map[block]*Pane // what the newest run was made of
}

// block is radix^level windows, the first of which starts at a multiple of
// their common length.
type block struct {
	level int
	start window.Time
}

const radix = 8

// NewBlocks returns blocks of the monitor's windows.
func NewBlocks(m *Monitor) *Blocks { return &Blocks{monitor: m} }

// BlocksOf is how many merged panes are kept at most for runs of n windows.
func BlocksOf(n int) int {
	kept := 1 // the run itself
	for ; n > 0; n /= radix {
		kept += min(n, 2*(radix-1))
	}
	return kept
}

// Merge returns the pane of all windows that start in [from, to), whose panes
// one returns (nil: there is none), or nil if there are none. All of them must
// be closed: one is not asked for the same window again while a block of it is
// kept.
func (b *Blocks) Merge(from, to window.Time, one func(start window.Time) *Pane) (*Pane, error) {
	windows := b.monitor.Windows()
	size := window.Time(windows.Size.Milliseconds())
	run := run{b, one, size, map[block]*Pane{}}
	if start := windows.Start(from); start < from {
		from = start + size
	}
	var parts []*Pane
	for at := from; at+size <= to; {
		next := run.largest(at, to)
		p, err := run.pane(next)
		if err != nil {
			return nil, err
		}
		run.used[next] = p
		parts = append(parts, p)
		at += run.length(next.level)
	}
	b.kept = run.used
	return b.monitor.merge(from, parts)
}

// run is one Merge.
type run struct {
	*Blocks
	one  func(start window.Time) *Pane
	size window.Time
	used map[block]*Pane
}

func (r *run) length(level int) window.Time {
	n := r.size
	for range level {
		n *= radix
	}
	return n
}

// largest returns the largest block that begins at at and ends by to.
func (r *run) largest(at, to window.Time) block {
	b := block{0, at}
	for n := r.length(1); at%n == 0 && at+n <= to; n *= radix {
		b.level++
	}
	return b
}

func (r *run) pane(b block) (*Pane, error) {
	if p, ok := r.kept[b]; ok {
		return p, nil
	}
	if b.level == 0 {
		return r.one(b.start), nil
	}
	parts := make([]*Pane, radix)
	for i := range parts {
		part := block{b.level - 1, b.start + window.Time(i)*r.length(b.level-1)}
		var err error
		if parts[i], err = r.pane(part); err != nil {
			return nil, err
		}
	}
	return r.monitor.merge(b.start, parts)
}

// merge returns a new pane of all panes but nil ones, or nil without any.
func (m *Monitor) merge(start window.Time, panes []*Pane) (*Pane, error) {
	var all *Pane
	for _, p := range panes {
		if p == nil {
			continue
		}
		if all == nil {
			all = m.NewPane(start)
		}
		if err := all.Merge(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}
