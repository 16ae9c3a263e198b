package monitors

import (
	"fmt"
	"maps"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

// Closing is all that the result of a window is a function of, beside the
// monitor itself.
type Closing struct {
	Pane    *Pane         // merged over partitions, in their order
	Cut     []checks.Cut  // by partition
	Partial bool          // records before the first one read are missing
	History []checks.Past // earlier windows, oldest first
}

// Evaluate runs the monitor's checks on a window.
func (m *Monitor) Evaluate(c Closing) *checks.Window {
	c.Pane.Flush()
	w := &checks.Window{
		Monitor: m.Spec.Name, Start: c.Pane.Start, End: c.Pane.End,
		Partial: c.Partial, Cut: c.Cut,
	}
	if m.Reference != nil {
		w.Reference = m.Reference.Hash
	}
	v := verdicts{}
	for _, name := range c.Pane.names() {
		w.Segments = append(w.Segments, m.evaluateSegment(c, name, v))
	}
	if !c.Partial {
		v.judge(m.Spec.Alpha)
	}
	return w
}

func (m *Monitor) evaluateSegment(c Closing, name string, v verdicts) checks.Segment {
	counts := c.Pane.segments[name]
	seg := checks.Segment{
		Name: name, Rows: counts.rows, Unknown: slices.Sorted(slices.Values(counts.unknown.names)),
		Checks: map[string]checks.Result{}, Fields: []checks.Field{},
	}
	in := checks.Input{Rows: counts.rows, UnknownRows: counts.unknownRows, Start: c.Pane.Start}
	if name == "" {
		in.History = c.History
	}
	v.run(seg.Checks, m.segmentChecks(), in)
	for i := range m.fields {
		seg.Fields = append(seg.Fields, m.evaluateField(i, name, counts.fields[i], v))
	}
	return seg
}

func (m *Monitor) evaluateField(i int, segment string, cur *profile.Profile, v verdicts) checks.Field {
	f := &m.fields[i]
	out := checks.Field{
		Name: f.Name, Type: f.Type.String(), Role: f.Role,
		Current: checks.Summarize(cur), Checks: map[string]checks.Result{},
	}
	in := checks.Input{
		Current: cur,
		Limits: checks.Limits{
			Min: f.Min, Max: f.Max, Nulls: f.Nulls, Missing: f.Missing,
			Allowed: f.Allowed != nil, Pattern: f.Pattern != nil,
		},
	}
	// A file says nothing of the segments that a window is cut into.
	if ref := m.Reference.Profile(f.Name); ref != nil && segment == "" {
		in.Reference = ref
		sum := checks.Summarize(ref)
		out.Reference = &sum
	}
	v.run(out.Checks, m.fieldChecks(f.Field), in)
	return out
}

// fieldChecks lists the checks of a field: its own, else the monitor's, else
// all that its type has by default. Those that do not fit its type are left out.
func (m *Monitor) fieldChecks(f *Field) []Check {
	asked := f.Checks
	if len(asked) == 0 {
		asked = m.Spec.Checks
	}
	if len(asked) == 0 {
		for _, name := range checks.Defaults(f.Type) {
			asked = append(asked, Check{Name: name})
		}
	}
	return expand(asked, func(c checks.Check) bool { return c.Kinds != nil && checks.Fits(c, f.Type) })
}

// segmentChecks lists the checks that have no field.
func (m *Monitor) segmentChecks() []Check {
	asked := m.Spec.Checks
	if len(asked) == 0 {
		for _, c := range checks.All() {
			asked = append(asked, Check{Name: c.Name})
		}
	}
	return expand(asked, func(c checks.Check) bool {
		return c.Kinds == nil && (c.Name != "unknown_fields" || m.Spec.UnknownFields)
	})
}

func expand(asked []Check, fits func(checks.Check) bool) []Check {
	var out []Check
	for _, a := range asked {
		for _, name := range checks.Expand(a.Name) {
			if c, ok := checks.Find(name); ok && fits(c) {
				out = append(out, Check{Name: name, Bins: a.Bins, Q: a.Q})
			}
		}
	}
	return out
}

// verdicts collects the results of one window by check, because a verdict
// corrects for all fields and segments that the same check was asked of.
type verdicts map[string][]verdict

type verdict struct {
	check  checks.Check
	into   map[string]checks.Result
	key    string
	result *checks.Result
}

func (v verdicts) run(into map[string]checks.Result, asked []Check, in checks.Input) {
	for _, a := range asked {
		c, ok := checks.Find(a.Name)
		if !ok {
			panic(fmt.Sprintf("check %q is not in the table", a.Name))
		}
		in.Params = checks.Params{Bins: a.Bins, Q: a.Q}
		key := checks.Key(a.Name, in.Params)
		if _, twice := into[key]; twice {
			continue
		}
		r := c.Compute(in)
		into[key] = r
		v[key] = append(v[key], verdict{c, into, key, &r})
	}
}

func (v verdicts) judge(alpha float64) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		var results []*checks.Result
		for _, one := range v[key] {
			results = append(results, one.result)
		}
		checks.Judge(v[key][0].check.Floor, alpha, results)
		for _, one := range v[key] {
			one.into[one.key] = *one.result
		}
	}
}
