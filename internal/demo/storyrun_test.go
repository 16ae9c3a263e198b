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

// TestTheStoryFires runs the traffic of the whole story, and a minute after it,
// through a broker and the daemon's engine at full speed: exactly the alerts of
// the chapters fire, in the windows that the story leaves them.
func TestTheStoryFires(t *testing.T) {
	for seed := range storySeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			got := runStory(t, uint64(seed))
			for _, g := range got {
				t.Log(clock(g.at), g.state, g.target)
			}
			checkStory(t, got)
		})
	}
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

// checkStory: each chapter's alert fires once, in the chapter, and is resolved by
// the first window after it. When the scores are found depends on the seed.
func checkStory(t *testing.T, got []happened) {
	t.Helper()
	want := []happened{
		{BugBegin + 2*WindowLength, rules.Firing, pricingBug.alert},
		{BugEnd + WindowLength, rules.Resolved, pricingBug.alert},
		{RolloutBegin + 2*WindowLength, rules.Firing, newApp.alert},
		{RolloutEnd + WindowLength, rules.Resolved, newApp.alert},
		{CreepEnd + WindowLength, rules.Resolved, creep.alert},
	}
	rest := slices.DeleteFunc(slices.Clone(got), func(h happened) bool { return slices.Contains(want, h) })
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("missing: %s %s %v", clock(w.at), w.state, w.target)
		}
	}
	if len(rest) != 1 || rest[0].state != rules.Firing || rest[0].target != creep.alert ||
		rest[0].at < CreepBegin+4*WindowLength || rest[0].at > CreepEnd {
		var lines []string
		for _, r := range rest {
			lines = append(lines, fmt.Sprintf("%s %s %v", clock(r.at), r.state, r.target))
		}
		t.Errorf("besides that, want ScoreDrift to fire once, some windows into its chapter, got:\n%s", strings.Join(lines, "\n"))
	}
}
