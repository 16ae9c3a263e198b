// Package history is what the store remembers of a monitor beside its windows:
// when each of them was found to be over, and when alerts fired and ended. Each
// entry has two times, that of the clock and that of the data: people ask for
// last week, and mean what they could know then. It knows no store.
package history

import (
	"encoding/json"
	"fmt"
	"slices"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Entry is one thing that was found.
type Entry struct {
	At    window.Time `json:"-"`               // of the clock, when it was stored
	End   window.Time `json:"end"`             // event time: the end of the window, or when the alert fired or ended
	Alert *Alert      `json:"alert,omitempty"` // nil: a window closed
}

// Alert is a change of an alert: it fired, or it ended.
type Alert struct {
	Fingerprint string       `json:"fingerprint"`
	Name        string       `json:"alert"`
	Monitor     string       `json:"monitor,omitempty"`
	Segment     string       `json:"segment"`
	Field       string       `json:"field"`
	Check       string       `json:"check"`
	Severity    string       `json:"severity"`
	State       string       `json:"state"`
	Fired       *window.Time `json:"fired,omitempty"` // of one that ended
	Value       *float64     `json:"value,omitempty"` // of the check; nil: it is not known, or not kept
}

// OfWindow is the entry of a window that closed.
func OfWindow(end window.Time) Entry { return Entry{End: end} }

// OfAlert is the entry of an alert that fired or ended.
func OfAlert(a *rules.Alert) Entry {
	e := Entry{End: a.WindowEnd, Alert: &Alert{
		Fingerprint: a.Fingerprint, Name: a.Name, Monitor: a.Monitor, Segment: a.Segment, Field: a.Field, Check: a.Check,
		Severity: a.Severity, State: a.State, Value: valueOf(a),
	}}
	switch {
	case a.State == rules.Resolved && a.EndsAt != nil:
		e.End, e.Alert.Fired = *a.EndsAt, a.Fired
	case a.State == rules.Firing && a.Fired != nil:
		e.End = *a.Fired
	}
	return e
}

// valueOf is the one place that decides of a value whether it is kept.
func valueOf(a *rules.Alert) *float64 {
	if a.Result.Skipped != "" {
		return nil
	}
	return &a.Result.Value
}

// Encode returns what is stored under the monitor and the time of the clock.
func (e Entry) Encode() ([]byte, error) {
	if e.Alert != nil {
		bare := *e.Alert
		bare.Monitor, e.Alert = "", &bare
	}
	return json.Marshal(e)
}

// Decode reads what Encode wrote.
func Decode(monitor string, at window.Time, b []byte) (Entry, error) {
	e := Entry{At: at}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("read the history of %q at %v: %w", monitor, at, err)
	}
	if e.Alert != nil {
		e.Alert.Monitor = monitor
	}
	return e, nil
}

// Distinct leaves out what repeats, of one monitor's entries, oldest first: a
// transaction that was reported as failed may have been stored, and is then tried
// again.
func Distinct(entries []Entry) []Entry {
	states, closed := map[string]string{}, window.None
	return slices.DeleteFunc(entries, func(e Entry) bool {
		if e.Alert == nil {
			again := e.End <= closed
			closed = max(closed, e.End)
			return again
		}
		again := states[e.Alert.Fingerprint] == e.Alert.State
		states[e.Alert.Fingerprint] = e.Alert.State
		return again
	})
}
