package engine

import (
	"context"
	"errors"
	"time"

	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// retainedTogether bounds the windows that one transaction removes: between two
// of them the data path goes on.
const retainedTogether = 1000

// Retain removes windows that are older than the retention.
func (e *Engine) Retain(ctx context.Context) error {
	var names []string
	err := e.opts.Store.View(func(tx *store.Tx) (err error) {
		names, err = tx.Monitors()
		return err
	})
	for len(names) > 0 && err == nil {
		if doErr := e.do(ctx, func() { names, err = e.seq.retain(names) }); doErr != nil {
			return doErr
		}
	}
	return err
}

// retain removes old windows of monitors, a bounded number a call, and returns
// the monitors that may have more.
func (s *sequencer) retain(names []string) (left []string, err error) {
	left = names
	err = s.update(func(tx *store.Tx) error {
		for limit := retainedTogether; len(left) > 0; left = left[1:] {
			removed, err := s.retainMonitor(tx, left[0], limit)
			if err != nil || removed == limit {
				return err
			}
			limit -= removed
		}
		return nil
	})
	return left, err
}

// retainMonitor removes old windows of a monitor. The time of one that is no longer
// watched goes on with that of the others, and it is forgotten with its last window.
func (s *sequencer) retainMonitor(tx *store.Tx, name string, limit int) (removed int, err error) {
	newest, needed := s.newest(), window.Newest
	m, err := s.find(name)
	watched := err == nil
	if watched {
		newest, needed = m.windows.Closed(), m.needed()
	}
	before := window.FromTime(time.Now()).Add(-s.opts.Retention) // of the clock, as the history is
	removed, err = tx.RetainHistory(name, before, historyMost, limit)
	if newest == window.None || removed == limit || err != nil {
		return removed, err
	}
	windows, err := tx.Retain(name, min(needed, newest.Add(-s.opts.Retention)), min(needed, newest.Add(-s.opts.Profiles)), limit-removed)
	removed += windows
	if err == nil && !watched && !tx.HasWindows(name) {
		err = errors.Join(tx.ForgetMonitor(name), forgetMemory(tx, name))
	}
	return removed, err
}

// newest is the end of the newest closed window of all monitors.
func (s *sequencer) newest() window.Time {
	newest := window.None
	for _, m := range s.monitors {
		newest = max(newest, m.windows.Closed())
	}
	return newest
}
