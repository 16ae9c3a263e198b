package rules

import (
	"slices"

	"driftwatch/monitors/checks"
)

// Thin returns the part of an earlier window that the rules look at, to be kept. Of
// nil it is nil.
func (p *Program) Thin(w *checks.Window) *checks.Window {
	if w == nil {
		return nil
	}
	names := p.changing()
	thin := &checks.Window{Monitor: w.Monitor, Start: w.Start, End: w.End, Partial: w.Partial, Segments: make([]checks.Segment, len(w.Segments))}
	for i := range w.Segments {
		seg := &w.Segments[i]
		fields := make([]checks.Field, len(seg.Fields))
		for j := range seg.Fields {
			fields[j] = checks.Field{Name: seg.Fields[j].Name, Checks: only(names, seg.Fields[j].Checks)}
		}
		thin.Segments[i] = checks.Segment{Name: seg.Name, Rows: seg.Rows, Checks: only(names, seg.Checks), Fields: fields}
	}
	return thin
}

// changing lists the checks whose change rules ask for.
func (p *Program) changing() []string {
	var names []string
	for _, r := range p.rules {
		for _, leaf := range r.When.leaves() {
			if leaf.Test.Change != nil && !slices.Contains(names, leaf.Check) {
				names = append(names, leaf.Check)
			}
		}
	}
	return names
}

// only leaves the results of some checks.
func only(names []string, results map[string]checks.Result) map[string]checks.Result {
	kept := make(map[string]checks.Result, len(names))
	for name, r := range results {
		if slices.Contains(names, name) || slices.Contains(names, checks.BaseName(name)) {
			kept[name] = r
		}
	}
	return kept
}
