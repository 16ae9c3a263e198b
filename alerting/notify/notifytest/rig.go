package notifytest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// rig is a Dispatcher with the receiver under test, its server and an outbox
// that outlives them.
type rig struct {
	bench
	outbox *outbox
}

func (r *rig) start(t *testing.T) {
	t.Helper()
	d, err := alerting.New(alerting.Options{
		Outbox: r.outbox, Receivers: map[string]alerting.Receiver{"team": r.receiver()},
		Picture: func(context.Context, *rules.Alert) ([]byte, error) { return Picture(), nil },
		Route:   &alerting.Route{Receiver: "team"}, Alerts: func() []rules.Alert { return nil },
		Logger: r.logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.run(t, d)
}

// Picture returns a picture of nothing.
func Picture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		panic(err) // memory does not fail
	}
	return b.Bytes()
}

// end stops, and looks for secrets where they must not be.
func (r *rig) end(t *testing.T) {
	t.Helper()
	r.stop(t)
	r.noCanary(t)
}

// accepts waits until the server was told all of want and nothing else waits.
func (r *rig) accepts(t *testing.T, want ...string) {
	t.Helper()
	r.wait(t, fmt.Sprintf("%q is not accepted", want), func() bool { return slices.Equal(r.peer.Accepted(), want) && r.outbox.len() == 0 })
}

// outbox keeps events as the store does.
type outbox struct {
	mu      sync.Mutex
	last    uint64
	events  []rules.Event
	memory  map[string][]byte
	changed chan struct{}
}

func newOutbox() *outbox { return &outbox{memory: map[string][]byte{}, changed: make(chan struct{})} }

// Pending implements alerting.Outbox.
func (o *outbox) Pending(_ context.Context, _ string, limit int) ([]rules.Event, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.events[:min(limit, len(o.events))]), nil
}

// Ack implements alerting.Outbox.
func (o *outbox) Ack(_ context.Context, _ string, ids []uint64, memory map[string][]byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.Copy(o.memory, memory)
	o.events = slices.DeleteFunc(o.events, func(e rules.Event) bool { return slices.Contains(ids, e.ID) })
	return nil
}

// Memory implements alerting.Outbox.
func (o *outbox) Memory(string) (map[string][]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.memory), nil
}

// Changed implements alerting.Outbox.
func (o *outbox) Changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

func (o *outbox) add(a rules.Alert) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	o.events = append(o.events, rules.Event{ID: o.last, Alert: a})
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *outbox) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.events)
}

func at(hour int) window.Time {
	return window.FromTime(time.Date(2026, 1, 2, hour, 0, 0, 0, time.UTC))
}

// firing fires at the end of the window that ends at an hour.
func firing(field string, hour int) rules.Alert {
	fired := at(hour)
	return rules.Alert{
		Fingerprint: "fp-" + field, Name: "Drift", Monitor: "churn", Field: field, Check: "psi", Severity: rules.Warning,
		State: rules.Firing, WindowStart: at(hour - 1), WindowEnd: fired, Since: fired, Fired: &fired,
	}
}

func resolved(field string, fired, hour int) rules.Alert {
	a, ends := firing(field, fired), at(hour)
	a.State, a.WindowStart, a.WindowEnd, a.EndsAt = rules.Resolved, at(hour-1), ends, &ends
	return a
}
