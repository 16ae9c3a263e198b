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

// isPattern reports whether s is a name or glob; what is none was reported.
func isPattern(s string) bool {
	_, err := path.Match(s, "")
	return s != "" && err == nil
}

// isGlob reports whether a name stands for several.
func isGlob(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// Matches reports whether the field is chosen.
func (s Selector) Matches(f FieldInfo) bool {
	return (len(s.Names) == 0 || matchAny(s.Names, f.Name)) &&
		(len(s.Roles) == 0 || slices.Contains(s.Roles, f.Role))
}

// rest is the value of the segment that holds what has no segment of its own.
// Only a rule that names it looks at it: it is a mixture, and not the same one
// in every window.
const rest = "<other>"

// matchesSegment reports whether a segment is of the rule's dimensions, no
// more and no fewer, and has values that are meant.
func (r *Rule) matchesSegment(name string) bool {
	if len(r.Segments) == 0 || name == "" {
		return len(r.Segments) == 0 && name == ""
	}
	values := segmentValues(name)
	if len(values) != len(r.Segments) {
		return false
	}
	for _, d := range r.Segments {
		v, ok := values[d.Field]
		if !ok || v == rest && !slices.Contains(d.Values, rest) || !matchAny(d.Values, v) {
			return false
		}
	}
	return true
}

// segmentValues takes a segment's name apart: "country=BR,device=ios". In
// values a backslash stands before a comma, an equals sign and a backslash.
func segmentValues(name string) map[string]string {
	values := make(map[string]string)
	var field string
	var part []byte
	for i := 0; i < len(name); i++ {
		switch b := name[i]; {
		case b == '\\' && i+1 < len(name):
			i++
			part = append(part, name[i])
		case b == '=' && field == "":
			field, part = string(part), nil
		case b == ',' && field != "":
			values[field] = string(part)
			field, part = "", nil
		default:
			part = append(part, b)
		}
	}
	if field != "" {
		values[field] = string(part)
	}
	return values
}
