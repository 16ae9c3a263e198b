package demo

import (
	"slices"
	"time"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// A finding is an alert that fired, from then on until it was resolved.
type finding struct {
	fired rules.Alert   // as it was in the window in which it fired
	seen  time.Duration // since the start, when it was told
	over  bool
}

// is reports whether it is the alert that a chapter is meant to be found by.
func (f *finding) is(t target) bool {
	return t == target{f.fired.Name, f.fired.Monitor, f.fired.Segment, f.fired.Field}
}

// at is the end of the window in which it fired, since the start.
func (f *finding) at(start time.Time) time.Duration {
	return f.window().Time().Sub(start)
}

func (f *finding) window() window.Time {
	if f.fired.Fired != nil {
		return *f.fired.Fired
	}
	return f.fired.WindowEnd
}

// An outcome is a chapter and what found it: nil if nothing did.
type outcome struct {
	chapter
	by *finding
}

// judge compares what was done to the data until now with what fired: each
// chapter that has begun, and the findings that no chapter explains. A finding
// explains a chapter if it is the alert that was meant and fired in a window of
// that time.
func judge(start time.Time, now time.Duration, found []finding) (outcomes []outcome, unexpected []finding) {
	explained := make([]bool, len(found))
	for _, c := range chapters {
		if c.from > now {
			continue
		}
		o := outcome{chapter: c}
		for i := range found {
			at := found[i].at(start)
			if o.by == nil && found[i].is(c.alert) && c.from < at && at <= c.to {
				o.by, explained[i] = &found[i], true
			}
		}
		outcomes = append(outcomes, o)
	}
	for i, f := range found {
		if !explained[i] {
			unexpected = append(unexpected, f)
		}
	}
	return outcomes, unexpected
}

// firing are the findings that are not over.
func firing(found []finding) []finding {
	return slices.DeleteFunc(slices.Clone(found), func(f finding) bool { return f.over })
}
