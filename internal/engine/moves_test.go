package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// memoryLedger is a ledger that processes share.
type memoryLedger struct {
	mu     sync.Mutex
	spaces map[string]map[string][]byte
}

func (l *memoryLedger) Put(_ context.Context, entries []source.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		if l.spaces[e.Space] == nil {
			l.spaces[e.Space] = map[string][]byte{}
		}
		if e.Value == nil {
			delete(l.spaces[e.Space], e.Key)
			continue
		}
		l.spaces[e.Space][e.Key] = slices.Clone(e.Value)
	}
	return nil
}

func (l *memoryLedger) Get(_ context.Context, spaces []string) (map[string]map[string][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	got := map[string]map[string][]byte{}
	for _, space := range spaces {
		got[space] = maps.Clone(l.spaces[space])
	}
	return got, nil
}

// knows reports whether some state of a monitor has an event that waits.
func (l *memoryLedger) knows(ev rules.Event) bool {
	for key, b := range l.spaces["g/"+ev.Alert.Monitor] {
		var s movedState
		if !strings.HasPrefix(key, "state/") || json.Unmarshal(b, &s) != nil {
			continue
		}
		for _, waiting := range s.Events["r"] {
			var w rules.Event
			if json.Unmarshal(waiting, &w) == nil && w.Alert.Fingerprint == ev.Alert.Fingerprint && w.Alert.WindowEnd == ev.Alert.WindowEnd {
				return true
			}
		}
	}
	return false
}

// fleet is processes of one group with the same monitors.
type fleet struct {
	ledger    *memoryLedger
	processes []*process
	specs     []monitors.Spec
	windows   map[string]string // by monitor and end: all that were ever stored
	sent      map[string]int    // events that were delivered, and how often
	told      map[string]string // by monitor, what was to be remembered last
	dispatch  func(ctx context.Context, t *testing.T, e *Engine, p *process)
}

// process is one of them. Its store and its ledger fail once it is dead.
type process struct {
	*setup
	name   string
	moves  *Moves
	steps  int  // writes that it has left to live
	mortal bool // it was to die at some time
	mu     sync.Mutex
}

var errDead = errors.New("the process is dead")

func (p *process) step() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps--
	if p.steps < 0 {
		return errDead
	}
	return nil
}

// mortal is a ledger as a process sees it that may die at any write.
type mortal struct {
	*memoryLedger
	*process
}

func (l mortal) Put(ctx context.Context, entries []source.Entry) error {
	for _, e := range entries { // one by one, to die between them
		if err := l.step(); err != nil {
			return err
		}
		if err := l.memoryLedger.Put(ctx, []source.Entry{e}); err != nil {
			return err
		}
	}
	return nil
}

func newFleet(t *testing.T, src *memory, n int, specs ...monitors.Spec) *fleet {
	f := &fleet{
		ledger: &memoryLedger{spaces: map[string]map[string][]byte{}}, specs: specs,
		windows: map[string]string{}, sent: map[string]int{}, told: map[string]string{},
	}
	f.dispatch = f.deliver
	for i := range n {
		own := &memory{logs: src.logs, start: src.start} // batches and delays are each process's own
		p := &process{setup: newSetup(t, own), name: fmt.Sprint("p", i)}
		p.setRules(t, `groups: [{name: g, monitor: [m, n], rules: [{alert: Spike, fields: x, when: {check: max, above: 497}},
			{alert: Jump, fields: x, when: {check: mean, change: {above: 1%, against: {trailing: 3}}}},
			{alert: Later, fields: x, when: {check: mean, change: {above: 0, against: 40s}}}]}]`)
		f.processes = append(f.processes, p)
	}
	return f
}

// run lets processes run the monitors that are theirs for a time, each until it
// dies, and then notes what they stored and sent.
func (f *fleet) run(t *testing.T, d time.Duration, owner map[string]*process) {
	t.Helper()
	for _, p := range f.processes { // what moves is given up before it is taken
		p.moves = NewMoves(MovesOptions{
			Store: p.store, Ledger: mortal{f.ledger, p}, Group: "g", Owner: p.name, Log: slog.New(slog.DiscardHandler),
			Active: func() bool { return true },
		}, p.moves)
		f.settle(t, p, func(monitor string) bool { return owner[monitor] == p && p.moves.held[monitor] != nil })
	}
	var wg sync.WaitGroup
	for _, p := range f.processes {
		mine := func(monitor string) bool { return owner[monitor] == p }
		if f.settle(t, p, mine) {
			wg.Go(func() { f.runOne(t, p, d, f.watched(mine)) })
		}
	}
	wg.Wait()
	for _, p := range f.processes {
		f.collect(t, p)
	}
}

// program is that of a monitor.
func (p *process) program(m *monitors.Monitor) *rules.Program {
	return p.rules.ForMonitor(rules.Monitor{
		Name: m.Spec.Name, Fields: []rules.FieldInfo{{Name: "x", Type: "number", Role: monitors.Feature}}, Grid: m.Spec.Window.Shape().Grid,
	})
}

// settle reports whether the process got what is its own; else it died.
func (f *fleet) settle(t *testing.T, p *process, mine func(string) bool) bool {
	t.Helper()
	plan, err := monitors.NewPlan(p.stream, f.watched(func(string) bool { return true }))
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]*rules.Program{}
	for _, m := range plan.Monitors {
		programs[m.Spec.Name] = p.program(m)
	}
	err = p.moves.Settle(context.Background(), []*monitors.Plan{plan}, programs, mine)
	if err != nil && !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	return err == nil
}

func (f *fleet) runOne(t *testing.T, p *process, d time.Duration, here []*monitors.Monitor) {
	if len(here) == 0 {
		return
	}
	plan, err := monitors.NewPlan(p.stream, here)
	if err != nil {
		t.Error(err)
		return
	}
	o := p.options(t)
	o.Plans, o.Moves = []*monitors.Plan{plan}, p.moves
	for _, m := range here {
		o.Programs[m.Spec.Name] = p.program(m)
	}
	e := newEngine(t, o)
	e.seq.update = func(fn func(*store.Tx) error) error {
		if err := p.step(); err != nil {
			return err
		}
		return p.store.Update(fn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	delivered := make(chan struct{})
	go func() { defer close(delivered); f.dispatch(ctx, t, e, p) }()
	if err := e.Run(ctx); err != nil && !errors.Is(err, errDead) {
		t.Error(err)
	}
	<-delivered
}

func (f *fleet) watched(mine func(string) bool) (ms []*monitors.Monitor) {
	for _, spec := range f.specs {
		if mine(spec.Name) {
			ms = append(ms, &monitors.Monitor{Spec: spec})
		}
	}
	return ms
}

// deliver is the dispatcher.
func (f *fleet) deliver(ctx context.Context, t *testing.T, e *Engine, p *process) {
	for ctx.Err() == nil {
		changed := e.Outbox().Changed()
		events, _ := e.Outbox().Pending(ctx, "r", 0)
		for _, ev := range events {
			if p.step() != nil {
				return
			}
			f.ledger.mu.Lock()
			if !f.ledger.knows(ev) {
				t.Errorf("%s sends %s of %s, which nobody else knows of", p.name, ev.Alert.State, ev.Alert.Monitor)
			}
			key := fmt.Sprint(ev.Alert.Monitor, " ", ev.Alert.Name, " ", ev.Alert.State, " ", ev.Alert.WindowEnd)
			f.sent[key]++
			was := f.told[ev.Alert.Monitor]
			f.ledger.mu.Unlock()
			if kept, err := e.Outbox().Memory("r"); err != nil || string(kept[ev.Alert.Monitor]) != was && f.undisturbed() {
				t.Errorf("%s remembers of %s that %s was told, and %s was: %v", p.name, ev.Alert.Monitor, kept[ev.Alert.Monitor], was, err)
			}
			if e.Outbox().Ack(ctx, "r", []uint64{ev.ID}, map[string][]byte{ev.Alert.Monitor: []byte(key)}) == nil {
				f.ledger.mu.Lock()
				f.told[ev.Alert.Monitor] = key
				f.ledger.mu.Unlock()
			}
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

// undisturbed reports whether no process is to die.
func (f *fleet) undisturbed() bool {
	return !slices.ContainsFunc(f.processes, func(p *process) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.mortal
	})
}

// collect notes the windows that a process has.
func (f *fleet) collect(t *testing.T, p *process) {
	t.Helper()
	err := p.store.View(func(tx *store.Tx) error {
		for _, spec := range f.specs {
			tx.Windows(spec.Name, window.None, window.Newest, func(end window.Time, b []byte) bool {
				key := fmt.Sprintf("%s %v", spec.Name, end)
				before, known := f.windows[key]
				switch was, is := revisionOf(before), revisionOf(string(b)); {
				case !known || is > was:
					f.windows[key] = string(b)
				case is == 0 && before != string(b):
					t.Fatalf("window %s of %s is\n%s\nand was\n%s", key, p.name, b, before)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func revisionOf(result string) int {
	_, text, _ := strings.Cut(result, `"revision":`)
	n := 0
	_, _ = fmt.Sscan(text, &n) // none is 0
	return n
}

// Monitors that move between three processes, which read at their own speeds and
// die at any write, have the windows of one process that runs undisturbed, byte
// for byte, and send what it sends.
func TestMonitorsMoveBetweenProcesses(t *testing.T) {
	tried := append(slices.Clone(shapes), shapes[0])
	tried[len(tried)-1].name = "amended"
	tried[len(tried)-1].change = func(s *monitors.Spec) { s.Window.Amend = time.Minute }
	for _, shape := range tried {
		if shape.stretch > 1 {
			continue // weeks of windows take long
		}
		for _, deadly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, deadly %v", shape.name, deadly), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { testMoves(t, shape.change, deadly) })
			})
		}
	}
}

func testMoves(t *testing.T, change func(*monitors.Spec), deadly bool) {
	src := newMemory("t", 3)
	for i, rng := 0, rand.New(rand.NewPCG(1, 1)); i < 2000; i++ {
		event := time.Duration(i)*50*time.Millisecond + time.Duration(rng.IntN(1900))*time.Millisecond
		if i%20 == 19 {
			event -= 25 * time.Second // late for the one monitor and mostly for the other
		}
		src.add(rng.IntN(3), event, 30*time.Second, float64(rng.IntN(500)))
	}
	specs := []monitors.Spec{newSetup(t, src).spec, newSetup(t, src).spec}
	change(&specs[0])
	specs[1].Name, specs[1].Window.Lateness = "n", 20*time.Second // it lags behind the other

	calm := newFleet(t, src, 1, specs...)
	calm.processes[0].steps = 1 << 30
	calm.run(t, 5*time.Minute, map[string]*process{"m": calm.processes[0], "n": calm.processes[0]})
	if len(calm.windows) < 15 || len(calm.sent) < 4 || calm.late()["m"] < 50 {
		t.Fatalf("%d windows, %d alerts, late %v: nothing can be compared", len(calm.windows), len(calm.sent), calm.late())
	}
	if specs[0].Window.Amend > 0 && calm.revised() < 5 {
		t.Fatalf("%d windows were amended: nothing can be compared", calm.revised())
	}
	for way := range uint64(6) {
		rng := rand.New(rand.NewPCG(way, 7))
		f := newFleet(t, src, 3, specs...)
		deaths := 0
		for round := range 8 {
			owner := map[string]*process{"m": f.processes[rng.IntN(3)], "n": f.processes[rng.IntN(3)]}
			for _, p := range f.processes {
				p.steps = 1 << 30
				p.every = time.Duration(1+rng.IntN(5000)) * time.Millisecond
				own := rand.New(rand.NewPCG(way, uint64(round)))
				p.source.batch = func() int { return 1 + own.IntN(40) }
				p.source.delay = func() time.Duration { return time.Duration(own.IntN(900)) * time.Millisecond }
				if deadly && round > 0 && rng.IntN(2) == 0 {
					p.steps, p.mortal = rng.IntN(30), true
				}
			}
			f.run(t, time.Duration(2000+rng.IntN(7000))*time.Millisecond, owner)
			for _, p := range f.processes {
				if p.steps < 0 { // it is started again
					p.moves = nil
					deaths++
				}
			}
		}
		if deadly != (deaths > 0) {
			t.Fatalf("way %d: %d deaths", way, deaths)
		}
		for _, p := range f.processes {
			p.source.batch, p.source.delay, p.steps = nil, nil, 1<<30
		}
		f.run(t, 5*time.Minute, map[string]*process{"m": f.processes[0], "n": f.processes[0]})
		f.compare(t, way, calm, !deadly)
	}
}

// compare holds all that a fleet ever stored and sent against another's. once:
// nothing may have been sent twice.
func (f *fleet) compare(t *testing.T, way uint64, want *fleet, once bool) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want.windows)) {
		if f.windows[key] != want.windows[key] {
			t.Fatalf("way %d: window %s is\n%s\nand undisturbed\n%s", way, key, f.windows[key], want.windows[key])
		}
	}
	if len(f.windows) != len(want.windows) {
		t.Fatalf("way %d: %d windows, undisturbed %d", way, len(f.windows), len(want.windows))
	}
	for event := range want.sent {
		if f.sent[event] == 0 {
			t.Errorf("way %d: %s was never sent", way, event)
		}
	}
	for event, n := range f.sent {
		if want.sent[event] == 0 || once && n > 1 {
			t.Errorf("way %d: %s was sent %d times, undisturbed %d", way, event, n, want.sent[event])
		}
	}
	if got, want := f.late(), want.late(); !maps.Equal(got, want) {
		t.Errorf("way %d: late records %v, undisturbed %v", way, got, want)
	}
	f.tidy(t, way)
}

// revised counts the windows that late records changed.
func (f *fleet) revised() (n int) {
	for _, result := range f.windows {
		if revisionOf(result) > 0 {
			n++
		}
	}
	return n
}

// late returns the late records of each monitor, which the first process runs in
// the end.
func (f *fleet) late() map[string]uint64 {
	late := map[string]uint64{}
	for _, m := range f.processes[0].snapshot().Monitors {
		late[m.Name] = m.Late
	}
	return late
}

// tidy looks for what the ledger keeps without need.
func (f *fleet) tidy(t *testing.T, way uint64) {
	t.Helper()
	for space, entries := range f.ledger.spaces {
		states := slices.DeleteFunc(slices.Sorted(maps.Keys(entries)), func(key string) bool { return !strings.HasPrefix(key, "state/") })
		if panes := len(entries) - len(states); len(states) != 1 || panes > 50 {
			t.Errorf("way %d: %s has the states %v and %d parts", way, space, states, panes)
		}
	}
}
