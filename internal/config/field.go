package config

import (
	"regexp"
	"strings"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/profile"
)

// field is a field with the places of what is checked later.
type field struct {
	monitors.Field
	at, typ yamlx.Cursor
}

func readFields(c yamlx.Cursor) []field {
	var out []field
	first := make(map[string]yamlx.Cursor)
	for _, item := range c.List() {
		f := readField(item)
		if prev, twice := first[f.Name]; twice && f.Name != "" {
			reportTwice(f.at, "field", f.Name, prev)
			continue
		}
		first[f.Name] = f.at
		out = append(out, f)
	}
	if c.IsList() && len(out) == 0 {
		c.Errorf("value", "a monitor needs at least one field")
	}
	return out
}

var kindWords = []string{"number", "category", "boolean", "text", "timestamp"}

func readField(c yamlx.Cursor) field {
	m := c.Map()
	f := field{at: m.Need("name"), typ: m.Need("type")}
	f.Name = readPath(f.at)
	f.Type, _ = profile.ParseKind(f.typ.OneOf("", kindWords...))
	f.Role = m.Get("role").OneOf(monitors.Feature, monitors.Feature, monitors.Prediction, monitors.Label, monitors.Metadata)
	f.Min = readLimit(m, "min", f.Type)
	f.Max = readLimit(m, "max", f.Type)
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		m.Key("min").Errorf("value", "min is greater than max")
	}
	f.Nulls = readShare(m.Get("nulls"))
	f.Missing = readShare(m.Get("missing"))
	f.Allowed = readAllowed(m, f.Type)
	f.Pattern = readPattern(m, f.Type)
	f.Coerce = m.Get("coerce").Bool(false)
	f.Redact = m.Get("redact").Bool(false)
	checks := m.Get("checks")
	f.Checks = readChecks(checks)
	m.Done()
	checkFit(checks, f.Checks, []monitors.Field{f.Field})
	return f
}

// misfit reports a key that makes no sense for the field's type.
func misfit(m *yamlx.Map, key string, kind profile.Kind, fitting ...profile.Kind) bool {
	if kind == 0 {
		return false // the type was reported
	}
	words := make([]string, len(fitting))
	for i, k := range fitting {
		if k == kind {
			return false
		}
		words[i] = k.String()
	}
	m.Key(key).Errorf("type", "%s is for %s fields, and this one is %s", key, strings.Join(words, " and "), kind)
	return true
}

// readLimit reads min or max: a number, or for timestamps also a time.
func readLimit(m *yamlx.Map, key string, kind profile.Kind) *float64 {
	c := m.Get(key)
	if !c.Present() || misfit(m, key, kind, profile.Number, profile.Timestamp) {
		return nil
	}
	if word, ok := c.Literal(); ok && kind == profile.Timestamp {
		if at, ok := parseTime(word); ok {
			v := float64(at.UnixMilli()) / 1000
			return &v
		}
	}
	v, ok := c.Float()
	if !ok {
		return nil
	}
	return &v
}

func readShare(c yamlx.Cursor) *float64 {
	if !c.Present() {
		return nil
	}
	v := c.FloatIn(0, 0, 1)
	return &v
}

func readAllowed(m *yamlx.Map, kind profile.Kind) []string {
	c := m.Get("allowed")
	if !c.Present() || misfit(m, "allowed", kind, profile.Category, profile.Boolean, profile.Text) {
		return nil
	}
	out := make([]string, 0, 8)
	seen := make(map[string]bool)
	for _, item := range c.List() {
		v, ok := item.Literal()
		switch {
		case !ok:
		case kind == profile.Boolean && v != "true" && v != "false":
			item.Errorf("type", "a boolean is true or false, not %q", v)
		case seen[v]:
			item.Errorf("duplicate", "value %q occurs twice", v)
		default:
			seen[v] = true
			out = append(out, v)
		}
	}
	if c.IsList() && len(c.List()) == 0 {
		c.Errorf("value", "the list is empty: no value would be allowed")
	}
	return out
}

func readPattern(m *yamlx.Map, kind profile.Kind) *regexp.Regexp {
	c := m.Get("pattern")
	if !c.Present() || misfit(m, "pattern", kind, profile.Category, profile.Text) {
		return nil
	}
	re, err := regexp.Compile(c.Str(""))
	if err != nil {
		c.Errorf("pattern", "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	return re
}
