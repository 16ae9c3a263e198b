package batch

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"driftwatch/monitors/checks"
)

// judged is one field as people are told about it.
type judged struct {
	field   *checks.Field
	at      int    // its place in the report
	verdict string // one of those below
	why     []string
	urgency float64 // how much a person should care
}

// Verdicts of a field.
const (
	drifts    = "DRIFT"
	uncertain = "uncertain"
	steady    = "ok"
)

// judged lists the fields of the report, those first that need looking at most.
func (r *Report) judged() []judged {
	out := make([]judged, len(r.Fields))
	for i := range r.Fields {
		out[i] = judge(&r.Fields[i])
		out[i].at = i
	}
	slices.SortStableFunc(out, func(a, b judged) int { return -cmp.Compare(a.urgency, b.urgency) })
	return out
}

// count counts the fields that have a verdict.
func count(all []judged, verdict string) int {
	n := 0
	for _, j := range all {
		if j.verdict == verdict {
			n++
		}
	}
	return n
}

// finding is one check of a field, and how far its effect is beyond the floor
// of attention.
type finding struct {
	name     string
	result   checks.Result
	strength float64
	drift    bool
	distance bool
}

// judge says how a field is: by the checks that drift, strongest first, or are
// uncertain, or else by the one that came nearest to a drift.
func judge(f *checks.Field) judged {
	l := judged{field: f, verdict: steady, why: []string{"no values to compare"}}
	all := findings(f)
	if len(all) == 0 {
		if f.Reference.Present > 0 && f.Current.Present > 0 {
			l.why = []string{"none of these checks gives a verdict"}
		}
		return l
	}
	l.urgency = min(all[0].strength, 1e6)
	shown := all[:1]
	if drift := only(all, func(x finding) bool { return x.drift }); len(drift) > 0 {
		l.verdict, shown = drifts, drift
		l.urgency += 2e6
	} else if open := only(all, func(x finding) bool { return x.result.Uncertain }); len(open) > 0 {
		l.verdict, shown = uncertain, open
		l.urgency += 1e6
	}
	const most = 3
	l.why = nil
	for _, x := range shown[:min(most, len(shown))] {
		l.why = append(l.why, x.text())
	}
	return l
}

func only(all []finding, keep func(finding) bool) []finding {
	var kept []finding
	for _, x := range all {
		if keep(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

// findings lists the checks of a field that say something: drift first, then
// by strength, then distances before shares of rows, then as in the table of
// checks.
func findings(f *checks.Field) []finding {
	var all []finding
	for _, c := range checks.All() {
		r, ok := f.Checks[c.Name]
		if !ok || r.Skipped != "" || c.Floor == 0 || r.Effect == nil {
			continue
		}
		x := finding{name: c.Name, result: r, drift: r.Drift != nil && *r.Drift, distance: c.NeedsReference}
		x.strength = math.Abs(*r.Effect) / c.Floor
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		return cmp.Or(first(a.drift, b.drift), -cmp.Compare(a.strength, b.strength), first(a.distance, b.distance))
	})
	return all
}

// first orders what has a property before what has not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (x finding) text() string {
	switch r := x.result; {
	case r.Violation:
		return x.name + " " + short(r.Value) + " (limit)"
	case r.Uncertain:
		return fmt.Sprintf("%s between %s and %s", x.name, short(r.Low), short(r.High))
	case x.drift && r.PValue != nil:
		return fmt.Sprintf("%s %s (p %s)", x.name, short(r.Value), short(*r.PValue))
	default:
		return x.name + " " + short(r.Value)
	}
}

// shift says how the middle of the numbers moved.
func shift(f *checks.Field) string {
	r, c := f.Reference, f.Current
	if r == nil || r.Mean == nil || c.Mean == nil || f.Type == "timestamp" {
		return ""
	}
	return fmt.Sprintf("mean %s -> %s", short(*r.Mean), short(*c.Mean))
}
