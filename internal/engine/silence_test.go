package engine

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestSilence: windows that stop fire an alert after the time that the rule says,
// counted over restarts; the next window resolves it. A daemon that was down
// reads what there is before it says anything.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		s := newSetup(t, src)
		s.use(t, `groups: [{name: g, monitor: m, rules: [{alert: Quiet, when: {no_data: 10m}}]}]`)
		began := time.Now()
		send := func() { // of now, so that a window closes
			at := time.Since(epoch)
			src.add(0, at, 0, 1)
			src.add(0, at+20*time.Second, 0, 1)
		}
		run := func(d time.Duration, want string) {
			t.Helper()
			s.runFor(t, d)
			var got string
			for _, state := range s.events(t) {
				got += state + " "
			}
			if got != want {
				t.Errorf("after %v: %q, wanted %q", time.Since(began), got, want)
			}
		}
		run(9*time.Minute+50*time.Second, "") // it never had a window
		run(20*time.Second, "firing ")
		run(time.Hour, "firing ") // once
		send()
		run(5*time.Minute, "firing resolved ")
		run(4*time.Minute, "firing resolved ") // restarts do not begin anew
		run(3*time.Minute, "firing resolved firing ")
		send()
		run(time.Minute, "firing resolved firing resolved ")
		time.Sleep(time.Hour) // it was down
		send()
		run(time.Minute, "firing resolved firing resolved ")
	})
}
