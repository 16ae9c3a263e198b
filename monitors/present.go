package monitors

import (
	"slices"
	"strings"

	"driftwatch/monitors/checks"
)

// Present returns what a window says of the fields, segments and checks that the
// monitor has: one that closed before the monitor's file changed may have others.
// The window stays as it is, and is what is returned where nothing is gone.
func (s *Spec) Present(w *checks.Window) *checks.Window {
	own, ofFields := resultsOf(s.SegmentChecks()), map[string]map[string]bool{}
	for i, planned := range s.allFieldChecks() {
		ofFields[s.Fields[i].Name] = resultsOf(planned)
	}
	if s.hasAll(w, own, ofFields) {
		return w
	}
	out := *w
	out.Segments = nil
	for _, sg := range w.Segments {
		if !s.HasSegment(sg.Name) {
			continue
		}
		fields := sg.Fields
		sg.Checks, sg.Fields = only(sg.Checks, own), nil
		for _, f := range fields {
			if results, ok := ofFields[f.Name]; ok {
				f.Checks = only(f.Checks, results)
				sg.Fields = append(sg.Fields, f)
			}
		}
		out.Segments = append(out.Segments, sg)
	}
	return &out
}

// hasAll reports whether the monitor has all that a window speaks of.
func (s *Spec) hasAll(w *checks.Window, own map[string]bool, ofFields map[string]map[string]bool) bool {
	for i := range w.Segments {
		sg := &w.Segments[i]
		if !s.HasSegment(sg.Name) || !within(sg.Checks, own) {
			return false
		}
		for j := range sg.Fields {
			if results, ok := ofFields[sg.Fields[j].Name]; !ok || !within(sg.Fields[j].Checks, results) {
				return false
			}
		}
	}
	return true
}

func within(results map[string]checks.Result, names map[string]bool) bool {
	for name := range results {
		if !names[name] {
			return false
		}
	}
	return true
}

func resultsOf(planned []Planned) map[string]bool {
	names := map[string]bool{}
	for _, p := range planned {
		names[p.Result] = true
	}
	return names
}

func only(results map[string]checks.Result, names map[string]bool) map[string]checks.Result {
	out := map[string]checks.Result{}
	for name, r := range results {
		if names[name] {
			out[name] = r
		}
	}
	return out
}

// HasSegment reports whether a segment of this name may be one of the monitor's; "" is
// the whole stream.
func (s *Spec) HasSegment(name string) bool {
	return name == "" || slices.ContainsFunc(s.Segments, func(by []string) bool {
		return name == otherName(by) || SegmentBy(name, by)
	})
}

// otherName is the name of the segment of all that is not kept by name.
func otherName(by []string) string { return strings.Join(by, ",") + "=<other>" }
