package monitors

import (
	"maps"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

// Closing is all that the result of a window is a function of, beside the
// monitor itself.
type Closing struct {
	Pane      *Pane         // merged over partitions, in their order
	Cut       []checks.Cut  // by partition
	Partial   bool          // records before the first one read are missing
	History   []checks.Past // earlier windows, oldest first
	Reference *Baseline     // nil: there is none, or none yet, or it is within the window

	within bool // the reference is segments of the window itself
}

// Evaluate runs the monitor's checks on a window.
func (m *Monitor) Evaluate(c Closing) *checks.Window {
	c.Pane.Flush()
	if c.Reference == nil && len(m.Spec.Reference.Segment) > 0 {
		c.Reference, c.within = c.Pane.champions(), true
	}
	w := &checks.Window{
		Monitor: m.Spec.Name, Start: c.Pane.Start, End: c.Pane.End,
		Partial: c.Partial, Cut: c.Cut,
	}
	if c.Reference != nil {
		w.Reference = c.Reference.Hash
	}
	v := verdicts{}
	for _, name := range c.Pane.names() {
		w.Segments = append(w.Segments, m.evaluateSegment(c, name, v))
	}
	if !c.Partial {
		v.judge(m.Spec.Alpha)
		m.explain(c, w)
	}
	return w
}

func (m *Monitor) evaluateSegment(c Closing, name string, v verdicts) checks.Segment {
	counts := c.Pane.segments[name]
	seg := checks.Segment{
		Name: name, Rows: counts.rows, Unknown: slices.Sorted(slices.Values(counts.unknown.names)),
		Checks: map[string]checks.Result{}, Fields: []checks.Field{},
	}
	in := checks.Input{Rows: counts.rows, UnknownRows: counts.unknownRows, Start: c.Pane.Start, End: c.Pane.End}
	if name == "" {
		ids := c.Pane.ids.Counts()
		in.History, in.Cut, in.IDs = c.History, c.Cut, &ids
	}
	ref := m.against(c, name)
	if ref.baseline != nil && ref.unknown != nil {
		in.ReferenceRows, in.ReferenceUnknownRows = ref.rows, *ref.unknown
	}
	v.run(seg.Checks, m.checksOf(name), in)
	for i := range m.fields {
		seg.Fields = append(seg.Fields, m.evaluateField(i, counts.fields[i], ref, v))
	}
	return seg
}

func (m *Monitor) evaluateField(i int, cur *profile.Profile, ref against, v verdicts) checks.Field {
	f := &m.fields[i]
	out := checks.Field{
		Name: f.Name, Type: f.Type.String(), Role: f.Role, Redacted: f.Redact,
		Current: checks.Summarize(cur), Checks: map[string]checks.Result{},
	}
	in := checks.Input{
		Current: cur, Alpha: m.Spec.Alpha, Shared: &checks.Shared{},
		Limits: f.Limits(),
	}
	if of, why := ref.field(f.Name); of != nil {
		in.Reference, out.Reference = of.profile, &of.summary
	} else {
		in.NoReference = why
	}
	v.run(out.Checks, m.Spec.FieldChecks(f.Field), in)
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

func (v verdicts) run(into map[string]checks.Result, planned []Planned, in checks.Input) {
	for _, c := range planned {
		in.Params = c.Params
		r := c.Compute(in)
		into[c.Result] = r
		key := checks.Key(c.Name, c.Params)
		v[key] = append(v[key], verdict{c.Check, into, c.Result, &r})
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
