package rules

import (
	"path"
	"slices"
	"strings"
)

// matchAny reports whether one of the names or globs is s. In a glob * stands
// for any letters but a slash, as in file names.
func matchAny(globs []string, s string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return match(g, s) })
}

func match(glob, s string) bool {
	if glob == s || glob == "*" {
		return true
	}
	ok, err := path.Match(glob, s)
	return ok && err == nil
}

// isGlob reports whether a name stands for several.
func isGlob(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// Matches reports whether the field is chosen.
func (s Selector) Matches(f FieldInfo) bool {
	return (len(s.Names) == 0 || matchAny(s.Names, f.Name)) &&
		(len(s.Roles) == 0 || slices.Contains(s.Roles, f.Role))
}

// matchesSegment reports whether a segment is of the rule's dimensions, no
// more and no fewer, and has values that are meant.
func (r *Rule) matchesSegment(name string) bool {
	values, ok := segmentValues(name)
	if !ok || len(values) != len(r.Segments) {
		return false
	}
	for _, d := range r.Segments {
		v, ok := values[d.Field]
		if !ok || !matchAny(d.Values, v) {
			return false
		}
	}
	return true
}

// segmentValues takes a segment's name apart: "country=BR,device=ios". A comma
// that no "name=" follows belongs to the value before it.
func segmentValues(name string) (map[string]string, bool) {
	values := make(map[string]string)
	if name == "" {
		return values, true
	}
	last := ""
	for part := range strings.SplitSeq(name, ",") {
		field, value, ok := strings.Cut(part, "=")
		switch {
		case ok:
			values[field] = value
			last = field
		case last == "":
			return nil, false
		default:
			values[last] += "," + part
		}
	}
	return values, true
}
