package rules

import (
	"fmt"
	"slices"

	"driftwatch/monitors/checks"
)

// Missing says in words why an alert, of which the name, the segment and the field
// are looked at, does not fire after a window. State is that after the window. It is
// "" where that may not be told.
func (p *Program) Missing(state State, w *checks.Window, earlier Earlier, a Alert) string {
	i := slices.IndexFunc(p.rules, func(b bound) bool { return b.Alert == a.Name })
	if i < 0 {
		return "no rule makes it"
	}
	r := &p.rules[i]
	sc := scope{rule: r, window: w, grid: p.Grid, earlier: remember(earlier)}
	if why := r.idle(sc); why != "" {
		return "not judged: " + why
	}
	if why := sc.aim(a); why != "" {
		return why
	}
	if r.hides(a.Field) {
		return ""
	}
	switch got := r.judge(sc); {
	case got.verdict == fails:
		return fmt.Sprintf("it does not hold that %s: %s", r.When, r.When.saw(got))
	case got.verdict == holds:
		return state.pending(r, r.key(sc))
	case got.check == "":
		return "not judged: " + got.why
	default:
		return fmt.Sprintf("not judged: %s: %s", got.check, got.why)
	}
}

// aim chooses the segment and the field of an alert, or says why the rule has no
// such alert.
func (s *scope) aim(a Alert) string {
	r := s.rule
	i := slices.IndexFunc(s.window.Segments, func(seg checks.Segment) bool { return seg.Name == a.Segment })
	switch {
	case !r.matchesSegment(a.Segment) && a.Segment == "":
		return "the rule is for segments, and none is named"
	case !r.matchesSegment(a.Segment):
		return "the rule is not for this segment"
	case i < 0:
		return "the window has no such segment"
	case !r.When.perField() && a.Field != "":
		return "the rule's alerts have no field"
	case r.When.perField() && a.Field == "":
		return "the rule's alerts have a field, and none is named"
	case r.When.perField() && !r.fields[a.Field]:
		return "the rule does not look at this field"
	}
	s.segment = &s.window.Segments[i]
	if a.Field == "" {
		return ""
	}
	if s.at = slices.IndexFunc(s.segment.Fields, func(f checks.Field) bool { return f.Name == a.Field }); s.at < 0 {
		return "the window has no such field"
	}
	s.field = &s.segment.Fields[s.at]
	return ""
}

// hides reports whether what is found of a field, or of several with "", may not be
// told.
func (b *bound) hides(field string) bool {
	if field != "" {
		return b.Redact || b.redacted[field]
	}
	for _, redacted := range b.redacted {
		if redacted && b.When.usesFields() {
			return true
		}
	}
	return b.Redact
}

// saw says what a condition that does not hold was asked of.
func (c *Condition) saw(got finding) string {
	r := got.result
	if c.Share != nil {
		return "the share was " + number(r.Value)
	}
	said := got.check + " was " + number(r.Value)
	if r.Low < r.High {
		said += ", and may be from " + number(r.Low) + " to " + number(r.High)
	}
	if got.against != "" {
		said += ", and in " + got.against + " " + number(*r.Reference)
	}
	return said
}

// pending says how far an alert is whose condition holds.
func (s State) pending(r *bound, k key) string {
	i := slices.IndexFunc(s.tracked, func(t tracked) bool { return t.key() == k })
	if i < 0 || s.tracked[i].Alert.State == Firing {
		return ""
	}
	return fmt.Sprintf("pending: it held in %d of the windows so far, and it takes %s", s.tracked[i].Run.held(), r.Windows)
}
