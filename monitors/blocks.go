package monitors

import "driftwatch/monitors/window"

// Blocks merges runs of a monitor's panes, as a window that slides and a reference
// that trails the stream do for each window anew. Merging is exact, associative
// and commutative, so it keeps the merged panes of aligned blocks of 8, 64, ...
// panes: from one run to the next hardly any has to be made again.
type Blocks struct {
	monitor *Monitor
	kept    map[block]*Pane // what the newest run was made of
}

// block is radix^level panes, the first of which has a number that is a multiple
// of theirs.
type block struct {
	level int
	index int64
}

const radix = 8

// NewBlocks returns blocks of the monitor's panes.
func NewBlocks(m *Monitor) *Blocks { return &Blocks{monitor: m} }

// BlocksOf is how many merged panes are kept at most for runs of n panes.
func BlocksOf(n int) int {
	kept := 1 // the run itself
	for ; n > 0; n /= radix {
		kept += min(n, 2*(radix-1))
	}
	return kept
}

// Merge returns the pane from one border to another of all panes between them,
// which one returns by their ends (nil: there is none), or nil if there are none.
// All of them must be closed: one is not asked for the same pane again while a
// block of it is kept.
func (b *Blocks) Merge(from, to window.Time, one func(end window.Time) *Pane) (*Pane, error) {
	grid := b.monitor.Windows().Grid
	run := run{b, grid, one, map[block]*Pane{}}
	var parts []*Pane
	for at, end := grid.Index(from), grid.Index(to); at < end; {
		next := largest(at, end)
		p, err := run.pane(next)
		if err != nil {
			return nil, err
		}
		run.used[next] = p
		parts = append(parts, p)
		at += length(next.level)
	}
	b.kept = run.used
	return b.monitor.merge(from, to, parts)
}

// run is one Merge.
type run struct {
	*Blocks
	grid window.Grid
	one  func(end window.Time) *Pane
	used map[block]*Pane
}

// length is how many panes are in a block.
func length(level int) int64 {
	n := int64(1)
	for range level {
		n *= radix
	}
	return n
}

// largest returns the largest block that begins at pane at and ends by pane end.
func largest(at, end int64) block {
	b := block{0, at}
	for n := int64(radix); at%n == 0 && at+n <= end; n *= radix {
		b.level++
	}
	return b
}

func (r *run) pane(b block) (*Pane, error) {
	if p, ok := r.kept[b]; ok {
		return p, nil
	}
	if b.level == 0 {
		return r.one(r.grid.Border(b.index + 1)), nil
	}
	parts := make([]*Pane, radix)
	for i := range parts {
		part := block{b.level - 1, b.index + int64(i)*length(b.level-1)}
		var err error
		if parts[i], err = r.pane(part); err != nil {
			return nil, err
		}
	}
	return r.monitor.merge(r.grid.Border(b.index), r.grid.Border(b.index+length(b.level)), parts)
}

// merge returns a new pane of all panes but nil ones, or nil without any.
func (m *Monitor) merge(start, end window.Time, panes []*Pane) (*Pane, error) {
	var all *Pane
	for _, p := range panes {
		if p == nil {
			continue
		}
		if all == nil {
			all = m.NewSpan(start, end)
		}
		if err := all.Merge(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}
