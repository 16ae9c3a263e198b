package replay

import (
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Summary says what a replay comes to. Its times are event times.
type Summary struct {
	From          *window.Time      `json:"from,omitempty"` // start of the first window; nil without any
	To            *window.Time      `json:"to,omitempty"`   // end of the last one
	Windows       int               `json:"windows"`
	Partial       int               `json:"partial"` // of them lack records
	Drifted       int               `json:"drifted"` // of them have a verdict that is drift
	Records       uint64            `json:"records"` // read, also before From
	Lost          uint64            `json:"lost_records"`
	Late          map[string]uint64 `json:"late_records"` // by monitor
	Errors        map[string]uint64 `json:"errors"`       // by reason
	Rules         []RuleSummary     `json:"rules"`
	Alerts        int               `json:"alerts"` // that fired
	AlertsPerWeek *float64          `json:"alerts_per_week,omitempty"`
}

// RuleSummary says what a rule did for one monitor.
type RuleSummary struct {
	Monitor  string  `json:"monitor"`
	Alert    string  `json:"alert"`
	Severity string  `json:"severity"`
	Fired    int     `json:"fired"`          // how often
	Firing   float64 `json:"firing_seconds"` // for how long any of its alerts was
	Still    int     `json:"firing"`         // alerts that are at the end

	active int         // alerts that are firing while changes are gone through
	since  window.Time // when the first of them began
}

// Summary adds up.
func (r *Result) Summary() (*Summary, error) {
	s := &Summary{Late: map[string]uint64{}, Errors: map[string]uint64{}, Rules: []RuleSummary{}}
	r.count(s)
	err := r.Windows(func(w *checks.Window) error {
		s.window(w)
		return nil
	})
	if err != nil || s.Windows == 0 {
		return s, err
	}
	changes, err := r.changes()
	if err != nil {
		return nil, err
	}
	s.judge(changes, r.from)
	return s, nil
}

// count takes over the counters of the engine, and lists the rules.
func (r *Result) count(s *Summary) {
	for i := range r.end.Streams {
		st := &r.end.Streams[i]
		s.Records += st.Records
		s.Lost += st.Lost
		for reason, n := range st.Errors {
			s.Errors[reason] += n
		}
	}
	for i := range r.end.Monitors { // they are sorted by name
		m := &r.end.Monitors[i]
		s.Late[m.Name] = m.Late
		for _, rule := range r.programs[m.Name].Rules() {
			s.Rules = append(s.Rules, RuleSummary{Monitor: m.Name, Alert: rule.Alert, Severity: rule.Severity})
		}
	}
}

func (s *Summary) window(w *checks.Window) {
	s.Windows++
	if w.Partial {
		s.Partial++
	}
	if w.Drift() {
		s.Drifted++
	}
	if s.From == nil || w.Start < *s.From {
		s.From = &w.Start
	}
	if s.To == nil || w.End > *s.To {
		s.To = &w.End
	}
}

// judge counts how often rules fired, and for how long. What fired before from
// was firing from then on.
func (s *Summary) judge(changes []rules.Alert, from window.Time) {
	for i := range changes {
		a := &changes[i]
		r, at := s.rule(a), max(a.WindowEnd, *s.From)
		if a.State == rules.Resolved {
			r.resolve(at)
			continue
		}
		r.fire(at)
		if a.WindowStart >= from {
			r.Fired++
			s.Alerts++
		}
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Still = r.active; r.active > 0 {
			r.Firing += s.To.Time().Sub(r.since.Time()).Seconds()
		}
	}
	perWeek := float64(s.Alerts) * float64(week) / float64(s.To.Time().Sub(s.From.Time()))
	s.AlertsPerWeek = &perWeek
}

const week = 7 * 24 * time.Hour

func (s *Summary) rule(a *rules.Alert) *RuleSummary {
	for i := range s.Rules {
		if r := &s.Rules[i]; r.Monitor == a.Monitor && r.Alert == a.Name {
			return r
		}
	}
	panic("an alert of no rule: " + a.Name)
}

func (r *RuleSummary) fire(at window.Time) {
	if r.active == 0 {
		r.since = at
	}
	r.active++
}

func (r *RuleSummary) resolve(at window.Time) {
	if r.active--; r.active == 0 {
		r.Firing += at.Time().Sub(r.since.Time()).Seconds()
	}
}
