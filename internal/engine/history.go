package engine

import (
	"time"

	"driftwatch/internal/history"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// historyMost bounds what is remembered of one monitor, whatever its rules do.
const historyMost = 50_000

// remember adds to the history of a monitor, in the transaction that stores what
// is remembered.
func remember(tx *store.Tx, monitor string, entries ...history.Entry) error {
	for _, e := range entries {
		b, err := e.Encode()
		if err != nil {
			return err
		}
		if err := tx.PutHistory(monitor, window.FromTime(time.Now()), b); err != nil {
			return err
		}
	}
	return nil
}

// putChange remembers an alert that fired or ended, and puts it into the outboxes.
func (s *sequencer) putChange(tx *store.Tx, e rules.Event) error {
	if err := remember(tx, e.Alert.Monitor, history.OfAlert(&e.Alert)); err != nil {
		return err
	}
	return s.putEvent(tx, e)
}
