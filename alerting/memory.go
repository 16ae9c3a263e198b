package alerting

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// memory is what has to be known of a receiver's past, over restarts too. It is
// stored together with the acknowledgements that it follows from. It has a part
// for each monitor, which goes along when the monitor moves to another process.
type memory struct {
	parts map[string]*part // by monitor; "" for what belongs to several
}

// part is what is known of the alerts of one monitor.
type part struct {
	Alerts   map[string]*record   `json:"alerts,omitempty"`   // by fingerprint
	Sent     map[string]time.Time `json:"sent,omitempty"`     // by group, its newest message
	Cooldown map[string]time.Time `json:"cooldown,omitempty"` // by monitor and alert, the newest message that it fires
	Receiver json.RawMessage      `json:"receiver,omitempty"` // what a Rememberer keeps

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

func newMemory(stored map[string][]byte) (*memory, error) {
	m := &memory{parts: map[string]*part{}}
	for monitor, b := range stored {
		if err := json.Unmarshal(b, m.part(monitor)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// part returns the part of a monitor.
func (m *memory) part(monitor string) *part {
	p := m.parts[monitor]
	if p == nil {
		p = &part{Alerts: map[string]*record{}, Sent: map[string]time.Time{}, Cooldown: map[string]time.Time{}}
		m.parts[monitor] = p
	}
	return p
}

// of returns the part of an alert's monitor. What was written when there were no
// parts is found in that of none, and taken from there.
func (m *memory) of(a *rules.Alert) *part {
	p, old := m.part(a.Monitor), m.part("")
	if r := old.Alerts[a.Fingerprint]; r != nil && a.Monitor != "" {
		delete(old.Alerts, a.Fingerprint)
		p.Alerts[a.Fingerprint], p.changed, old.changed = r, true, true
	}
	key := coolingKey(a)
	if at, ok := old.Cooldown[key]; ok && a.Monitor != "" {
		delete(old.Cooldown, key)
		p.Cooldown[key], p.changed, old.changed = at, true, true
	}
	return p
}

// known returns what the receiver knows of an alert, or nil.
func (m *memory) known(a *rules.Alert) *record { return m.of(a).Alerts[a.Fingerprint] }

// changed reports whether there is something to store.
func (m *memory) changed() bool {
	for _, p := range m.parts {
		if p.changed {
			return true
		}
	}
	return false
}

// bytes returns what is to be stored: the parts that changed, nil for one that is
// empty.
func (m *memory) bytes() (map[string][]byte, error) {
	out := map[string][]byte{}
	for monitor, p := range m.parts {
		if !p.changed {
			continue
		}
		out[monitor] = nil
		if len(p.Alerts)+len(p.Sent)+len(p.Cooldown)+len(p.Receiver) > 0 {
			b, err := json.Marshal(p)
			if err != nil {
				return nil, err
			}
			out[monitor] = b
		}
	}
	return out, nil
}

// stored notes that the newest bytes are stored.
func (m *memory) stored() {
	for _, p := range m.parts {
		p.changed = false
	}
}

// remember takes what a Rememberer keeps, by monitor.
func (m *memory) remember(kept map[string][]byte) {
	for monitor := range kept {
		m.part(monitor)
	}
	for monitor, p := range m.parts {
		if !bytes.Equal(p.Receiver, kept[monitor]) {
			p.Receiver, p.changed = kept[monitor], true
		}
	}
}

// recall returns what a Rememberer kept.
func (m *memory) recall() map[string][]byte {
	kept := map[string][]byte{}
	for monitor, p := range m.parts {
		if len(p.Receiver) > 0 {
			kept[monitor] = p.Receiver
		}
	}
	return kept
}

// told records that an event was told, or left out on purpose.
func (m *memory) told(e rules.Event, quiet bool) {
	p, t := m.of(&e.Alert), tell(e)
	t.Quiet = quiet
	if old := p.Alerts[e.Alert.Fingerprint]; old != nil {
		t.Flap = old.Flap
	}
	p.Alerts[e.Alert.Fingerprint], p.changed = &t, true
}

// remembered bounds the ended alerts of which something is known.
const remembered = 1000

// forget drops what no longer matters. Of alerts that ended only the newest are
// kept, and only for routes that care for flapping.
func (m *memory) forget(now time.Time, pending map[string]bool, flapping bool, longest time.Duration) {
	type ended struct {
		part        *part
		fingerprint string
		id          uint64
	}
	var all []ended
	old := func(_ string, t time.Time) bool { return now.Sub(t) > longest }
	for _, p := range m.parts {
		for fp, r := range p.Alerts {
			if r.State != rules.Firing && !pending[fp] {
				all = append(all, ended{p, fp, r.ID})
			}
		}
		before := len(p.Sent) + len(p.Cooldown)
		maps.DeleteFunc(p.Sent, old)
		maps.DeleteFunc(p.Cooldown, old)
		p.changed = p.changed || before != len(p.Sent)+len(p.Cooldown)
	}
	slices.SortFunc(all, func(a, b ended) int { return cmp.Compare(b.id, a.id) })
	if flapping {
		all = all[min(remembered, len(all)):]
	}
	for _, e := range all {
		delete(e.part.Alerts, e.fingerprint)
		e.part.changed = true
	}
}

// note follows an alert through an event that was not seen before.
func (m *memory) note(e rules.Event, windows int) {
	p := m.of(&e.Alert)
	r := p.Alerts[e.Alert.Fingerprint]
	if r == nil {
		r = &record{}
		p.Alerts[e.Alert.Fingerprint] = r
	}
	if r.Flap == nil {
		r.Flap = &flap{}
	}
	f := r.Flap
	if e.ID <= f.Seen {
		return
	}
	p.changed = true
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
	known := m.known(&e.Alert)
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
