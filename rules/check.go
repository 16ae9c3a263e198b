package rules

import (
	"slices"
	"strings"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// MonitorInfo is what rules are checked against.
type MonitorInfo struct {
	Name     string
	Windows  window.Shape
	Kept     time.Duration // results of windows; 0: not known
	Fields   []FieldInfo
	Segments [][]string
	Counts   []int // how many segments there may be of each entry of Segments
	// Compared lists the entries of Segments that are compared with a reference;
	// that of the whole stream is empty.
	Compared [][]string
	Results  map[string][]string // names of the results of each field; those without a field under ""
}

// Check reports what is wrong with the rules for these monitors. Unless they are
// all there are, a monitor that is not among them is only a warning.
func (s *Set) Check(all []MonitorInfo, complete bool) {
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
	}
	for _, r := range s.Rules {
		r.checkMonitors(names, complete)
		var meant []MonitorInfo
		for _, m := range all {
			if matchAny(r.Monitors, m.Name) {
				meant = append(meant, m)
			}
		}
		if len(meant) > 0 {
			before := r.at.alert.Errors()
			r.check(meant)
			r.broken = r.broken || r.at.alert.Errors() > before
		}
	}
	s.checkAlerts(names)
	s.CheckShadows()
}

func (r *Rule) checkMonitors(names []string, complete bool) {
	for _, c := range r.at.monitor.OneOrList() {
		glob := c.Str("")
		switch {
		case !isPattern(glob) || slices.ContainsFunc(names, func(n string) bool { return match(glob, n) }):
		case !complete:
			c.Warnf("unknown-monitor", "monitor %q is not declared in these files", glob)
		case isGlob(glob):
			c.Warnf("unknown-monitor", "no monitor matches %q", glob)
		default:
			c.Errorf("unknown-monitor", "unknown monitor %q%s", glob, yamlx.DidYouMean(glob, names))
		}
	}
}

// checkAlerts reports alert names that are not unique for a monitor.
func (s *Set) checkAlerts(monitors []string) {
	for _, name := range monitors {
		first := make(map[string]*Rule)
		for _, r := range s.Rules {
			if r.Alert == "" || !matchAny(r.Monitors, name) {
				continue
			}
			if prev := first[r.Alert]; prev != nil {
				r.reportTwice(name, prev)
			} else {
				first[r.Alert] = r
			}
		}
	}
}

func (r *Rule) check(meant []MonitorInfo) {
	r.checkFields(meant)
	r.checkSegments(meant)
	if !r.broken {
		r.checkWindows(meant)
		r.checkNumber(meant)
	}
	for _, leaf := range r.When.leaves() {
		if leaf.Check == "" {
			continue
		}
		r.checkResults(leaf, meant)
		c, _ := lookup(leaf.Check)
		switch {
		case c.NeedsReference && !r.compared(meant):
			leaf.at.Warnf("no-reference", "check %q compares with a reference, and %s: the rule never fires", leaf.Check, r.incomparable(meant))
		case c.Whole && len(r.Segments) > 0:
			leaf.at.Warnf("no-segments", "check %q is of the whole stream, not of segments: the rule never fires", leaf.Check)
		}
		r.checkPromised(leaf, c, meant)
	}
}

// checkPromised reports a check of promises where the fields that the rule looks at
// promise nothing: it is skipped in all windows.
func (r *Rule) checkPromised(leaf *Condition, c checks.Check, meant []MonitorInfo) {
	if c.Lacks == nil {
		return
	}
	why := ""
	for _, m := range meant {
		for _, f := range m.Fields {
			if !r.Fields.Matches(f) || !computes(m.Results[f.Name], leaf.Check) {
				continue
			}
			if why = c.Lacks(f.Limits); why == "" {
				return
			}
		}
	}
	if why != "" {
		leaf.at.Warnf("never-fires", "check %q never holds: %s for what the rule looks at", leaf.Check, why)
	}
}

// compared reports whether what the rule looks at is compared with anything.
func (r *Rule) compared(meant []MonitorInfo) bool {
	return slices.ContainsFunc(meant, func(m MonitorInfo) bool { return slices.ContainsFunc(m.Compared, r.isOf) })
}

// incomparable says why it is not.
func (r *Rule) incomparable(meant []MonitorInfo) string {
	switch {
	case !slices.ContainsFunc(meant, func(m MonitorInfo) bool { return len(m.Compared) > 0 }):
		return "the monitor has none"
	case len(r.Segments) > 0:
		return "that of the monitor has none of these segments"
	}
	return "that of the monitor is for segments only"
}

// isOf reports whether the rule looks at the segments by these fields.
func (r *Rule) isOf(by []string) bool {
	return slices.EqualFunc(slices.Sorted(slices.Values(by)), r.Segments, func(name string, d Dimension) bool { return name == d.Field })
}

// checkFields reports names, globs and roles that choose nothing in any of the
// monitors.
func (r *Rule) checkFields(meant []MonitorInfo) {
	if r.at.fields.IsMap() {
		if len(r.Fields.Roles) > 0 && len(r.selected(meant)) == 0 {
			r.at.fields.Warnf("unknown-field", "no field of the monitor has this role")
		}
		return
	}
	var known []string
	for _, m := range meant {
		for _, f := range m.Fields {
			known = append(known, f.Name)
		}
	}
	for _, c := range r.at.fields.OneOrList() {
		glob := c.Str("")
		switch {
		case !isPattern(glob) || slices.ContainsFunc(known, func(n string) bool { return match(glob, n) }):
		case isGlob(glob):
			c.Warnf("unknown-field", "no field matches %q", glob)
		default:
			c.Errorf("unknown-field", "unknown field %q%s", glob, yamlx.DidYouMean(glob, known))
		}
	}
}

// selected lists the names of the chosen fields of all the monitors.
func (r *Rule) selected(meant []MonitorInfo) []string {
	var out []string
	for _, m := range meant {
		for _, f := range m.Fields {
			if r.Fields.Matches(f) {
				out = append(out, f.Name)
			}
		}
	}
	return out
}

func (r *Rule) checkSegments(meant []MonitorInfo) {
	if len(r.Segments) == 0 {
		return
	}
	for _, m := range meant {
		if slices.ContainsFunc(m.Segments, r.isOf) {
			r.checkValues(meant)
			return
		}
	}
	var want []string
	for _, d := range r.Segments {
		want = append(want, d.Field)
	}
	r.at.segments.Errorf("unknown-segment", "the monitor has no segments by %s", strings.Join(want, " and "))
}

// checkValues reports values of segments that are not among those that a field is
// promised to have in any of the monitors.
func (r *Rule) checkValues(meant []MonitorInfo) {
	for _, e := range r.at.segments.Map().Entries() {
		promised, all := promisedValues(meant, e.Name())
		for _, c := range e.Value.OneOrList() {
			glob, _ := c.Literal()
			if all && isPattern(glob) && glob != rest && !slices.ContainsFunc(promised, func(v string) bool { return match(glob, v) }) {
				c.Warnf("value", "%q is not among the allowed values of %q", glob, e.Name())
			}
		}
	}
}

// promisedValues lists the values that a field is promised to have; all is false if
// some monitor promises none.
func promisedValues(meant []MonitorInfo, field string) (values []string, all bool) {
	for _, m := range meant {
		for _, f := range m.Fields {
			if f.Name != field {
				continue
			}
			if f.Values == nil {
				return nil, false
			}
			values = append(values, f.Values...)
		}
	}
	return values, values != nil
}

// checkResults reports a check that is not computed for anything that the rule
// looks at, or not for a field that it names.
func (r *Rule) checkResults(leaf *Condition, meant []MonitorInfo) {
	if leaf.ofRows {
		if !slices.ContainsFunc(meant, func(m MonitorInfo) bool { return computes(m.Results[""], leaf.Check) }) {
			leaf.at.Errorf("unknown-check", "check %q is not computed by the monitor%s", leaf.Check, thereIs(leaf.Check, meant, ""))
		}
		return
	}
	var computed []string
	var without []FieldInfo
	for _, m := range meant {
		for _, f := range m.Fields {
			switch {
			case !r.Fields.Matches(f):
			case computes(m.Results[f.Name], leaf.Check):
				computed = append(computed, f.Name)
			case slices.Contains(r.Fields.Names, f.Name):
				without = append(without, f)
			}
		}
	}
	switch {
	case len(without) > 0 && !slices.Contains(computed, without[0].Name):
		if f := without[0]; !fits(leaf.Check, f.Type) {
			leaf.at.Errorf("unfit-check", "check %q does not fit field %q, which is a %s", leaf.Check, f.Name, f.Type)
			return
		}
		leaf.at.Errorf("unknown-check", "check %q is not computed for field %q%s", leaf.Check, without[0].Name, thereIs(leaf.Check, meant, without[0].Name))
	case len(computed) == 0 && len(r.selected(meant)) > 0:
		leaf.at.Errorf("unknown-check", "check %q is computed for no field that the rule looks at%s", leaf.Check, thereIs(leaf.Check, meant, r.selected(meant)...))
	}
}

// thereIs says which results there are of some fields, or of the rows with "":
// those of the same check with other parameters or, if there are none, all.
func thereIs(check string, meant []MonitorInfo, fields ...string) string {
	var all []string
	for _, m := range meant {
		for _, f := range fields {
			all = append(all, m.Results[f]...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	same := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return checks.BaseName(name) != checks.BaseName(check) })
	if len(same) > 0 {
		all = same
	}
	if len(all) == 0 {
		return ""
	}
	return "; there is " + strings.Join(all, ", ")
}

// fits reports whether a check can be computed of fields of a type.
func fits(result, kind string) bool {
	check, _ := lookup(result)
	k, known := profile.ParseKind(kind)
	return !known || checks.Fits(check, k)
}

// computes reports whether a check names one of the results: see resultOf.
func computes(results []string, check string) bool {
	once := 0
	for _, name := range results {
		if name == check {
			return true
		}
		if checks.BaseName(name) == check {
			once++
		}
	}
	return once == 1
}
