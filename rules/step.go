package rules

import (
	"slices"
	"strings"
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// Program is the rules of one monitor, with its fields chosen. It may be used
// by several goroutines.
type Program struct {
	Monitor
	rules []bound
}

// Monitor is what a program knows of its monitor.
type Monitor struct {
	Name   string
	Fields []FieldInfo
	Grid   window.Grid // of the panes that its windows are made of
	Site   string      // where people find the daemon's pages, or ""
}

// page is the address of the monitor's page, or "".
func (m *Monitor) page() string {
	if m.Site == "" {
		return ""
	}
	return strings.TrimSuffix(m.Site, "/") + MonitorPath(m.Name)
}

// bound is a rule and the names of the monitor's fields that it looks at.
type bound struct {
	*Rule
	at       int // in the program
	fields   map[string]bool
	redacted map[string]bool // those of them whose values are not shown
}

// ForMonitor returns the program of the rules that are meant for a monitor.
func (s *Set) ForMonitor(m Monitor) *Program {
	p := &Program{Monitor: m}
	for _, r := range s.Rules {
		if !matchAny(r.Monitors, m.Name) {
			continue
		}
		b := bound{Rule: r, at: len(p.rules), fields: make(map[string]bool), redacted: make(map[string]bool)}
		for _, f := range m.Fields {
			if r.Fields.Matches(f) {
				b.fields[f.Name], b.redacted[f.Name] = true, f.Redact
			}
		}
		p.rules = append(p.rules, b)
	}
	return p
}

// Rules returns the rules of the program in the order of their files.
func (p *Program) Rules() []*Rule {
	list := make([]*Rule, len(p.rules))
	for i, b := range p.rules {
		list[i] = b.Rule
	}
	return list
}

// Len is how many rules the program has.
func (p *Program) Len() int { return len(p.rules) }

// Reach is how long before a window those begin that rules compare it with, where
// windows have this length.
func (p *Program) Reach(length time.Duration) time.Duration {
	reach := time.Duration(0)
	for _, r := range p.rules {
		for _, leaf := range r.When.leaves() {
			if leaf.Test.Change != nil {
				reach = max(reach, leaf.Test.Change.reach(length))
			}
		}
	}
	return reach
}

// Before is how many windows, one before the other, rules compare a window with at
// most. How long that is nobody can say: there are none where the stream has no records.
func (p *Program) Before() int {
	n := 0
	for _, r := range p.rules {
		for _, leaf := range r.When.leaves() {
			if leaf.Test.Change != nil {
				n = max(n, leaf.Test.Change.Against.Windows)
			}
		}
	}
	return n
}

// Step judges one window and returns the new state and the alerts that fired or
// resolved: by rule in the order of the files, then segment and field in the
// window's order. It is a pure function of the window, of those before it that it
// asks for, and of the state, which is not changed.
//
// A condition holds, does not hold, or cannot be judged: its check was skipped
// or is not in the window, the verdict of a partial window is absent, the window
// has fewer than min_rows rows, or the segment has none. What cannot be judged
// leaves an alert as it is: a pending one stays pending with its count, a
// firing one keeps firing. So does a window that does not end after the
// newest one judged.
func (p *Program) Step(state State, w *checks.Window, earlier Earlier) (State, []Event) {
	state, events, _ := p.Evaluate(state, w, earlier)
	return state, events
}

// Evaluate is Step that also returns what each rule made of the window, in the order
// of Rules.
func (p *Program) Evaluate(state State, w *checks.Window, earlier Earlier) (State, []Event, []Evaluation) {
	if state.stepped && w.End <= state.end {
		return state, nil, nil
	}
	sc := scope{window: w, grid: p.Grid, earlier: remember(earlier)}
	s := stepper{Monitor: &p.Monitor, page: p.page(), window: w, next: make(map[key]tracked, len(state.tracked)), watched: p.watch(sc)}
	for _, t := range state.tracked {
		s.next[t.key()] = t
	}
	p.each(sc, s.advance)
	next := State{end: w.End, stepped: true, heard: state.heard, tracked: sorted(s.next)}
	return next, s.events, evaluations(s.watched, next.tracked)
}

// stepper is one Step under way.
type stepper struct {
	*Monitor
	page    string
	window  *checks.Window
	next    map[key]tracked
	events  []Event
	watched []watched // by rule
}

// remember asks for each window once.
func remember(earlier Earlier) Earlier {
	seen := make(map[window.Time]*checks.Window)
	return func(end window.Time) *checks.Window {
		w, ok := seen[end]
		if !ok {
			w = earlier(end)
			seen[end] = w
		}
		return w
	}
}

// each calls fn for each alert that the rules may have of a window: for each
// segment once, or once for each field.
func (p *Program) each(sc scope, fn func(*bound, scope)) {
	w := sc.window
	for i := range p.rules {
		sc.rule = &p.rules[i]
		if sc.rule.idle(sc) != "" {
			continue
		}
		for j := range w.Segments {
			if sc.segment = &w.Segments[j]; sc.rule.matchesSegment(sc.segment.Name) {
				sc.rule.each(sc, fn)
			}
		}
	}
}

func (r *bound) each(sc scope, fn func(*bound, scope)) {
	if !r.When.perField() {
		fn(r, sc)
		return
	}
	for i := range sc.segment.Fields {
		if f := &sc.segment.Fields[i]; r.fields[f.Name] {
			sc.field, sc.at = f, i
			fn(r, sc)
		}
	}
}

// judge asks the rule's condition; windows that are too small say nothing.
func (r *bound) judge(sc scope) finding {
	if sc.segment.Rows < r.MinRows {
		return finding{why: "fewer rows than min_rows"}
	}
	return r.When.judge(sc)
}

func (r *bound) key(sc scope) key { return key{r.Alert, sc.segment.Name, sc.fieldName()} }

// advance moves one alert by one window.
func (s *stepper) advance(r *bound, sc scope) {
	got, k := r.judge(sc), r.key(sc)
	s.watched[r.at].note(sc, got)
	t, tracking := s.next[k]
	switch {
	case got.verdict == unknown, !tracking && got.verdict == fails:
		return
	case !tracking:
		t = tracked{Rule: r.id, Alert: r.newAlert(s.window, sc)}
	}
	t.Run = t.Run.after(got.verdict == holds, r.Windows)
	said := t.Alert.Annotations
	t = s.updated(t, r, sc, got)
	switch firing := t.Alert.State == Firing; {
	case firing && r.resolves(&t, got):
		delete(s.next, k)
		t.Alert.Annotations = said // they are written for values that fire
		s.events = append(s.events, Event{Alert: resolved(t.Alert, s.window.End)})
		return
	case !firing && t.Run == nil:
		delete(s.next, k)
		return
	case !firing && t.Run.held() >= r.Windows.Need:
		end := s.window.End
		t.Alert.State, t.Alert.Fired = Firing, &end
		s.events = append(s.events, Event{Alert: t.Alert})
	}
	s.next[k] = t
}

// resolves reports whether a firing alert is over: its condition holds no longer in
// so many windows as it takes to fire or, with `resolve`, that threshold is met
// for certain.
func (r *Rule) resolves(t *tracked, got finding) bool {
	if r.Resolve != nil {
		return r.Resolve.holds(got.asked)
	}
	return got.verdict == fails && t.Run.held() < r.Windows.Need
}

func resolved(a Alert, end window.Time) Alert {
	a.State, a.Since, a.EndsAt = Resolved, end, &end
	return a
}

// newAlert is a pending alert that begins with this window.
func (r *Rule) newAlert(w *checks.Window, sc scope) Alert {
	return Alert{
		Fingerprint: fingerprint(r.Alert, w.Monitor, sc.segment.Name, sc.fieldName()),
		Name:        r.Alert,
		Monitor:     w.Monitor,
		Segment:     sc.segment.Name,
		Field:       sc.fieldName(),
		State:       Pending,
		Since:       w.End,
	}
}

// updated lets an alert show the window that was judged last.
func (s *stepper) updated(t tracked, r *bound, sc scope, got finding) tracked {
	a, w := &t.Alert, s.window
	a.Check, a.When, a.Result, a.Against = got.check, r.When.String(), got.result, got.against
	a.WindowStart, a.WindowEnd = w.Start, w.End
	a.Severity, a.Labels = r.Severity, r.Labels
	a.Moved, a.ExplainedBy = nil, nil
	if sc.field != nil {
		a.Moved, a.ExplainedBy = sc.field.Moved, sc.field.ExplainedBy
	}
	r.redact(a)
	a.Annotations = r.render(*a, sc.segment.Rows, s.page)
	return t
}

// Adopt carries a state over to changed rules. An alert stays as it is under a
// rule that still decides the same and still looks at its field and segment. A
// pending one is forgotten otherwise; a firing one resolves, at the end of the
// newest window, so that a resolve always follows a fire.
func (p *Program) Adopt(old State) (State, []Event) {
	next := old
	next.tracked = nil
	var events []Event
	for _, t := range old.tracked {
		t.Alert = p.Redact(t.Alert)
		switch {
		case p.keeps(&t):
			next.tracked = append(next.tracked, t)
		case t.Alert.State == Firing:
			end := old.end
			if t.Alert.Check == NoData {
				end = t.Alert.WindowEnd // of the clock, as its other times are
			}
			events = append(events, Event{Alert: resolved(t.Alert, end)})
		}
	}
	return next, events
}

func (p *Program) keeps(t *tracked) bool {
	return t.Alert.Monitor == p.Name && slices.ContainsFunc(p.rules, func(b bound) bool {
		return b.Alert == t.Alert.Name && b.id == t.Rule && b.matchesSegment(t.Alert.Segment) &&
			(t.Alert.Field == "" || b.fields[t.Alert.Field])
	})
}

func sorted(m map[key]tracked) []tracked {
	if len(m) == 0 {
		return nil
	}
	list := make([]tracked, 0, len(m))
	for _, t := range m {
		list = append(list, t)
	}
	sortTracked(list)
	return list
}
