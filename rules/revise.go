package rules

import (
	"maps"
	"time"

	"driftwatch/monitors/checks"
)

// Identity is equal for programs that decide the same of the same fields.
func (p *Program) Identity() string {
	var ids []string
	for _, r := range p.rules {
		ids = append(ids, r.Alert, r.id)
	}
	return digest(ids)
}

// judgement is what a window says to one alert that it says something to.
type judgement struct {
	verdict  verdict
	resolves bool // by a threshold of its own
}

// LooksBack reports whether windows are judged by the values of earlier ones.
func (p *Program) LooksBack() bool { return p.Reach(time.Hour) > 0 }

// Agrees reports whether two results of one window say the same to every alert:
// verdicts count, not the numbers behind them. Where rules look back, the numbers
// count too: for the windows after it.
func (p *Program) Agrees(a, b *checks.Window) bool {
	return !p.LooksBack() && maps.Equal(p.judgements(a), p.judgements(b))
}

// judgements judges a window without advancing anything.
func (p *Program) judgements(w *checks.Window) map[key]judgement {
	all := map[key]judgement{}
	p.each(scope{window: w, grid: p.Grid}, func(r *bound, sc scope) {
		if got := r.judge(sc); got.verdict != unknown {
			all[r.key(sc)] = judgement{got.verdict, r.Resolve != nil && r.Resolve.holds(got.asked)}
		}
	})
	return all
}

// Replace returns the state that takes the place of another one of the same newest
// window, with what the clock told that, and the events that lead from one to the
// other: an alert that fires only in the new one, and a resolve for each that
// fired in the old one and fires no longer.
func Replace(old, state State) (State, []Event) {
	state = state.withClockOf(old)
	var events []Event
	was, is := firing(old), firing(state)
	for _, t := range state.tracked {
		if t.Alert.State == Firing && !was[t.key()] {
			events = append(events, Event{Alert: t.Alert})
		}
	}
	for _, t := range old.tracked {
		if t.Alert.State == Firing && !is[t.key()] {
			events = append(events, Event{Alert: resolved(t.Alert, state.end)})
		}
	}
	return state, events
}

func firing(s State) map[key]bool {
	set := map[key]bool{}
	for _, t := range s.tracked {
		if t.Alert.State == Firing {
			set[t.key()] = true
		}
	}
	return set
}
