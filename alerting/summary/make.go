package summary

import (
	"cmp"
	"slices"
	"time"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// maxFields bounds the fields that are named of a monitor.
const maxFields = 5

// Make makes the digest. Its order depends on the input alone.
func Make(in Input) Digest {
	d := Digest{Name: in.Name, From: in.From.UTC().Truncate(time.Second), To: in.To.UTC().Truncate(time.Second), Troubled: []Receiver{}}
	d.Totals.Monitors, d.Totals.Elsewhere = len(in.Monitors), in.Elsewhere
	m := maker{in: &in, d: &d, quiet: map[*rules.Rule]*QuietRule{}, active: map[*rules.Rule]bool{}}
	for i := range in.Monitors {
		m.monitor(&in.Monitors[i])
	}
	m.finish()
	for _, r := range in.Receivers {
		if r.Dropped > 0 || r.Problem != "" {
			d.Troubled = append(d.Troubled, r)
		}
	}
	return d
}

// maker is one Make under way.
type maker struct {
	in *Input
	d  *Digest

	drifted  []Drifted
	fired    []Fired
	often    []TooOften
	silent   []Silent
	rules    []*rules.Rule // in use, each once
	quiet    map[*rules.Rule]*QuietRule
	active   map[*rules.Rule]bool // they fired, somewhere
	silenced []silenced
}

// silenced is when an alert fired, for silences.
type silenced struct {
	span
	labels rules.Alert
}

func (m *maker) monitor(mon *Monitor) {
	if known := mon.Known; !known.IsZero() && (m.d.Known == nil || known.Before(*m.d.Known)) {
		m.d.Known = &known
	}
	m.windows(mon)
	spans := mon.spans(m.in.From, m.in.To)
	byRule := map[string][]*span{}
	var names []string
	for i := range spans {
		s := &spans[i]
		if byRule[s.alert.Name] == nil {
			names = append(names, s.alert.Name)
		}
		byRule[s.alert.Name] = append(byRule[s.alert.Name], s)
		m.silenced = append(m.silenced, silenced{*s, mon.labelled(s)})
	}
	for _, name := range names {
		rule := mon.rule(name)
		m.fires(mon, rule, byRule[name])
		if rule == nil {
			continue
		}
		if o, is := tooOften(mon, rule, byRule[name], m.in.To.Sub(m.in.From)); is {
			m.often = append(m.often, o)
		}
	}
	for _, r := range mon.Rules {
		m.look(mon, r, byRule[r.Alert] != nil)
	}
}

// windows counts the monitor's windows.
func (m *maker) windows(mon *Monitor) {
	if len(mon.Windows) == 0 {
		s := Silent{Monitor: mon.Name}
		if end := mon.closed(); end != window.None {
			s.Last = &end
		}
		m.silent = append(m.silent, s)
		return
	}
	v := Drifted{Monitor: mon.Name, Windows: len(mon.Windows), Fields: []Field{}}
	fields := map[string]int{}
	for _, w := range mon.Windows {
		v.Rows += w.Rows
		if w.Drift {
			v.Drifted++
		}
		if w.Broken {
			v.Broken++
		}
		for _, f := range both(w.Fields, w.Breaking) {
			fields[f]++
		}
	}
	m.d.Totals.Windows += v.Windows
	m.d.Totals.Rows += v.Rows
	if v.Drifted == 0 && v.Broken == 0 {
		return
	}
	for name, n := range fields {
		v.Fields = append(v.Fields, Field{name, n})
	}
	slices.SortFunc(v.Fields, func(a, b Field) int { return cmp.Or(b.Windows-a.Windows, cmp.Compare(a.Field, b.Field)) })
	v.More = max(0, len(v.Fields)-maxFields)
	v.Fields = v.Fields[:len(v.Fields)-v.More]
	m.drifted = append(m.drifted, v)
}

// both joins two lists of names, each name once.
func both(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// fires adds up the spans of one rule; nil: it is no longer in use.
func (m *maker) fires(mon *Monitor, rule *rules.Rule, spans []*span) {
	v := Fired{Monitor: mon.Name, Alert: spans[0].alert.Name, Seconds: union(spans).Seconds(), Gone: rule == nil}
	alerts := map[string]bool{}
	for _, s := range spans {
		v.Severity = s.alert.Severity
		alerts[s.alert.Fingerprint] = true
		if s.fired {
			v.Fired++
		}
		if s.open {
			v.Firing++
		}
		if l := s.length().Seconds(); l > v.Longest || v.Where == (Where{}) {
			v.Longest, v.Where = l, Where{s.alert.Segment, s.alert.Field}
		}
	}
	v.Alerts = len(alerts)
	m.fired = append(m.fired, v)
	m.d.Totals.Fired += v.Fired
	m.d.Totals.Firing += v.Firing
}

// look notes whether a rule fired. A monitor without windows gives most rules no
// chance.
func (m *maker) look(mon *Monitor, r *rules.Rule, fired bool) {
	q := m.quiet[r]
	if q == nil {
		q = &QuietRule{Group: r.Group, Alert: r.Alert}
		m.quiet[r] = q
		m.rules = append(m.rules, r)
	}
	if len(mon.Windows) > 0 || r.When.NoData > 0 {
		q.Monitors++
	}
	q.Earlier = q.Earlier || mon.Earlier[r.Alert]
	m.active[r] = m.active[r] || fired
}

// finish orders what was found.
func (m *maker) finish() {
	share := func(v *Drifted) float64 { return float64(max(v.Drifted, v.Broken)) / float64(v.Windows) }
	slices.SortStableFunc(m.drifted, func(a, b Drifted) int { return cmp.Compare(share(&b), share(&a)) })
	for _, v := range m.drifted {
		if v.Drifted > 0 {
			m.d.Totals.Drifted++
		}
	}
	slices.SortStableFunc(m.fired, func(a, b Fired) int {
		return cmp.Or(rank(b.Severity)-rank(a.Severity), cmp.Compare(b.Seconds, a.Seconds), b.Fired-a.Fired, compare(a.Monitor, b.Monitor, a.Alert, b.Alert))
	})
	slices.SortStableFunc(m.often, func(a, b TooOften) int { return cmp.Or(b.Fired-a.Fired, b.Firing-a.Firing) })
	quiet := append(m.quietRules(false), m.quietRules(true)...)
	d := m.d
	d.Totals.Rules, d.Totals.Quiet = len(m.rules), len(quiet)
	d.Monitors, d.Rules, d.TooOften = listOf(m.drifted), listOf(m.fired), listOf(m.often)
	d.Silent, d.Quiet, d.Silences = listOf(m.silent), listOf(quiet), listOf(m.silences())
}

// quietRules returns the rules that did not fire, with or without those that did
// before.
func (m *maker) quietRules(earlier bool) (out []QuietRule) {
	for _, r := range m.rules {
		if q := m.quiet[r]; !m.active[r] && q.Monitors > 0 && q.Earlier == earlier {
			out = append(out, *q)
		}
	}
	return out
}

// silences counts what each of them matched.
func (m *maker) silences() (out []Silence) {
	for _, s := range m.in.Silences {
		if !s.StartsAt.Before(m.in.To) || !s.EndsAt.After(m.in.From) {
			continue
		}
		s.Alerts = []string{}
		for i := range m.silenced {
			a := &m.silenced[i]
			if !a.found.Before(s.EndsAt) || !s.StartsAt.Before(a.over) || !s.Match(&a.labels) {
				continue
			}
			s.Matched++
			if name := a.labels.Name + " of " + a.labels.Monitor; !slices.Contains(s.Alerts, name) && len(s.Alerts) < most {
				s.Alerts = append(s.Alerts, name)
			}
		}
		if s.Matched > 0 || !m.in.Some {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Silence) int { return cmp.Or(b.Matched-a.Matched, a.StartsAt.Compare(b.StartsAt)) })
	return out
}

// labelled is an alert as silences see it.
func (m *Monitor) labelled(s *span) rules.Alert {
	a := rules.Alert{
		Monitor: m.Name, Name: s.alert.Name, Severity: s.alert.Severity, Segment: s.alert.Segment, Field: s.alert.Field, Check: s.alert.Check,
	}
	if r := m.rule(a.Name); r != nil {
		a.Labels = r.Labels
	}
	return a
}

// rule returns a rule in use, or nil.
func (m *Monitor) rule(alert string) *rules.Rule {
	i := slices.IndexFunc(m.Rules, func(r *rules.Rule) bool { return r.Alert == alert })
	if i < 0 {
		return nil
	}
	return m.Rules[i]
}

// rank orders severities.
func rank(severity string) int {
	return slices.Index([]string{rules.Info, rules.Warning, rules.Critical}, severity)
}

// compare compares pairs, the first that differs.
func compare(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if c := cmp.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}
