package engine

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// use gives the setup the rules of a file, which must be right.
func (s *setup) use(t testing.TB, text string) {
	t.Helper()
	rep := &yamlx.Reporter{}
	s.rules = &rules.Set{}
	if c, ok := yamlx.Parse("r.yaml", []byte(text), rep); ok {
		s.rules.Add(c)
	}
	if list := rep.Diagnostics(); len(list) > 0 {
		t.Fatal(list)
	}
}

// changes lists what waits in the outbox, with the number of its window.
func (s *setup) changes(t testing.TB) string {
	t.Helper()
	var list []string
	err := s.store.View(func(tx *store.Tx) error {
		events, err := readEvents(tx, "r", 0)
		for _, e := range events {
			n := (e.Alert.WindowStart - window.FromTime(epoch)) / 10_000
			list = append(list, fmt.Sprintf("%d %s %s", n, e.Alert.Name, e.Alert.State))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, ", ")
}

// TestRulesLookBack: on windows that are not stored yet, on those in memory and on
// those that only the store has, whether the engine was restarted or not.
func TestRulesLookBack(t *testing.T) {
	const file = `groups: [{name: g, monitor: m, rules: [
		{alert: Step, fields: x, when: {check: max, change: {above: 20%, against: previous}}},
		{alert: Ago, fields: x, when: {check: max, change: {above: 20%, against: 5m}}},
		{alert: Mean, fields: x, when: {check: max, change: {above: 20%, against: {trailing: 30}}}}]}]`
	const want = "35 Step firing, 35 Ago firing, 35 Mean firing, 36 Step resolved, 38 Ago resolved, 38 Mean resolved"
	for _, pieces := range []int{1, 3, 40} {
		synctest.Test(t, func(t *testing.T) {
			all := newMemory("t", 1)
			for k := range 60 {
				v := 100.0
				if k >= 35 && k < 38 {
					v = 130
				}
				for i := range 10 {
					all.add(0, time.Duration(10*k+i)*time.Second, 0, v)
				}
			}
			p := source.Partition{Topic: "t", ID: 0}
			src := newMemory("t", 1)
			s := newSetup(t, src)
			s.use(t, file)
			for i := range pieces {
				src.logs[p] = all.logs[p][:len(all.logs[p])*(i+1)/pieces]
				s.runFor(t, 10*time.Second)
			}
			if got := s.changes(t); got != want {
				t.Errorf("in %d pieces: %s", pieces, got)
			}
		})
	}
}
