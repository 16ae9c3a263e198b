package notifytest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"maps"
	"slices"
	"strings"
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
	peer     Peer
	receiver func() alerting.Receiver
	outbox   *outbox
	log      *log
	d        *alerting.Dispatcher
	halt     func()
}

func (r *rig) start(t *testing.T) {
	t.Helper()
	d, err := alerting.New(alerting.Options{
		Outbox: r.outbox, Receivers: map[string]alerting.Receiver{"team": r.receiver()},
		Picture: func(context.Context, *rules.Alert) ([]byte, error) { return Picture(), nil },
		Route:   &alerting.Route{Receiver: "team"}, Alerts: func() []rules.Alert { return nil },
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	r.d, r.halt = d, sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.halt)
}

// Picture returns a picture of nothing.
func Picture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		panic(err) // memory does not fail
	}
	return b.Bytes()
}

func (r *rig) stop(t *testing.T) {
	t.Helper()
	r.noCanary(t)
	r.halt()
}

// end stops, and looks for secrets where they must not be.
func (r *rig) end(t *testing.T) {
	t.Helper()
	r.stop(t)
	r.noCanary(t)
}

func (r *rig) noCanary(t *testing.T) {
	t.Helper()
	if status := fmt.Sprintf("%+v", r.d.Stats()); strings.Contains(status, Canary) {
		t.Errorf("the status tells a secret: %s", status)
	}
	if text := r.log.text(); strings.Contains(text, Canary) {
		t.Errorf("the log tells a secret:\n%s", text)
	}
}

// patience is how long a test waits for what should happen within seconds.
const patience = 20 * time.Second

func (r *rig) wait(t *testing.T, problem string, done func() bool) {
	t.Helper()
	await(t, done, func() string {
		return fmt.Sprintf("%s; accepted %q, failures %v\n%s", problem, r.peer.Accepted(), r.d.Stats()[0].Failures, r.log.text())
	})
}

// await waits for what should happen within seconds.
func await(t *testing.T, done func() bool, problem func() string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal(problem())
		}
	}
}

func (r *rig) failures() (n uint64) {
	for _, f := range r.d.Stats()[0].Failures {
		n += f
	}
	return n
}

// fails waits for a failure of a reason.
func (r *rig) fails(t *testing.T, reason string) {
	t.Helper()
	r.wait(t, "nothing failed with "+reason, func() bool { return r.d.Stats()[0].Failures[reason] > 0 })
}

// accepts waits until the server was told all of want and nothing else waits.
func (r *rig) accepts(t *testing.T, want ...string) {
	t.Helper()
	r.wait(t, fmt.Sprintf("%q is not accepted", want), func() bool { return slices.Equal(r.peer.Accepted(), want) && r.outbox.len() == 0 })
}

// log is a log that several goroutines write.
type log struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
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
