package engine

import (
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
)

// Timing is told how long things took: per batch, window or transaction, never
// per record. Its functions are called by several goroutines and must not wait;
// those that are nil are not called.
type Timing struct {
	// Fetched is told of a fetch from offset on, of records that the broker had by
	// then: how long it waits for new ones says nothing.
	Fetched func(stream string, p source.Partition, offset int64, took time.Duration)
	// Evaluated is told of the checks of a window, with what it is compared with.
	Evaluated func(w *checks.Window, took time.Duration)
	// Stepped is told of the rules of a window.
	Stepped func(w *checks.Window, took time.Duration)
	// Shown is told how long after its end and lateness, by the wall clock, the
	// result of a window was stored and is shown.
	Shown func(stream string, w *checks.Window, after time.Duration)
	// Committed is told of a transaction of the store, whether it succeeded or not.
	Committed func(took time.Duration)
}

// fill lets all functions be called.
func (t *Timing) fill() {
	if t.Fetched == nil {
		t.Fetched = func(string, source.Partition, int64, time.Duration) {}
	}
	if t.Evaluated == nil {
		t.Evaluated = func(*checks.Window, time.Duration) {}
	}
	if t.Stepped == nil {
		t.Stepped = func(*checks.Window, time.Duration) {}
	}
	if t.Shown == nil {
		t.Shown = func(string, *checks.Window, time.Duration) {}
	}
	if t.Committed == nil {
		t.Committed = func(time.Duration) {}
	}
}
