package monitors

import (
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

// Planned is a check that a monitor runs, and the name of its result.
type Planned struct {
	checks.Check
	Params checks.Params
	Result string
}

// FieldChecks lists the checks of a field: its own, else the monitor's, else
// all that its type has by default. Those that do not fit its type are left out.
func (s *Spec) FieldChecks(f *Field) []Planned {
	asked := f.Checks
	if len(asked) == 0 {
		asked = s.Checks
	}
	if len(asked) == 0 {
		for _, name := range checks.Defaults(f.Type) {
			asked = append(asked, Check{Name: name})
		}
	}
	return plan(asked, func(c checks.Check) bool { return c.Kinds != nil && checks.Fits(c, f.Type) })
}

// allFieldChecks lists the checks of all fields, in their order. Those that have none
// of their own share what is planned for their type.
func (s *Spec) allFieldChecks() [][]Planned {
	all, shared := make([][]Planned, len(s.Fields)), map[profile.Kind][]Planned{}
	for i := range s.Fields {
		f := &s.Fields[i]
		planned, ok := shared[f.Type]
		if !ok || len(f.Checks) > 0 {
			planned = s.FieldChecks(f)
		}
		if len(f.Checks) == 0 {
			shared[f.Type] = planned
		}
		all[i] = planned
	}
	return all
}

// SegmentChecks lists the checks that have no field.
func (s *Spec) SegmentChecks() []Planned {
	return slices.DeleteFunc(PlanChecks(s.Checks), func(c Planned) bool {
		return c.Kinds != nil || c.Name == "unknown_fields" && !s.UnknownFields
	})
}

// counts reports whether a check without a field is among the monitor's.
func (s *Spec) counts(check string) bool {
	return slices.ContainsFunc(s.SegmentChecks(), func(c Planned) bool { return c.Name == check })
}

// checksOf lists the checks without a field of one segment.
func (m *Monitor) checksOf(segment string) []Planned {
	return slices.DeleteFunc(m.Spec.SegmentChecks(), func(c Planned) bool {
		return c.Whole && segment != "" || c.Name == "duplicates" && m.id < 0
	})
}

// PlanChecks lists checks that are asked for, whatever they are of; all where none is.
func PlanChecks(asked []Check) []Planned {
	if len(asked) == 0 {
		for _, c := range checks.All() {
			asked = append(asked, Check{Name: c.Name})
		}
	}
	return plan(asked, func(checks.Check) bool { return true })
}

// plan expands what is asked for. A check that is asked for once has its plain
// name, however finely it bins; one that is asked for several times is named
// apart by its parameters. So is a quantile always: without its q the number
// says nothing.
func plan(asked []Check, fits func(checks.Check) bool) []Planned {
	var out []Planned
	byKey := map[string]bool{}
	times := map[string]int{}
	for _, a := range asked {
		for _, name := range checks.Expand(a.Name) {
			p := Planned{Params: a.Params}
			p.Result = checks.Key(name, p.Params)
			var ok bool
			if p.Check, ok = checks.Find(name); !ok || !fits(p.Check) || byKey[p.Result] {
				continue
			}
			byKey[p.Result] = true
			times[name]++
			out = append(out, p)
		}
	}
	for i := range out {
		if times[out[i].Name] == 1 && out[i].Params.Q == 0 {
			out[i].Result = out[i].Name
		}
	}
	return out
}
