package alerting

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// outbox keeps events for receivers as the store does: what is acknowledged is
// gone, also for the next dispatcher.
type outbox struct {
	mu      sync.Mutex
	events  []rules.Event
	first   uint64 // id of the first event, but one
	acked   map[string]map[uint64]bool
	memory  map[string]map[string][]byte
	changed chan struct{}
	fail    error // of Ack
}

func newOutbox() *outbox {
	return &outbox{acked: map[string]map[uint64]bool{}, memory: map[string]map[string][]byte{}, changed: make(chan struct{})}
}

func (o *outbox) Pending(_ context.Context, receiver string, limit int) ([]rules.Event, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []rules.Event
	for _, e := range o.events {
		if !o.acked[receiver][e.ID] && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (o *outbox) Ack(_ context.Context, receiver string, ids []uint64, memory map[string][]byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	if o.acked[receiver] == nil {
		o.acked[receiver] = map[uint64]bool{}
	}
	for _, id := range ids {
		o.acked[receiver][id] = true
	}
	if o.memory[receiver] == nil {
		o.memory[receiver] = map[string][]byte{}
	}
	maps.Copy(o.memory[receiver], memory)
	maps.DeleteFunc(o.memory[receiver], func(_ string, b []byte) bool { return b == nil })
	return nil
}

func (o *outbox) Memory(receiver string) (map[string][]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.memory[receiver]), nil
}

func (o *outbox) Changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

// add commits events in one transaction.
func (o *outbox) add(alerts ...rules.Alert) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range alerts {
		o.events = append(o.events, rules.Event{ID: o.first + uint64(len(o.events)+1), Alert: a})
	}
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *outbox) failAcks(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail = err
}

func (o *outbox) pending(receiver string) int {
	events, _ := o.Pending(context.Background(), receiver, 1<<20)
	return len(events)
}

// receiver notes what it is told, unless answer objects.
type receiver struct {
	mu     sync.Mutex
	begin  time.Time
	got    []string
	tried  []time.Duration
	last   Message
	answer func(Message) error
}

func newReceiver(answer func(Message) error) *receiver {
	return &receiver{begin: time.Now(), answer: answer}
}

func (r *receiver) Notify(_ context.Context, m Message) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = append(r.tried, time.Since(r.begin))
	if r.answer != nil {
		if err := r.answer(m); err != nil {
			return "", err
		}
	}
	r.got, r.last = append(r.got, text(m)), m
	return "", nil
}

func (r *receiver) answers(f func(Message) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func (r *receiver) told() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) attempts() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tried)
}

// text is like "churn: a firing, b resolved".
func text(m Message) string {
	var group, parts []string
	for _, l := range m.Group {
		group = append(group, l.Value)
	}
	for _, e := range m.Events {
		parts = append(parts, e.Alert.Field+" "+e.Alert.State)
	}
	s := strings.Join(group, "/") + ": " + strings.Join(parts, ", ")
	if m.Repeat {
		s += " (again)"
	}
	if m.Superseded > 0 {
		s += fmt.Sprintf(" (%d overtaken)", m.Superseded)
	}
	return s
}

// at is the end of the n-th window, a minute each, from the start of
// synctest's clock.
func at(n int) window.Time {
	return window.FromTime(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Add(time.Duration(n) * time.Minute)
}

func fire(monitor, field string, n int) rules.Alert {
	fired := at(n)
	return rules.Alert{
		Fingerprint: monitor + "/" + field, Name: "Drift", Monitor: monitor, Field: field, Severity: "warning", State: rules.Firing,
		WindowStart: at(n - 1), WindowEnd: at(n), Since: at(n), Fired: &fired,
	}
}

// resolve ends an alert that fired in window n at the end of window end.
func resolve(monitor, field string, n, end int) rules.Alert {
	a, ends := fire(monitor, field, n), at(end)
	a.State, a.WindowStart, a.WindowEnd, a.EndsAt = rules.Resolved, at(end-1), at(end), &ends
	return a
}

// rig is a dispatcher with one receiver that can be stopped and started.
type rig struct {
	outbox   *outbox
	receiver *receiver
	as       Receiver // nil: the receiver
	settings Settings
	silences *Silences
	inhibit  []Inhibit
	limit    int
	route    Route
	alerts   func() []rules.Alert
	picture  Picture
	counted  []snapshot.Receiver
	tried    func(string, *rules.Alert, time.Duration)
	log      *strings.Builder
	d        *Dispatcher
	stop     func()
}

func newRig(answer func(Message) error) *rig {
	return &rig{
		outbox: newOutbox(), receiver: newReceiver(answer), route: Route{Receiver: "team"},
		alerts: func() []rules.Alert { return nil }, log: &strings.Builder{},
	}
}

func (r *rig) start(t *testing.T) {
	t.Helper()
	route := r.route
	as := r.as
	if as == nil {
		as = r.receiver
	}
	d, err := New(Options{
		Outbox: r.outbox, Receivers: map[string]Receiver{"team": as},
		Settings: map[string]Settings{"team": r.settings}, Silences: r.silences, Inhibit: r.inhibit, Limit: r.limit, Route: &route, Alerts: r.alerts,
		ExternalURL: "http://drift.example/", Picture: r.picture, Logger: slog.New(slog.NewTextHandler(r.log, nil)), Counted: r.counted, Attempted: r.tried,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	r.d = d
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func (r *rig) wants(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := r.receiver.told(); !slices.Equal(got, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
