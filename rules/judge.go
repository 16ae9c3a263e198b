package rules

import (
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

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
	rule    *bound
	window  *checks.Window
	segment *checks.Segment
	field   *checks.Field // nil for conditions without a field
	at      int           // of the field in the segment
	grid    window.Grid   // of the monitor's panes
	earlier Earlier
}

func (s scope) fieldName() string {
	if s.field == nil {
		return ""
	}
	return s.field.Name
}

// result returns the result of a check, of the field if there is one, and its
// whole name; one that is skipped where there is none.
func (s scope) result(check string) (string, checks.Result) {
	from := s.segment.Checks
	if s.field != nil {
		from = s.field.Checks
	}
	name, r := resultOf(from, check)
	if name == "" {
		return check, checks.Result{Skipped: "not computed"}
	}
	return name, r
}

// value is a result of which only the value is asked for: that of volume needs no
// earlier windows to compare with.
func (s scope) value(name string, r checks.Result) checks.Result {
	if name == "volume" && r.Skipped != "" && !s.window.Partial {
		return exactly(float64(s.segment.Rows))
	}
	return r
}

// finding is a verdict, the result that it rests on, and the number that
// thresholds are compared with.
type finding struct {
	verdict verdict
	check   string
	result  checks.Result
	asked   span
	far     float64 // from where the condition begins to hold, on its side; for people
	why     string  // why it cannot be told
	against string  // the earlier windows that the result was compared with, in words, or ""
}

// span is a number of which only the bounds are certain.
type span struct{ low, high float64 }

// spanOf is the value of a result.
func spanOf(r checks.Result) span { return span{r.Low, r.High} }

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
	switch {
	case c.ofRows:
		sc.field = nil
	case sc.field == nil:
		return finding{check: c.Check, why: "it is asked of fields"}
	}
	name, r := sc.result(c.Check)
	if !c.Test.needsVerdict() {
		r = sc.value(name, r)
	}
	switch {
	case r.Skipped != "":
		return finding{check: c.Check, why: r.Skipped}
	case c.Test.Change != nil:
		return c.Test.Change.judge(sc, name, r)
	}
	return finding{verdict: c.Test.judge(r), check: name, result: r, asked: spanOf(r), far: c.Test.far(r), why: "it has no verdict"}
}

func exactly(v float64) checks.Result { return checks.Result{Value: v, Low: v, High: v} }

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
		if !sc.rule.fields[f.Name] {
			continue
		}
		sc.field, sc.at = f, i
		switch c.Share.judge(sc).verdict {
		case holds:
			held++
			judged++
		case fails:
			judged++
		}
	}
	if judged == 0 {
		return finding{check: c.Share.Check, why: "it can be told of no field"}
	}
	r := exactly(held / judged)
	return finding{verdict: truth(c.Over.holds(spanOf(r))), check: c.Share.Check, result: r, asked: spanOf(r), far: c.Over.far(spanOf(r))}
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
	return truth(t.holds(spanOf(r)))
}

// far is how far a result is on the side where the test holds.
func (t *Test) far(r checks.Result) float64 {
	switch {
	case t.Drift && r.Effect != nil:
		return *r.Effect
	case t.PBelow != nil && r.PValue != nil:
		return -*r.PValue
	}
	return t.Threshold.far(spanOf(r))
}

// far is how far a number is beyond the threshold; negative before it.
func (t *Threshold) far(s span) float64 {
	switch {
	case t.Above != nil:
		return s.low - *t.Above
	case t.Below != nil:
		return *t.Below - s.high
	case t.Outside != nil:
		return max(s.low-t.Outside[1], t.Outside[0]-s.high)
	}
	return 0
}

// holds reports whether the comparison is true of every number that is
// possible: what is uncertain is never an alarm, and never the end of one.
func (t *Threshold) holds(s span) bool {
	switch {
	case t.Above != nil:
		return s.low > *t.Above
	case t.Below != nil:
		return s.high < *t.Below
	case t.Outside != nil:
		return s.high < t.Outside[0] || s.low > t.Outside[1]
	}
	return false
}

func truth(b bool) verdict {
	if b {
		return holds
	}
	return fails
}
