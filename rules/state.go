package rules

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"driftwatch/monitors/window"
)

// State is what the rules of one monitor remember between windows. The zero
// State is that of a monitor that has seen none. It is immutable: Step and
// Adopt return a new one.
type State struct {
	end     window.Time // of the newest window; meaningful if stepped
	stepped bool
	heard   window.Time // of the clock: when a window last closed, for rules on silence; 0: not known
	tracked []tracked   // by alert name, segment and field
}

// tracked is one alert that is pending or firing.
type tracked struct {
	Rule  string `json:"rule"` // identity of the rule that it is under
	Run   run    `json:"run"`  // of the windows that were judged
	Alert Alert  `json:"alert"`
}

// key orders and identifies the alerts of one monitor: alert names are unique
// there.
type key struct {
	alert, segment, field string
}

func (t *tracked) key() key { return key{t.Alert.Name, t.Alert.Segment, t.Alert.Field} }

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.alert, o.alert), cmp.Compare(k.segment, o.segment), cmp.Compare(k.field, o.field))
}

func compareTracked(a, b tracked) int { return a.key().compare(b.key()) }

// Alerts returns the pending and firing alerts, by name, segment and field. The
// maps in them are shared and must not be changed.
func (s State) Alerts() []Alert {
	list := make([]Alert, len(s.tracked))
	for i, t := range s.tracked {
		list[i] = t.Alert
	}
	return list
}

// Equal reports whether two states are of the same window and say the same.
func (s State) Equal(o State) bool {
	a, errA := s.MarshalJSON()
	b, errB := o.MarshalJSON()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Timeless returns the state without what the clock told it.
func (s State) Timeless() State { return s.withClockOf(State{}) }

// withClockOf returns the state with what the clock told another.
func (s State) withClockOf(o State) State {
	ofClock := func(t tracked) bool { return t.Alert.Check == NoData }
	list := slices.DeleteFunc(slices.Clone(s.tracked), ofClock)
	for _, t := range o.tracked {
		if ofClock(t) {
			list = append(list, t)
		}
	}
	sortTracked(list)
	s.heard, s.tracked = o.heard, list
	return s
}

type stateJSON struct {
	End    *window.Time `json:"end,omitempty"`
	Heard  *window.Time `json:"heard,omitempty"`
	Alerts []tracked    `json:"alerts"`
}

// MarshalJSON is canonical: equal states give equal bytes.
func (s State) MarshalJSON() ([]byte, error) {
	v := stateJSON{Alerts: s.tracked}
	if s.stepped {
		v.End = &s.end
	}
	if s.heard != 0 {
		v.Heard = &s.heard
	}
	if v.Alerts == nil {
		v.Alerts = []tracked{}
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *State) UnmarshalJSON(b []byte) error {
	var v stateJSON
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("read rule state: %w", err)
	}
	*s = State{tracked: v.Alerts}
	if v.End != nil {
		s.end, s.stepped = *v.End, true
	}
	if v.Heard != nil {
		s.heard = *v.Heard
	}
	if len(s.tracked) == 0 {
		s.tracked = nil
	}
	sortTracked(s.tracked)
	return nil
}

func sortTracked(list []tracked) { slices.SortFunc(list, compareTracked) }

// fingerprint identifies an alert over restarts and reloads.
func fingerprint(alert, monitor, segment, field string) string {
	return digest([]string{alert, monitor, segment, field})
}

// digest is the first 16 hexadecimal digits of the SHA-256 of v's JSON, whose
// quoting keeps neighbouring parts apart. v must be made of strings, numbers
// and structs of them.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("rules: digest of a value without JSON: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
