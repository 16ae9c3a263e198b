package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"driftwatch/internal/config"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/reference"
)

// CompareOptions say what is compared.
type CompareOptions struct {
	Options
	Checks string  // as a monitor file lists them; "": all
	Alpha  float64 // 0: checks.DefaultAlpha
}

// Report is the comparison of two data sets. Its JSON is the output of the
// command.
type Report struct {
	Reference     Rows                     `json:"reference"`
	Current       Rows                     `json:"current"`
	Checks        map[string]checks.Result `json:"checks"` // those without a field
	Fields        []checks.Field           `json:"fields"` // of the reference, by name
	OnlyReference []string                 `json:"only_in_reference,omitempty"`
	OnlyCurrent   []string                 `json:"only_in_current,omitempty"`
	Ignored       []string                 `json:"ignored,omitempty"`

	of *pair // what was compared
}

// Rows is the size of a data set.
type Rows struct {
	Rows uint64 `json:"rows"`
}

// WriteJSON writes the report as one indented JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Empty says which side has no rows, so that no verdict is worth anything; ""
// where both have some.
func (r *Report) Empty() string {
	switch {
	case r.Reference.Rows == 0:
		return "the reference has no rows"
	case r.Current.Rows == 0:
		return "the current data have no rows"
	}
	return ""
}

// Drift reports whether a field drifted or broke a limit.
func (r *Report) Drift() bool {
	return slices.ContainsFunc(r.Fields, func(f checks.Field) bool {
		for _, c := range f.Checks {
			if c.Drift != nil && *c.Drift {
				return true
			}
		}
		return false
	})
}

// Compare compares two data files or profile files. The types of fields are
// those of a profile file, if there is one, else they are found out from the
// reference.
func Compare(referencePath, currentPath string, o CompareOptions) (_ *Report, err error) {
	asked, err := config.ParseChecks(o.Checks)
	if err != nil {
		return nil, fmt.Errorf("read the checks asked for: %w", err)
	}
	if referencePath == "-" && currentPath == "-" {
		return nil, errors.New("only one of the two can be standard input")
	}
	rs, err := o.side(referencePath)
	defer func() { err = errors.Join(err, rs.close()) }()
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	cs, err := o.side(currentPath)
	defer func() { err = errors.Join(err, cs.close()) }()
	if err != nil {
		return nil, fmt.Errorf("current data: %w", err)
	}
	p, err := o.load(rs, cs)
	if err != nil {
		return nil, err
	}
	return p.report(monitors.PlanChecks(asked), o.Alpha), nil
}

// pair is what is compared.
type pair struct {
	shared             map[string]*checks.Shared // by field
	reference, current *reference.Reference
	ignored            []string
	known              []string // columns of the reference's data file
	others             []string // columns of the current data that are no fields
}

func (o *CompareOptions) load(rs, cs *side) (*pair, error) {
	p := &pair{reference: rs.profile, current: cs.profile}
	fields, err := o.compared(p, rs)
	if err != nil {
		return nil, err
	}
	if p.reference == nil {
		if p.reference, err = reference.Build(rs.input, fields, nil); err != nil {
			return nil, fmt.Errorf("reference: %w", err)
		}
		p.known = rs.input.Names()
	}
	if p.current == nil {
		for i, f := range fields {
			if r := p.reference.Profile(f.Name); r != nil {
				fields[i].Guide, _ = r.Guide()
			}
		}
		if p.current, err = reference.Judged(cs.input, fields); err != nil {
			return nil, fmt.Errorf("current data: %w", err)
		}
		p.others = cs.input.Names()
	}
	return p, checkKinds(p.reference, p.current)
}

// compared returns the fields to read from what is a data file.
func (o *CompareOptions) compared(p *pair, rs *side) (fields []reference.FieldSpec, err error) {
	switch {
	case o.Fields != nil:
		return slices.Clone(o.Fields), nil
	case p.reference != nil:
		fields = specsOf(p.reference)
	case p.current != nil:
		fields = specsOf(p.current)
	default:
		fields, p.ignored, err = o.specs(rs.input)
		if err != nil {
			return nil, fmt.Errorf("reference: %w", err)
		}
		return fields, nil
	}
	return o.retype(p, fields)
}

// retype leaves out the fields that are to be ignored. A profile has its types
// already, so no other type can be given.
func (o *CompareOptions) retype(p *pair, fields []reference.FieldSpec) ([]reference.FieldSpec, error) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	if err := checkTypes(o.Types, names); err != nil {
		return nil, err
	}
	var kept []reference.FieldSpec
	for _, f := range fields {
		switch t, given := o.Types[f.Name]; {
		case t == Ignore:
			p.ignored = append(p.ignored, f.Name)
		case given && t != f.Kind.String():
			return nil, fmt.Errorf("type %q of field %q: it is a %s in the profile, and a profile cannot be read as another type", t, f.Name, f.Kind)
		default:
			kept = append(kept, f)
		}
	}
	return kept, nil
}

func (p *pair) report(chosen []monitors.Planned, alpha float64) *Report {
	if alpha == 0 {
		alpha = checks.DefaultAlpha
	}
	r := &Report{
		Reference: Rows{p.reference.Rows}, Current: Rows{p.current.Rows}, Ignored: p.ignored, of: p,
		Checks: map[string]checks.Result{}, Fields: []checks.Field{},
	}
	for _, f := range p.reference.Fields {
		if slices.Contains(p.ignored, f.Name) {
			continue
		}
		if p.current.Profile(f.Name) == nil && !slices.Contains(p.others, f.Name) {
			r.OnlyReference = append(r.OnlyReference, f.Name)
		}
		r.Fields = append(r.Fields, field(f.Name, f.Profile, p.currentOf(f.Name, f.Profile)))
	}
	r.OnlyCurrent = p.onlyCurrent()
	for _, c := range chosen {
		p.run(r, c, alpha)
	}
	for i := range r.Fields {
		if f := &r.Fields[i]; checks.Shifted(f.Checks) {
			f.Moved = checks.Moved(p.input(f.Name))
		}
	}
	return r
}

func field(name string, r, c *profile.Profile) checks.Field {
	summary := checks.Summarize(r)
	return checks.Field{
		Name: name, Type: r.Kind().String(), Reference: &summary, Current: checks.Summarize(c),
		Checks: map[string]checks.Result{},
	}
}

// onlyCurrent lists what the current data have and the reference does not.
func (p *pair) onlyCurrent() []string {
	names := slices.Clone(p.others)
	for _, f := range p.current.Fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		return p.reference.Profile(name) != nil || slices.Contains(p.ignored, name) || slices.Contains(p.known, name)
	})
}

// currentOf returns the current profile of a field of the reference. Where no
// row has the field it says so: that is what the check missing is about.
func (p *pair) currentOf(name string, r *profile.Profile) *profile.Profile {
	if c := p.current.Profile(name); c != nil {
		return c
	}
	c := profile.New(profile.Options{Kind: r.Kind()})
	c.AddRows(p.current.Rows)
	return c
}

// input is what the checks of a field of the reference are computed from.
func (p *pair) input(name string) checks.Input {
	r := p.reference.Profile(name)
	if p.shared == nil {
		p.shared = map[string]*checks.Shared{}
	}
	if p.shared[name] == nil {
		p.shared[name] = &checks.Shared{}
	}
	return checks.Input{Reference: r, Current: p.currentOf(name, r), Shared: p.shared[name]}
}

// run computes one check of all fields and judges it.
func (p *pair) run(r *Report, c monitors.Planned, alpha float64) {
	if c.Kinds == nil {
		if c.Name != "unknown_fields" { // the report lists them
			r.Checks[c.Name] = c.Compute(checks.Input{Rows: p.current.Rows, ReferenceRows: p.reference.Rows})
		}
		return
	}
	results := make([]*checks.Result, len(r.Fields))
	var judged []*checks.Result
	for i, f := range r.Fields {
		in := p.input(f.Name)
		if !checks.Fits(c.Check, in.Reference.Kind()) {
			continue
		}
		in.Alpha, in.Params = alpha, c.Params
		result := c.Compute(in)
		results[i] = &result
		judged = append(judged, &result)
	}
	checks.Judge(c.Floor, alpha, judged)
	for i, result := range results {
		if result != nil {
			r.Fields[i].Checks[c.Result] = *result
		}
	}
}
