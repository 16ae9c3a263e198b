package engine

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/rules"
)

// TestEvaluations: snapshots have what rules made of the newest windows, so many of
// them as are kept, and after a restart again of those windows that are in memory.
func TestEvaluations(t *testing.T) {
	const file = `groups: [{name: g, monitor: m, rules: [
		{alert: High, fields: x, when: {check: max, above: 110}, windows: 2},
		{alert: Step, fields: x, when: {check: max, change: {above: 20%, against: previous}}}]}]`
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for k := range evaluationsKept + 11 {
			v := 100.0
			if k >= evaluationsKept+7 {
				v = 130
			}
			for i := range 10 {
				src.add(0, time.Duration(10*k+i)*time.Second, 0, v)
			}
		}
		s := newSetup(t, src)
		s.use(t, file)
		s.runFor(t, 10*time.Second)
		list := s.snapshot().Monitors[0].Evaluations
		if len(list) != evaluationsKept || outline(list[len(list)-2:]) != "High 1/1 p0 f1 130, Step 0/1 p0 f0 130; High 1/1 p0 f1 130, Step 0/1 p0 f0 130" {
			t.Errorf("%d evaluations: %s", len(list), outline(list[len(list)-5:]))
		}
		before := s.snapshot().Monitors[0].Last().End
		s.runFor(t, 10*time.Second)
		list = s.snapshot().Monitors[0].Evaluations
		if n := len(s.snapshot().Monitors[0].Windows); len(list) != n || list[n-1][0].End != before {
			t.Errorf("%d evaluations of %d windows after a restart", len(list), n)
		}
		if got := outline(list[len(list)-1:]); got != "High 1/1 again 130, Step 0/0 again" {
			t.Errorf("after a restart: %s", got)
		}
	})
}

func outline(list [][]rules.Evaluation) string {
	var windows []string
	for _, of := range list {
		var parts []string
		for _, e := range of {
			s := fmt.Sprintf("%s %d/%d", e.Alert, e.Held, e.Asked)
			if e.Again {
				s += " again"
			} else {
				s += fmt.Sprintf(" p%d f%d", e.Pending, e.Firing)
			}
			if e.Worst != nil {
				s += fmt.Sprint(" ", *e.Worst.Value)
			}
			parts = append(parts, s)
		}
		windows = append(windows, strings.Join(parts, ", "))
	}
	return strings.Join(windows, "; ")
}
