package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/rules"
)

var errFault = errors.New("injected fault")

// faults counts what a process does outside of itself (transactions on the store,
// requests to brokers, messages to receivers), and lets one of these fail.
type faults struct {
	at    int    // the operation that fails; 0: none
	after bool   // it has its effect and fails all the same
	crash bool   // the process ends there: nothing after it has an effect
	stop  func() // ends the process

	mu sync.Mutex
	n  int // operations so far
}

func (f *faults) do(operation func() error) error {
	f.mu.Lock()
	f.n++
	n := f.n
	f.mu.Unlock()
	switch {
	case f.at == 0 || n < f.at || n > f.at && !f.crash:
		return operation()
	case n > f.at:
		return errFault
	}
	var err error
	if f.after {
		err = operation()
	}
	if f.crash {
		f.stop()
	}
	return errors.Join(err, errFault)
}

// faultySource is a source whose requests may fail. Looking for more at the end
// of a log is not counted: it would be most of a run.
type faultySource struct {
	*memory
	faults *faults
}

func (s faultySource) Resolve(ctx context.Context, p source.Partition, at source.Start) (offset int64, err error) {
	err = s.faults.do(func() error {
		var err error
		offset, err = s.memory.Resolve(ctx, p, at)
		return err
	})
	return offset, err
}

func (s faultySource) Log(p source.Partition) source.Log {
	return faultyLog{s.memory.Log(p), s, p}
}

type faultyLog struct {
	source.Log
	faultySource
	p source.Partition
}

func (l faultyLog) Fetch(ctx context.Context, from int64) (b source.Batch, err error) {
	if from == int64(len(l.logs[l.p])) {
		return l.Log.Fetch(ctx, from)
	}
	err = l.faults.do(func() error {
		var err error
		b, err = l.Log.Fetch(ctx, from)
		return err
	})
	return b, err
}

// faultyMembers is a group whose commits may fail.
type faultyMembers struct {
	whole
	faults *faults
}

func (m faultyMembers) Commit(context.Context, map[source.Partition]source.Position) error {
	return m.faults.do(func() error { return nil })
}

// process runs an engine and its dispatcher, until the time is over or it
// crashes, and adds what was sent.
func (s *setup) process(t *testing.T, f *faults, d time.Duration, sent *[]rules.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	f.stop = cancel
	s.wrap, s.members = faultySource{s.source, f}, faultyMembers{whole{s.source.partitions()}, f}
	s.update = func(fn func(*store.Tx) error) error {
		return f.do(func() error { return s.store.Update(fn) })
	}
	e, err := New(s.options(t))
	if err != nil {
		if !errors.Is(err, errFault) {
			t.Fatal(err)
		}
		return // it could not start
	}
	dispatched := make(chan struct{})
	go func() { defer close(dispatched); dispatch(ctx, e.Outbox(), f, sent) }()
	if err := e.Run(ctx); err != nil && !errors.Is(err, errFault) {
		t.Error(err)
	}
	cancel()
	<-dispatched
}

// dispatch sends what waits in the outbox, once a second.
func dispatch(ctx context.Context, o *Outbox, f *faults, sent *[]rules.Event) {
	for ctx.Err() == nil {
		events, _ := o.Pending(ctx, "r", 0) // an error is that of the next round too
		for _, e := range events {
			err := f.do(func() error { *sent = append(*sent, e); return nil })
			if err != nil || o.Ack(ctx, "r", []uint64{e.ID}, nil) != nil {
				break
			}
		}
		pause(ctx, time.Second)
	}
}

// said is what a receiver makes of messages: it knows those it has seen.
func said(t *testing.T, sent []rules.Event) (list []string) {
	t.Helper()
	for _, e := range sent {
		b, err := json.Marshal(e.Alert)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(list, string(b)) {
			list = append(list, string(b))
		}
	}
	return list
}

// Whichever operation of a run fails, before or after it had its effect, and
// whether the process goes on or is gone and another one starts: the windows are
// the same, byte for byte, and so are the alerts that are sent, in their order, and
// the history of both.
func TestFaultAtEveryOperation(t *testing.T) {
	const every = 500 * time.Millisecond // batches and checkpoints come together, so that they meet in transactions
	src := newMemory("t", 2)
	src.batch = func() int { return 12 }
	src.delay = func() time.Duration { return every }
	for i := range 120 {
		value := 0
		if i/40 == 1 {
			value = 100
		}
		src.add(i%2, time.Duration(i)*500*time.Millisecond, 0, float64(value))
	}
	const enough = 20 * time.Second
	run := func(t *testing.T, f *faults) (windows map[string]string, alerts, history []string) {
		s := newSetup(t, src)
		defer s.store.Close()
		s.every, s.spec.Window.Idle = every, 10*time.Second
		s.spec.Reference.Trailing = 20 * time.Second
		s.setRules(t, "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: mean, above: 50}}]}]")
		var sent []rules.Event
		s.process(t, f, enough, &sent)
		if f.at > 0 && f.n >= f.at {
			s.process(t, &faults{}, enough, &sent) // after a crash, or a start that failed, or a last write that did
		}
		windows = map[string]string{}
		for end, w := range s.windows(t) {
			windows[end.String()] = w
		}
		return windows, said(t, sent), s.history(t)
	}
	synctest.Test(t, func(t *testing.T) {
		wantWindows, wantAlerts, wantHistory := run(t, &faults{})
		if len(wantWindows) != 6 || len(wantAlerts) != 2 || len(wantHistory) != 8 {
			t.Fatalf("%d windows, %d alerts and a history of %v without a fault", len(wantWindows), len(wantAlerts), wantHistory)
		}
		for _, crash := range []bool{false, true} {
			for _, after := range []bool{false, true} {
				n, hit := 1, true
				for ; hit; n++ {
					f := &faults{at: n, crash: crash, after: after}
					windows, alerts, history := run(t, f)
					hit = f.n >= n
					name := fmt.Sprintf("operation %d fails (crash: %v, after its effect: %v)", n, crash, after)
					if !maps.Equal(windows, wantWindows) {
						t.Errorf("%s: the windows are %v, want %v", name, windows, wantWindows)
					}
					if !slices.Equal(alerts, wantAlerts) {
						t.Errorf("%s: the alerts are %v, want %v", name, alerts, wantAlerts)
					}
					if !slices.Equal(history, wantHistory) {
						t.Errorf("%s: the history is %v, want %v", name, history, wantHistory)
					}
					if t.Failed() {
						return
					}
				}
				t.Logf("crash %v, after %v: each of %d operations failed once", crash, after, n-2)
			}
		}
	})
}
