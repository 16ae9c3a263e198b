package alerting

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// memory is what has to be known of a receiver's past, over restarts too. It is
// stored together with the acknowledgements that it follows from.
type memory struct {
	Alerts   map[string]*record   `json:"alerts,omitempty"`   // by fingerprint
	Sent     map[string]time.Time `json:"sent,omitempty"`     // by group, its newest message
	Cooldown map[string]time.Time `json:"cooldown,omitempty"` // by monitor and alert, the newest message that it fires

	changed bool
}

// record is what a receiver knows of an alert.
type record struct {
	ID    uint64      `json:"id"` // of the event that it was told last
	State string      `json:"state"`
	Since window.Time `json:"since"`
	Quiet bool        `json:"quiet,omitempty"` // the event was left out on purpose: its end is left out too
	Flap  *flap       `json:"flap,omitempty"`
}

// flap is how an alert comes and goes.
type flap struct {
	Seen  uint64      `json:"seen"`  // the newest event that counts
	Ended window.Time `json:"ended"` // when it ended last
	Until window.Time `json:"until"` // if it fires again before, it comes and goes
	Times int         `json:"times"` // that it did, in a row
}

func newMemory(b []byte) (*memory, error) {
	m := &memory{}
	if b != nil {
		if err := json.Unmarshal(b, m); err != nil {
			return nil, err
		}
	}
	if m.Alerts == nil {
		m.Alerts = map[string]*record{}
	}
	if m.Sent == nil {
		m.Sent = map[string]time.Time{}
	}
	if m.Cooldown == nil {
		m.Cooldown = map[string]time.Time{}
	}
	return m, nil
}

// bytes returns what is to be stored.
func (m *memory) bytes() ([]byte, error) { return json.Marshal(m) }

// told records that an event was told, or left out on purpose.
func (m *memory) told(e rules.Event, quiet bool) {
	t := tell(e)
	t.Quiet = quiet
	if old := m.Alerts[e.Alert.Fingerprint]; old != nil {
		t.Flap = old.Flap
	}
	m.Alerts[e.Alert.Fingerprint], m.changed = &t, true
}

// remembered bounds the ended alerts of which something is known.
const remembered = 1000

// forget drops what no longer matters. Of alerts that ended only the newest are
// kept, and only for routes that care for flapping.
func (m *memory) forget(now time.Time, pending map[string]bool, flapping bool, longest time.Duration) {
	var ended []string
	for fp, r := range m.Alerts {
		if r.State != rules.Firing && !pending[fp] {
			ended = append(ended, fp)
		}
	}
	slices.SortFunc(ended, func(a, b string) int { return cmp.Compare(m.Alerts[b].ID, m.Alerts[a].ID) })
	if flapping {
		ended = ended[min(remembered, len(ended)):]
	}
	before := len(m.Sent) + len(m.Cooldown)
	for _, fp := range ended {
		delete(m.Alerts, fp)
	}
	old := func(_ string, t time.Time) bool { return now.Sub(t) > longest }
	maps.DeleteFunc(m.Sent, old)
	maps.DeleteFunc(m.Cooldown, old)
	m.changed = m.changed || len(ended) > 0 || before != len(m.Sent)+len(m.Cooldown)
}

// note follows an alert through an event that was not seen before.
func (m *memory) note(e rules.Event, windows int) {
	r := m.Alerts[e.Alert.Fingerprint]
	if r == nil {
		r = &record{}
		m.Alerts[e.Alert.Fingerprint] = r
	}
	if r.Flap == nil {
		r.Flap = &flap{}
	}
	f := r.Flap
	if e.ID <= f.Seen {
		return
	}
	m.changed = true
	f.Seen = e.ID
	at := tell(e).Since
	switch {
	case e.Alert.State == rules.Resolved:
		f.Ended, f.Until = at, at.Add(time.Duration(windows)*spanOf(&e.Alert))
	case at <= f.Until:
		f.Times++
	default:
		f.Times = 0
	}
}

// stillFires reports whether a fire says nothing to a receiver that knows of the
// one before, since its end was overtaken while the group waited on purpose.
func (m *memory) stillFires(e *rules.Event, r *Route) bool {
	known := m.Alerts[e.Alert.Fingerprint]
	return r.GroupInterval > 0 && known != nil && known.State == rules.Firing && !known.Quiet
}

// maxHold bounds how many windows a flapping alert has to go on firing.
const maxHold = 8

// calm is how many quiet windows make a fire one of its own, which is told at once;
// each time that the alert came back it takes one more.
const calm = 3

// hold returns how much longer than one window an alert has to fire before
// anybody is told; 0 for one that does not flap, or of which the receiver knows
// nothing yet.
func (r *record) hold(a *rules.Alert) time.Duration {
	if r == nil || r.Flap == nil || r.State == "" || r.Quiet || a.Fired == nil {
		return 0
	}
	f, span := r.Flap, spanOf(a)
	if a.Fired.Time().Sub(f.Ended.Time()) > time.Duration(calm+f.Times-1)*span {
		return 0
	}
	return time.Duration(min(f.Times, maxHold)) * span
}

// spanOf returns the length of an alert's window.
func spanOf(a *rules.Alert) time.Duration { return a.WindowEnd.Time().Sub(a.WindowStart.Time()) }
