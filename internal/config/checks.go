package config

import (
	"errors"
	"slices"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// readChecks reads a list of names and of names with parameters, as in
// [ks, {psi: {bins: 20}}].
func readChecks(c yamlx.Cursor) []monitors.Check {
	var out []monitors.Check
	for _, item := range c.List() {
		check, ok := readCheck(item)
		switch {
		case !ok:
		case slices.ContainsFunc(out, func(c monitors.Check) bool { return keyOf(c) == keyOf(check) }):
			item.Errorf("duplicate", "check %q occurs twice", keyOf(check))
		default:
			out = append(out, check)
		}
	}
	return out
}

// ParseChecks reads checks as a monitor file lists them: "ks, {psi: {bins: 20}}".
func ParseChecks(text string) ([]monitors.Check, error) {
	rep := &yamlx.Reporter{}
	var asked []monitors.Check
	if list, ok := yamlx.Parse("", []byte("["+text+"]"), rep); ok {
		asked = readChecks(list)
	}
	for _, d := range rep.Diagnostics() {
		if d.Severity == yamlx.Error {
			return nil, errors.New(d.Text)
		}
	}
	return asked, nil
}

// keyOf is the name of a check with its parameters.
func keyOf(c monitors.Check) string { return checks.Key(c.Name, c.Params) }

func readCheck(c yamlx.Cursor) (monitors.Check, bool) {
	if !c.IsMap() {
		name := c.Name()
		return monitors.Check{Name: name}, isCheck(c, name)
	}
	entries := c.Map().Entries()
	if len(entries) != 1 {
		c.Errorf("type", "one check with its parameters, as in {psi: {bins: 20}}")
		return monitors.Check{}, false
	}
	e := entries[0]
	check := monitors.Check{Name: e.Name()}
	if !isCheck(e.Key, check.Name) {
		return check, false
	}
	ok := readParams(e, &check)
	return check, ok
}

// isCheck reports whether a check can be computed, and says why if not.
func isCheck(c yamlx.Cursor, name string) bool {
	if name == "" || name == "schema" {
		return name != ""
	}
	if _, ok := checks.Find(name); ok {
		return true
	}
	rules.ReportUnknownCheck(c, name)
	return false
}

// places says where each check of a list stands.
func places(c yamlx.Cursor) map[string]yamlx.Cursor {
	at := make(map[string]yamlx.Cursor)
	for _, item := range c.List() {
		if item.IsMap() {
			for _, e := range item.Map().Entries() {
				at[e.Name()] = e.Key
			}
		} else if item.IsScalar() {
			at[item.Name()] = item
		}
	}
	return at
}

const duplicates = "duplicates"

// checkIDs notes whether a monitor compares the ids of records, and reports
// that it is to where they have none.
func (l *loader) checkIDs(d *declared) {
	declares := func(s monitors.Stream) bool { return s.Name == d.Stream && s.ID != "" }
	switch _, known := l.streams[d.Stream]; {
	case !known || slices.ContainsFunc(l.cfg.Streams, declares):
		d.countsIDs = slices.Contains(results(d.Spec.SegmentChecks()), duplicates)
	case slices.ContainsFunc(d.Checks, func(c monitors.Check) bool { return c.Name == duplicates }):
		places(d.asked)[duplicates].Errorf("missing-key", "check %q compares the ids of records, and stream %q declares no id", duplicates, d.Stream)
	}
}

// checkFit reports checks that fit none of the fields that they are for.
func checkFit(c yamlx.Cursor, asked []monitors.Check, fields []monitors.Field) {
	at := places(c)
	for _, a := range asked {
		check, ok := checks.Find(a.Name)
		if !ok || check.Kinds == nil || fitsAny(check, fields) {
			continue
		}
		if len(fields) == 1 {
			at[a.Name].Errorf("type", "check %q does not fit a %s field", a.Name, fields[0].Type)
		} else {
			at[a.Name].Warnf("type", "check %q fits no field of the monitor", a.Name)
		}
	}
}

// fitsAny also says yes where a type is not known, which was reported.
func fitsAny(check checks.Check, fields []monitors.Field) bool {
	return slices.ContainsFunc(fields, func(f monitors.Field) bool { return f.Type == 0 || checks.Fits(check, f.Type) })
}

// results are the names of the results of checks.
func results(planned []monitors.Planned) []string {
	names := make([]string, len(planned))
	for i, p := range planned {
		names[i] = p.Result
	}
	return names
}
