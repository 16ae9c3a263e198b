package monitors

import (
	"fmt"
	"maps"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// Pane is what one partition (or, merged, all of them) has of one slice of event
// time: the profiles of every field for the whole stream and for each segment.
// Panes merge into windows. A pane is for one goroutine until it is sealed, and
// read-only from then on.
type Pane struct {
	Start, End window.Time
	Cuts       []checks.Cut // of one partition, or of all that are merged

	monitor  *Monitor
	segments map[string]*counts
	ids      profile.IDs // of the whole stream
	limits   []limiter   // one for each entry of Spec.Segments
	key      []byte      // scratch
}

// NewPane returns an empty pane of the monitor's grid, which starts at start.
func (m *Monitor) NewPane(start window.Time) *Pane {
	return m.NewSpan(start, m.Windows().End(start))
}

// NewSpan returns an empty pane from start to end, for several to be merged in.
func (m *Monitor) NewSpan(start, end window.Time) *Pane {
	p := &Pane{
		Start:    start,
		End:      end,
		monitor:  m,
		segments: map[string]*counts{"": m.newCounts()},
	}
	for i, names := range m.Spec.Segments {
		p.limits = append(p.limits, newLimiter(m.segments[i], names, m.Spec.MaxSegments))
	}
	return p
}

// Observe counts the row if the monitor selects it.
func (p *Pane) Observe(r *Row) {
	if !p.monitor.Selects(r) {
		return
	}
	p.segments[""].observe(p.monitor, r)
	if id := p.monitor.id; id >= 0 && len(r.leaves[id].Text) > 0 {
		p.ids.Observe(r.leaves[id].Text)
	}
	for i := range p.limits {
		name := p.segmentOf(&p.limits[i], r)
		p.segments[name].observe(p.monitor, r)
	}
}

// segmentOf returns the name of the row's segment, which exists then.
func (p *Pane) segmentOf(l *limiter, r *Row) string {
	p.key = l.appendName(p.key[:0], p.monitor, r)
	if name, ok := l.kept[string(p.key)]; ok {
		return name
	}
	return p.admit(l, string(p.key), l.named(p.monitor, r))
}

// admit makes room for a segment, and moves another into "other" where the
// limit asks for it. Which ones stay depends on their names alone.
func (p *Pane) admit(l *limiter, name string, always bool) string {
	stays, evicted := l.add(name, always)
	if evicted != "" {
		p.moveToOther(l, evicted)
	}
	if !stays {
		name = l.other
	}
	if p.segments[name] == nil {
		p.segments[name] = p.monitor.newCounts()
	}
	return name
}

func (p *Pane) moveToOther(l *limiter, name string) {
	c := p.segments[name]
	delete(p.segments, name)
	if p.segments[l.other] == nil {
		p.segments[l.other] = c
		return
	}
	if err := p.segments[l.other].merge(c); err != nil {
		panic(fmt.Sprintf("segments of one pane do not merge: %v", err))
	}
}

// Merge adds the counts of q, a pane of the same monitor, and not its cuts. q is
// not changed, and p shares nothing with it afterwards.
func (p *Pane) Merge(q *Pane) error {
	p.ids.Merge(&q.ids)
	for _, name := range slices.Sorted(maps.Keys(q.segments)) {
		into := name
		if l, always := p.limiterOf(q, name); l != nil {
			if kept, ok := l.kept[name]; ok {
				into = kept
			} else {
				into = p.admit(l, name, always)
			}
		}
		if p.segments[into] == nil {
			p.segments[into] = p.monitor.newCounts()
		}
		if err := p.segments[into].merge(q.segments[name]); err != nil {
			return fmt.Errorf("merge segment %q of the pane until %v of %q: %w", into, p.End, p.monitor.Spec.Name, err)
		}
	}
	return nil
}

// limiterOf returns the limiter of p that decides about a segment of q, or nil
// for the whole stream and for "other".
func (p *Pane) limiterOf(q *Pane, name string) (l *limiter, always bool) {
	for i := range q.limits {
		if _, ok := q.limits[i].kept[name]; ok {
			return &p.limits[i], q.limits[i].always[name]
		}
	}
	return nil, false
}

// mixed reports whether a segment holds what has no segment of its own.
func (p *Pane) mixed(segment string) bool {
	return slices.ContainsFunc(p.limits, func(l limiter) bool { return l.other == segment })
}

// Rows is the number of rows of the whole stream.
func (p *Pane) Rows() uint64 { return p.segments[""].rows }

// names lists the pane's segments: the whole stream first, then by name.
func (p *Pane) names() []string { return slices.Sorted(maps.Keys(p.segments)) }

// Field returns the profile of field i of a segment, or nil.
func (p *Pane) field(segment string, i int) *profile.Profile {
	if c := p.segments[segment]; c != nil {
		return c.fields[i]
	}
	return nil
}
