package demo

import (
	"strings"
	"testing"
	"time"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// fired is an alert that fired at a time of the story and was seen two seconds
// later.
func fired(at time.Duration, t target, over bool) finding {
	end := window.FromTime(start.Add(at))
	a := rules.Alert{Name: t.alert, Monitor: t.monitor, Segment: t.segment, Field: t.field, Check: "psi",
		State: rules.Firing, WindowStart: end.Add(-WindowLength), WindowEnd: end, Fired: &end}
	a.Result.Value = 0.4321
	return finding{fired: a, seen: at + 2*time.Second, over: over}
}

// TestSummary: the sum-up says what the facts are, the unwelcome ones too.
func TestSummary(t *testing.T) {
	bug := fired(BugBegin+2*WindowLength, pricingBug.alert, true)
	nulls := fired(RolloutBegin+2*WindowLength, newApp.alert, true)
	score := fired(CreepBegin+6*WindowLength, creep.alert, false)
	elsewhere := pricingBug.alert
	elsewhere.segment = "country=BR,device=ios"
	const (
		head    = "WHEN         DONE TO THE DATA"
		bugLine = "01:10-01:50  charge doubled, MX android  SegmentDrift  psi 0.43"
	)
	for _, c := range []struct {
		name       string
		now        time.Duration
		found      []finding
		want, free []string // what the text has, and what it does not
	}{
		{"before the first chapter", 30 * time.Second, nil, []string{"Nothing that was to be found yet; no other alert fired."}, []string{head}},
		{"a cry of wolf before it", 50 * time.Second, []finding{fired(30*time.Second, pricingBug.alert, true)},
			[]string{"one alert fired that was not expected:\n  not expected at 00:30: SegmentDrift: monthly_charge where country=MX,device=android, psi 0.432"}, []string{head}},
		{"in the first chapter", BugBegin + 5*time.Second, nil, []string{head, "nothing yet", "Nothing that was to be found yet"}, []string{"data_gb"}},
		{"found", BugEnd - time.Second, []finding{bug}, []string{bugLine, "2        22 s", "1 of 1 found; no other alert fired."}, []string{"still firing"}},
		{"nothing found", BugEnd + closing, nil, []string{"MX android  nothing ", "0 of 1 found"}, []string{"nothing yet"}},
		{"too late", BugEnd + time.Minute, []finding{fired(BugEnd+WindowLength, pricingBug.alert, true)}, []string{"MX android  nothing  ", "0 of 1 found; and one alert fired that was not expected:\n  not expected at 02:00"}, nil},
		{"elsewhere", BugEnd + closing, []finding{fired(BugEnd, elsewhere, true), bug}, []string{bugLine, "1 of 1 found; and one alert", "monthly_charge where country=BR,device=ios"}, nil},
		{"twice", BugEnd + closing, []finding{bug, fired(BugEnd, pricingBug.alert, true), fired(BugEnd, elsewhere, true)}, []string{bugLine, "1 of 1 found; and 2 alerts fired that were not expected"}, nil},
		{"all", StoryEnd, []finding{bug, nulls, score}, []string{bugLine, "NullsRising", "ScoreDrift", "6        62 s", "3 of 3 found; no other alert fired.", "still firing: ScoreDrift: score of churn-predictions"}, []string{"nothing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summary(start, c.now, c.found)
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("want %q in\n%s", w, got)
				}
			}
			for _, w := range c.free {
				if strings.Contains(got, w) {
					t.Errorf("do not want %q in\n%s", w, got)
				}
			}
			for line := range strings.Lines(got) {
				if strings.HasPrefix(line, "0") && len(line) > 81 {
					t.Errorf("a line of %d columns: %s", len(line)-1, line)
				}
			}
		})
	}
}

// TestChaptersKeepToTheWindows: no chapter begins or ends within a window, and
// between two of them alerts have the time to be resolved.
func TestChaptersKeepToTheWindows(t *testing.T) {
	before := time.Minute - WindowLength
	for _, c := range chapters {
		if c.from%WindowLength != 0 || c.to%WindowLength != 0 || c.to < c.from+2*WindowLength {
			t.Errorf("%s: from %s to %s", c.did, c.from, c.to)
		}
		if c.from < before+2*WindowLength {
			t.Errorf("%s begins %s after the one before it has ended", c.did, c.from-before)
		}
		before = c.to
	}
	if last := chapters[len(chapters)-1].to; StoryEnd < last+WindowLength+closing {
		t.Errorf("it is summed up %s after the last chapter", StoryEnd-last)
	}
	if n := int((RolloutEnd - RolloutBegin) / WindowLength); n != len(rollout) {
		t.Errorf("a roll-out of %d windows has %d shares", n, len(rollout))
	}
}
