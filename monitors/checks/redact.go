package checks

import (
	"maps"
	"slices"
	"strings"
)

// Redacted stands as Result.Skipped where a value is known and not shown.
const Redacted = "redacted"

// Redaction is the fields of a monitor of which no value may be shown; nil: none.
// Windows are stored whole, because rules and later windows need their values:
// what leaves the process goes through Window, or asks Hides.
type Redaction map[string]bool

// Tells reports whether a result says something of the values themselves: a check
// whose unit is that of the field's values. Distances without a unit, shares and
// counts do not. A check that is not known may.
func Tells(result string) bool {
	c, ok := Find(BaseName(result))
	return !ok || c.Unit == OfField
}

// Hides reports whether the value of a result of a field may not be shown.
func (r Redaction) Hides(field, result string) bool { return r[field] && Tells(result) }

// Window returns what may be shown of a window; the window itself if that is all.
// Fields that were redacted when it closed stay so, whatever became of them.
func (r Redaction) Window(w *Window) *Window {
	if !r.concerns(w) {
		return w
	}
	shown := *w
	shown.Segments = make([]Segment, 0, len(w.Segments))
	for _, s := range w.Segments {
		if r.names(s.Name) {
			continue
		}
		s.Fields = slices.Clone(s.Fields)
		for i := range s.Fields {
			s.Fields[i] = r.field(s.Fields[i])
		}
		shown.Segments = append(shown.Segments, s)
	}
	return &shown
}

// Windows returns what may be shown of windows.
func (r Redaction) Windows(list []*Window) []*Window {
	shown := make([]*Window, len(list))
	for i, w := range list {
		shown[i] = r.Window(w)
	}
	return shown
}

// concerns reports whether a window has anything to hide. All its segments have the
// same fields.
func (r Redaction) concerns(w *Window) bool {
	return len(w.Segments) > 0 && slices.ContainsFunc(w.Whole().Fields, func(f Field) bool { return f.Redacted || r[f.Name] })
}

// names reports whether a segment's name, such as country=BR,device=ios, has a value
// of a redacted field: from a time when segments could be made by it.
func (r Redaction) names(segment string) bool {
	for _, part := range strings.Split(segment, ",") {
		if name, _, ok := strings.Cut(part, "="); ok && r[name] {
			return true
		}
	}
	return false
}

// NoteRedacted takes over from another result of the window which fields were redacted
// when it closed: that says nothing of its records.
func (w *Window) NoteRedacted(then *Window) {
	redacted := map[string]bool{}
	for _, f := range then.Whole().Fields {
		redacted[f.Name] = f.Redacted
	}
	for i := range w.Segments {
		for j := range w.Segments[i].Fields {
			f := &w.Segments[i].Fields[j]
			f.Redacted = redacted[f.Name]
		}
	}
}

func (r Redaction) field(f Field) Field {
	if f.Redacted || r[f.Name] {
		return f.redacted()
	}
	if f.ExplainedBy != nil && r.names(f.ExplainedBy.Segment) {
		f.ExplainedBy = nil
	}
	return f
}

// redacted returns the field without its values: how many, how far from the
// reference and how sure stays.
func (f Field) redacted() Field {
	f.Redacted, f.Moved = true, nil
	f.Current = f.Current.redacted()
	if f.Reference != nil {
		f.Reference = ptr(f.Reference.redacted())
	}
	f.Checks = maps.Clone(f.Checks)
	for name, r := range f.Checks {
		f.Checks[name] = r.WithoutValues(name)
	}
	return f
}

func (s Summary) redacted() Summary {
	s.Mean, s.StdDev, s.Min, s.Max, s.Quantiles = nil, nil, nil, nil, nil
	return s
}

// WithoutValues returns the result named name of a redacted field.
func (r Result) WithoutValues(name string) Result {
	r.Edges = nil
	if r.Skipped != "" || !Tells(name) {
		return r
	}
	return Result{
		Skipped: Redacted, Effect: r.Effect, EffectLow: r.EffectLow, PValue: r.PValue, PVerdict: r.PVerdict,
		Drift: r.Drift, Violation: r.Violation, Uncertain: r.Uncertain,
	}
}
