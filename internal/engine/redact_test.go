package engine

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaitingEventsAreRedacted: an event that waits for its receiver when its rule is
// redacted is sent without the value that it has in the store.
func TestWaitingEventsAreRedacted(t *testing.T) {
	const rule = `groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: max, above: 4000}, annotations: {summary: "{{ .Value }}"}`
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		src.add(0, time.Second, 0, 4242)
		src.add(0, 20*time.Second, 0, 4242)
		s := newSetup(t, src)
		s.use(t, rule+"}]}]")
		s.runFor(t, 10*time.Second)
		waiting := func() string {
			events, err := s.engine(t).Outbox().Pending(t.Context(), "r", 0)
			if err != nil || len(events) != 1 {
				t.Fatalf("%d events wait, %v", len(events), err)
			}
			b, _ := json.Marshal(events) // what was read is written
			return string(b)
		}
		if got := waiting(); !strings.Contains(got, "4242") {
			t.Errorf("the value is not told: %s", got)
		}
		s.use(t, rule+", redact: true}]}]")
		if got := waiting(); strings.Contains(got, "4242") || !strings.Contains(got, `"redacted":true`) {
			t.Errorf("the value is told: %s", got)
		}
	})
}
