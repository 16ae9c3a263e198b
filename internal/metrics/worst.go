package metrics

import (
	"cmp"
	"slices"
	"strings"

	"driftwatch/monitors/checks"
)

// part is what is exported of a window or left out of it as a whole: a field of a
// segment, or what the segment has beside its fields.
type part struct {
	partName
	rows   *uint64 // of the segment; nil: it is a field
	checks map[string]checks.Result

	series   int
	drift    bool
	beyond   float64 // the greatest effect, in times of what deserves attention
	exported bool    // it was of the window before
}

// partName tells the parts of a window apart, and finds them in the next one.
type partName struct{ segment, field string }

// partsOf takes a window apart.
func partsOf(w *checks.Window) []part {
	var parts []part
	for i := range w.Segments {
		sg := &w.Segments[i]
		parts = append(parts, part{partName: partName{sg.Name, ""}, rows: &sg.Rows, checks: sg.Checks})
		for j := range sg.Fields {
			f := &sg.Fields[j]
			parts = append(parts, part{partName: partName{sg.Name, f.Name}, checks: f.Checks})
		}
	}
	for i := range parts {
		parts[i].count()
	}
	return parts
}

func (p *part) count() {
	if p.rows != nil {
		p.series++
	}
	for _, r := range p.checks {
		for _, has := range []bool{r.Skipped == "", r.PValue != nil, r.Drift != nil} {
			if has {
				p.series++
			}
		}
	}
}

// worst returns the parts of which a window has at most limit series (0: all), the worst
// ones, and how many series the others have. They are those that drift most, the
// whole stream before segments. Among those that do not drift, the ones of the
// window before stay: what is noise must not bring other series with each window.
func worst(parts []part, before map[partName]bool, limit int) (kept []part, leftOut int) {
	for i := range parts {
		leftOut += parts[i].series
	}
	if limit == 0 || leftOut <= limit {
		return parts, 0
	}
	floors := floors()
	for i := range parts {
		parts[i].rank(floors)
		parts[i].exported = before[parts[i].partName]
	}
	slices.SortFunc(parts, worse)
	for i := range parts {
		if limit -= parts[i].series; limit < 0 {
			return parts[:i], leftOut
		}
		leftOut -= parts[i].series
	}
	return parts, 0
}

// floors are the least effects that deserve attention, by check.
func floors() map[string]float64 {
	all := map[string]float64{}
	for _, c := range checks.All() {
		all[c.Name] = c.Floor
	}
	return all
}

func (p *part) rank(floors map[string]float64) {
	for name, r := range p.checks {
		p.drift = p.drift || r.Drift != nil && *r.Drift
		if r.Effect == nil {
			continue
		}
		floor, ok := floors[name]
		if !ok {
			floor = floors[checks.BaseName(name)]
		}
		if floor > 0 {
			p.beyond = max(p.beyond, *r.Effect/floor)
		}
	}
}

// stay is how many times as far beyond its floor a part has to be that takes the
// place of one which drifts too and was exported.
const stay = 2

// worse orders parts, those to keep first.
func worse(a, b part) int {
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	whole := first(a.segment == "", b.segment == "")
	o := cmp.Or(first(a.partName == partName{}, b.partName == partName{}), first(a.drift, b.drift))
	switch {
	case o != 0:
		return o
	case a.drift:
		o = cmp.Or(whole, cmp.Compare(b.weight(), a.weight()))
	default:
		o = cmp.Or(first(a.exported, b.exported), whole, cmp.Compare(b.beyond, a.beyond))
	}
	return cmp.Or(o, strings.Compare(a.segment, b.segment), strings.Compare(a.field, b.field))
}

func (p *part) weight() float64 {
	if p.exported {
		return stay * p.beyond
	}
	return p.beyond
}
