package rules

import "driftwatch/monitors/checks"

// verdict is what a window says of a condition.
type verdict uint8

const (
	unknown verdict = iota // it cannot be judged
	fails
	holds
)

// scope is what a condition is judged on: a segment of a window and, for
// checks of fields, one field.
type scope struct {
	window   *checks.Window
	segment  *checks.Segment
	field    *checks.Field   // nil for conditions without a field
	selected map[string]bool // the rule's fields
}

func (s scope) fieldName() string {
	if s.field == nil {
		return ""
	}
	return s.field.Name
}

// finding is a verdict and the result that it rests on.
type finding struct {
	verdict verdict
	check   string
	result  checks.Result
}

// judge asks the condition of one window. Of several conditions the finding
// shows the first that decides.
func (c *Condition) judge(sc scope) finding {
	switch {
	case c.Share != nil:
		return c.judgeShare(sc)
	case c.Any != nil:
		return combine(c.Any, sc, holds)
	case c.All != nil:
		return combine(c.All, sc, fails)
	}
	from := sc.segment.Checks
	if !c.ofRows {
		if sc.field == nil {
			return finding{check: c.Check}
		}
		from = sc.field.Checks
	}
	name, r := resultOf(from, c.Check)
	if name == "volume" && r.Skipped != "" && !c.Test.needsVerdict() && !sc.window.Partial {
		// A limit of rows needs no earlier windows to compare with.
		rows := float64(sc.segment.Rows)
		r = checks.Result{Value: rows, Low: rows, High: rows}
	}
	if name == "" || r.Skipped != "" {
		return finding{check: c.Check}
	}
	return finding{c.Test.judge(r), name, r}
}

// resultOf finds the result of a check. Where it was computed once, with
// parameters, the plain name of the check stands for it.
func resultOf(results map[string]checks.Result, check string) (string, checks.Result) {
	if r, ok := results[check]; ok {
		return check, r
	}
	found := ""
	for name := range results {
		if checks.BaseName(name) != check {
			continue
		}
		if found != "" {
			return "", checks.Result{}
		}
		found = name
	}
	return found, results[found]
}

// combine is three-valued logic: one finding with the deciding verdict decides;
// else one that is unknown leaves all unknown.
func combine(list []Condition, sc scope, deciding verdict) finding {
	var first, open *finding
	for i := range list {
		f := list[i].judge(sc)
		switch {
		case f.verdict == deciding:
			return f
		case f.verdict == unknown && open == nil:
			open = &f
		case first == nil:
			first = &f
		}
	}
	switch {
	case open != nil:
		return *open
	case first != nil:
		return *first
	}
	return finding{}
}

// judgeShare counts for how many of the selected fields a condition holds, out
// of those for which it can be judged.
func (c *Condition) judgeShare(sc scope) finding {
	var judged, held float64
	for i := range sc.segment.Fields {
		f := &sc.segment.Fields[i]
		if !sc.selected[f.Name] {
			continue
		}
		sc.field = f
		switch c.Share.judge(sc).verdict {
		case holds:
			held++
			judged++
		case fails:
			judged++
		}
	}
	if judged == 0 {
		return finding{check: c.Share.Check}
	}
	share := held / judged
	r := checks.Result{Value: share, Low: share, High: share}
	return finding{truth(c.Over.holds(r)), c.Share.Check, r}
}

// needsVerdict reports whether more than a value is asked for.
func (t *Test) needsVerdict() bool { return t.Drift || t.PBelow != nil }

func (t *Test) judge(r checks.Result) verdict {
	switch {
	case t.Drift && r.Drift == nil, t.PBelow != nil && r.PValue == nil:
		return unknown
	case t.Drift:
		return truth(*r.Drift)
	case t.PBelow != nil:
		return truth(*r.PValue < *t.PBelow)
	}
	return truth(t.holds(r))
}

// holds reports whether the comparison is true of every value that the result
// allows: what is uncertain is never an alarm, and never the end of one.
func (t *Threshold) holds(r checks.Result) bool {
	switch {
	case t.Above != nil:
		return r.Low > *t.Above
	case t.Below != nil:
		return r.High < *t.Below
	case t.Outside != nil:
		return r.High < t.Outside[0] || r.Low > t.Outside[1]
	}
	return false
}

func truth(b bool) verdict {
	if b {
		return holds
	}
	return fails
}
