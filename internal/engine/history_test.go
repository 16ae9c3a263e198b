package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/history"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// history lists what the store remembers of the monitor, oldest first, in event
// time: "20s" is a window, "20s x firing" a field's alert.
func (s *setup) history(t testing.TB) (list []string) {
	t.Helper()
	var entries []history.Entry
	err := s.store.View(func(tx *store.Tx) (err error) {
		tx.History("m", window.None, window.Newest, func(at window.Time, b []byte) bool {
			var e history.Entry
			e, err = history.Decode("m", at, b)
			entries = append(entries, e)
			return err == nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(entries)
	for _, e := range history.Distinct(entries) {
		text := e.End.Time().Sub(epoch).String()
		if e.Alert != nil {
			text += " " + e.Alert.Field + " " + e.Alert.State
		}
		list = append(list, text)
	}
	return list
}

// remembered lists the states that alerts took, of the history.
func (s *setup) remembered(t testing.TB) (states []string) {
	for _, text := range s.history(t) {
		if words := strings.Fields(text); len(words) > 1 {
			states = append(states, words[len(words)-1])
		}
	}
	return states
}

// History outlives restarts and is not written twice, ends alerts whose monitor is
// gone, and is kept as long as results are.
func TestHistoryIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 60 {
			src.add(0, time.Duration(i)*time.Second, 0, map[bool]float64{true: 100}[i/20 == 1])
		}
		s := newSetup(t, src)
		s.setRules(t, "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: mean, above: 50}}]}]")
		s.runFor(t, 3*time.Second)
		s.runFor(t, 3*time.Second)
		want := []string{"10s", "20s", "30s", "30s x firing", "40s", "50s", "50s x resolved"}
		if got := s.history(t); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the history is %q, want %q", got, want)
		}
		s.while(t, func(ctx context.Context, e *Engine) {
			time.Sleep(23 * time.Hour)
			if err := e.Retain(ctx); err != nil {
				t.Error(err)
			}
			if got := len(s.history(t)); got < len(want) {
				t.Errorf("%d entries after 23h", got)
			}
			time.Sleep(2 * time.Hour)
			if err := e.Retain(ctx); err != nil {
				t.Error(err)
			}
			if got := s.history(t); len(got) != 0 {
				t.Errorf("the history is %q after 25h, while results are kept for 24h", got)
			}
		})
	})
}
