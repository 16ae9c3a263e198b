package rules

import (
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// Evaluation is what one rule made of one window of one monitor. It is for people:
// nothing is decided by it.
type Evaluation struct {
	Alert   string      // the rule's; unique for a monitor
	End     window.Time // of the window
	Asked   uint32      // fields and segments that the condition was asked of
	Held    uint32      // those of them for which it held
	Unknown uint32      // those for which it cannot be told
	Why     string      // of the first that cannot be told, or why it was asked of nothing; else ""
	Pending uint32      // alerts after the window
	Firing  uint32
	Again   bool   // it was judged anew after a start: alerts are not counted
	Worst   *Worst // nil: it could be told of nothing
}

// Worst is where a window met a condition most or, if nothing met it, was nearest to.
type Worst struct {
	Segment string
	Field   string // "" for conditions without one
	Check   string
	Value   *float64 // nil: it is not to be shown
}

// watched is an evaluation in the making.
type watched struct {
	Evaluation
	scope scope
	worst finding
}

// watch begins the evaluations of a window, by rule.
func (p *Program) watch(sc scope) []watched {
	list := make([]watched, len(p.rules))
	for i := range p.rules {
		r := &p.rules[i]
		list[i].Evaluation = Evaluation{Alert: r.Alert, End: sc.window.End, Why: r.idle(sc)}
		if list[i].Why == "" {
			list[i].Why = "nothing in the window is meant"
		}
	}
	return list
}

// idle says why a rule is not asked of a window, or "".
func (r *Rule) idle(sc scope) string {
	switch {
	case r.When.NoData > 0:
		return "it is asked of the clock"
	case r.Mute.Overlap(sc.window.Start.Time(), sc.window.End.Time()):
		return "the window is in a time of mute"
	}
	return ""
}

// note adds one finding.
func (w *watched) note(sc scope, got finding) {
	if w.Asked == 0 {
		w.Why = ""
	}
	w.Asked++
	switch got.verdict {
	case unknown:
		w.Unknown++
		if w.Why == "" {
			w.Why = got.why
		}
		return
	case holds:
		w.Held++
	}
	if got.worse(w.worst) {
		w.scope, w.worst = sc, got
	}
}

// worse reports whether a finding meets the condition more than another one.
func (f finding) worse(than finding) bool {
	if f.verdict != than.verdict {
		return f.verdict > than.verdict
	}
	return f.far > than.far
}

// evaluations ends them, with the alerts that there are now.
func evaluations(list []watched, alerts []tracked) []Evaluation {
	out := make([]Evaluation, len(list))
	at := make(map[string]*Evaluation, len(list))
	for i := range list {
		w := &list[i]
		if w.worst.verdict != unknown {
			w.Worst = w.scope.rule.tell(w.scope, w.worst)
		}
		out[i] = w.Evaluation
		at[w.Alert] = &out[i]
	}
	for i := range alerts {
		switch e := at[alerts[i].Alert.Name]; {
		case e == nil:
		case alerts[i].Alert.State == Firing:
			e.Firing++
		default:
			e.Pending++
		}
	}
	return out
}

// tell leaves out of a finding what is redacted.
func (b *bound) tell(sc scope, got finding) *Worst {
	a := Alert{Field: sc.fieldName(), Check: got.check, Result: got.result}
	b.redact(&a)
	out := &Worst{Segment: sc.segment.Name, Field: a.Field, Check: a.Check}
	if a.Result.Skipped == "" {
		v := a.Result.Value // by itself: evaluations are kept
		out.Value = &v
	}
	return out
}

// Review returns what the rules make of a window that was judged before, without the
// alerts that there were then. It asks for no other windows, so that rules that look
// back on some say nothing.
func (p *Program) Review(w *checks.Window) []Evaluation {
	sc := scope{window: w, grid: p.Grid}
	list := p.watch(sc)
	p.each(sc, func(r *bound, sc scope) {
		if r.looksBack() {
			list[r.at].Why = "it looks back on windows, and the daemon was started since"
			return
		}
		list[r.at].note(sc, r.judge(sc))
	})
	for i := range list {
		list[i].Again = true
	}
	return evaluations(list, nil)
}

func (r *Rule) looksBack() bool {
	return slices.ContainsFunc(r.When.leaves(), func(leaf *Condition) bool { return leaf.Test.Change != nil })
}
