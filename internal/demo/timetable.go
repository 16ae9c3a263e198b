package demo

import (
	"fmt"
	"time"
)

// WindowLength is that of the demo's monitors. The story begins at a border of
// windows and keeps to them, so that a window is of one chapter.
const WindowLength = 10 * time.Second

// The timetable, counted from the start.
const (
	BugBegin = 70 * time.Second // the first minute is ordinary
	BugEnd   = 110 * time.Second

	RolloutBegin = 130 * time.Second
	RolloutEnd   = 170 * time.Second

	CreepBegin = 190 * time.Second
	CreepEnd   = 280 * time.Second

	StoryEnd = 5 * time.Minute
)

// A chapter is one thing that is done to the traffic, and the alert that is to
// find it.
type chapter struct {
	from, to time.Duration
	did      string // what is done, in a few words
	alert    target
}

// target is the one alert that a chapter is meant to be found by.
type target struct{ alert, monitor, segment, field string }

var (
	pricingBug = chapter{BugBegin, BugEnd, "charge doubled, " + bugCountry + " " + bugDevice,
		target{"SegmentDrift", inputsMonitor, bugSegment, "monthly_charge"}}
	newApp = chapter{RolloutBegin, RolloutEnd, "data_gb null, app " + newVersion,
		target{"NullsRising", inputsMonitor, "", "data_gb"}}
	creep = chapter{CreepBegin, CreepEnd, "score rises, step by step",
		target{"ScoreDrift", predictionsMonitor, "", "score"}}
	chapters = []chapter{pricingBug, newApp, creep}
)

// The monitors of the demo, as its files name them.
const (
	inputsMonitor      = "churn-inputs"
	predictionsMonitor = "churn-predictions"
	bugSegment         = "country=" + bugCountry + ",device=" + bugDevice
)

// phase says what is wrong with the traffic at a moment. The zero phase is
// ordinary traffic.
type phase struct {
	doubled bool    // charges of one country and device
	rollout float64 // share of the apps that are of the new version
	creep   float64 // added to the model's logits
}

// rollout is the share of apps in each window of the second chapter.
var rollout = [...]float64{0.05, 0.2, 0.4, 0.6}

// creepStep is how far the model moves from one window to the next: a
// twentieth of the standard deviation of its logits, which nobody sees.
const creepStep = 0.035

func phaseAt(since time.Duration) phase {
	p := phase{doubled: BugBegin <= since && since < BugEnd}
	if RolloutBegin <= since && since < RolloutEnd {
		p.rollout = rollout[(since-RolloutBegin)/WindowLength]
	}
	if CreepBegin <= since && since < CreepEnd {
		p.creep = creepStep * float64(1+(since-CreepBegin)/WindowLength)
	}
	return p
}

// clock writes a time since the start as the margin does.
func clock(d time.Duration) string {
	d = max(0, d).Truncate(time.Second)
	return fmt.Sprintf("%02d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
