package demo

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/app"
	"driftwatch/internal/replay"
	"driftwatch/rules"
)

// happened is an alert that fired or was resolved in a window, by its end since
// the start of the story.
type happened struct {
	at    time.Duration
	state string
	target
}

// scoreFound is, by seed, in which window of its chapter the slow drift is found.
// The others are found in their second.
var scoreFound = [...]time.Duration{7, 5, 6, 6, 5, 5, 7, 7, 5, 6, 6, 6, 7, 6, 6, 6, 6, 7, 7, 5}

// TestTheStoryFires runs the traffic of the whole story, and a minute after it,
// through a broker and the daemon's engine at full speed: exactly the alerts of
// the chapters fire, in exactly these windows.
func TestTheStoryFires(t *testing.T) {
	for seed := range storySeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			want := []happened{
				{BugBegin + 2*WindowLength, rules.Firing, pricingBug.alert},
				{BugEnd + WindowLength, rules.Resolved, pricingBug.alert},
				{RolloutBegin + 2*WindowLength, rules.Firing, newApp.alert},
				{RolloutEnd + WindowLength, rules.Resolved, newApp.alert},
				{CreepBegin + scoreFound[seed]*WindowLength, rules.Firing, creep.alert},
				{CreepEnd + WindowLength, rules.Resolved, creep.alert},
			}
			if got := runStory(t, uint64(seed)); !slices.Equal(got, want) {
				t.Errorf("got\n%swant\n%s", list(got), list(want))
			}
		})
	}
}

func list(all []happened) string {
	var b strings.Builder
	for _, h := range all {
		fmt.Fprintln(&b, clock(h.at), h.state, h.target)
	}
	return b.String()
}

// runStory returns what a replay of the story finds, by time.
func runStory(t *testing.T, seed uint64) (got []happened) {
	t.Helper()
	b := newBroker(t)
	traffic := Traffic{Seed: seed, Start: start}
	files := Files{Dir: t.TempDir(), Broker: b.Addr(), Listen: "127.0.0.1:1", Slack: "http://127.0.0.1:1/hook"}
	if err := files.Write(traffic); err != nil {
		t.Fatal(err)
	}
	if err := sendAll(t, b, traffic, StoryEnd+time.Minute); err != nil {
		t.Fatal(err)
	}
	result, err := app.Replay(t.Context(), app.ReplayOptions{Config: files.ConfigPath(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	return changes(t, result)
}

func changes(t *testing.T, r *replay.Result) (got []happened) {
	t.Helper()
	alerts, err := r.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		got = append(got, happened{a.WindowEnd.Time().Sub(start), a.State, target{a.Name, a.Monitor, a.Segment, a.Field}})
	}
	return got
}

// sendAll sends the ticks until a time, many at once.
func sendAll(t *testing.T, b *Broker, traffic Traffic, until time.Duration) error {
	const together = 20 // ticks
	for n := 0; n < int(until/TickLength); n += together {
		var all Tick
		for i := range together {
			tick := traffic.Tick(n + i)
			all.Committed = append(all.Committed, tick.Committed...)
			all.Aborted = append(all.Aborted, tick.Aborted...)
		}
		if err := b.Send(t.Context(), all); err != nil {
			return err
		}
	}
	return nil
}
