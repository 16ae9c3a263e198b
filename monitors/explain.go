package monitors

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

// explain adds to a judged window what people ask next of the fields that
// drifted: what moved, and whether it is all in one segment. Those fields are
// few: what it takes is not taken of every field.
func (m *Monitor) explain(c Closing, w *checks.Window) {
	for i := range w.Segments {
		s := &w.Segments[i]
		ref := m.against(c, s.Name)
		for j := range s.Fields {
			f := &s.Fields[j]
			of, _ := ref.field(f.Name)
			if of == nil || !checks.Shifted(f.Checks) {
				continue
			}
			f.Moved = checks.Moved(checks.Input{Reference: of.profile, Current: c.Pane.field(s.Name, j)})
			if s.Name == "" {
				f.ExplainedBy = m.explainBySegment(c, j, f.Checks)
			}
		}
	}
}

// explainBySegment looks for the segment without which field i of the whole
// stream would have changed least. Segments by the field itself say nothing
// that what moved does not.
func (m *Monitor) explainBySegment(c Closing, i int, results map[string]checks.Result) *checks.Explanation {
	name := checks.ToExplain(results)
	if name == "" {
		return nil
	}
	planned := m.Spec.FieldChecks(m.fields[i].Field)
	params := planned[slices.IndexFunc(planned, func(p Planned) bool { return p.Result == name })].Params
	var found []checks.Explanation
	for e := range c.Pane.limits {
		if slices.Contains(m.segments[e], i) {
			continue
		}
		leaveOneOut(c.sides(e, i), func(one, others side) {
			in := checks.Input{Reference: others.reference, Current: others.current, Params: params}
			if x, ok := checks.Without(one.name, name, results[name], in, one.share); ok {
				found = append(found, x)
			}
		})
	}
	return checks.Best(found)
}

// side is a segment's profiles of one field, or those of several together. nil:
// it has no rows.
type side struct {
	name               string
	current, reference *profile.Profile
	share              float64 // of the rows of the window and of the reference, added
}

// plus returns the two together. Neither is changed.
func (s side) plus(o side) side {
	return side{current: merged(s.current, o.current), reference: merged(s.reference, o.reference)}
}

func merged(a, b *profile.Profile) *profile.Profile {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	}
	sum := a.Clone()
	if err := sum.Merge(b); err != nil {
		panic(fmt.Sprintf("profiles of one field do not merge: %v", err))
	}
	return sum
}

func sum(sides []side) side {
	var all side
	for _, s := range sides {
		all = all.plus(s)
	}
	return all
}

// sidesMost bounds the segments of an entry that are each looked at: those with
// the most rows. The others are never left out.
const sidesMost = 32

// sides returns the segments of entry e of Spec.Segments: what both sides have of
// field i in each. Where the reference does not know the segments of the
// entry, each stays against all of it.
func (c Closing) sides(e, i int) []side {
	l, whole := &c.Pane.limits[e], c.Reference.segments[""]
	names := c.Pane.names()
	known := c.Reference.knows(l)
	if known {
		names = slices.Compact(slices.Sorted(slices.Values(append(names, slices.Collect(maps.Keys(c.Reference.segments))...))))
	}
	var sides []side
	field := c.Pane.monitor.fields[i].Name
	for _, name := range names {
		if !l.owns(name) {
			continue
		}
		s := side{name: name}
		if own := c.Pane.segments[name]; own != nil {
			s.current, s.share = own.fields[i], float64(own.rows)/float64(c.Pane.Rows())
		}
		if own := c.Reference.segments[name]; known && own != nil && own.fields[field] != nil {
			s.reference, s.share = own.fields[field].profile, s.share+float64(own.rows)/float64(whole.rows)
		}
		sides = append(sides, s)
	}
	if !known {
		sides = append(sides, side{reference: whole.fields[field].profile})
	}
	return sides
}

// knows reports whether the segments of a limiter make up the whole reference.
func (b *Baseline) knows(l *limiter) bool {
	var rows uint64
	for name, s := range b.segments {
		if l.owns(name) {
			rows += s.rows
		}
	}
	return rows > 0 && rows == b.segments[""].rows
}

// leaveOneOut visits the greatest sides, each with the sum of all others. A side
// without a name is never left out.
func leaveOneOut(sides []side, visit func(one, others side)) {
	slices.SortStableFunc(sides, func(a, b side) int { return cmp.Compare(b.share, a.share) })
	if n := len(sides); n > 0 && sides[n-1].name == "" || n > sidesMost {
		most := min(n-1, sidesMost)
		visitOthers(sides[:most], sum(sides[most:]), visit)
	} else if n > 1 {
		visitOthers(sides, side{}, visit)
	}
}

// visitOthers halves the sides: the sum of either half belongs to what all sides
// of the other one leave. That takes n log n merges, and memory for log n.
func visitOthers(sides []side, others side, visit func(one, others side)) {
	switch n := len(sides); n {
	case 0:
	case 1:
		visit(sides[0], others)
	default:
		left, right := sides[:n/2], sides[n/2:]
		visitOthers(left, others.plus(sum(right)), visit)
		visitOthers(right, others.plus(sum(left)), visit)
	}
}
