package engine

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

	"driftwatch/alerting"
	"driftwatch/monitors/store"
	"driftwatch/rules"
)

// board is where the receivers of all processes post to.
type board struct {
	mu    sync.Mutex
	posts []string
}

func (b *board) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.posts)
}

// poster is the receiver of one process. It ends a post that it remembers.
type poster struct {
	*board
	process string
	posts   map[string][]byte // by monitor, the post that tells of its fire
}

func (p *poster) Notify(_ context.Context, m alerting.Message) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range m.Events {
		said := fmt.Sprintf("%s: %s %s", p.process, e.Alert.Monitor, e.Alert.State)
		if post := p.posts[e.Alert.Monitor]; e.Alert.State == rules.Resolved {
			said += fmt.Sprintf(", which ends post %s", post)
			delete(p.posts, e.Alert.Monitor)
		} else {
			p.posts[e.Alert.Monitor] = fmt.Append(nil, len(p.board.posts))
		}
		p.board.posts = append(p.board.posts, said)
	}
	return "", nil
}

func (p *poster) Remember() map[string][]byte { return maps.Clone(p.posts) }

func (p *poster) Recall(kept map[string][]byte) error {
	p.posts = maps.Clone(kept)
	return nil
}

// dispatch runs a dispatcher with a receiver that knows nothing but what is kept.
func (b *board) dispatch(ctx context.Context, t *testing.T, e *Engine, p *process) {
	d, err := alerting.New(alerting.Options{
		Outbox: e.Outbox(), Receivers: map[string]alerting.Receiver{"r": &poster{board: b, process: p.name}},
		Settings: map[string]alerting.Settings{"r": {Cooldown: 24 * time.Hour}},
		Route:    &alerting.Route{Receiver: "r", GroupBy: alerting.DefaultGroupBy()},
		Alerts: func() []rules.Alert {
			if v := p.snapshot(); v != nil {
				return v.Alerts
			}
			return nil
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Error(err)
		return
	}
	// The engine ends with ctx, and takes no acknowledgement after that.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := d.Run(ctx); err != nil {
		t.Error(err)
	}
}

// TestReceiversRememberMovedMonitors: a monitor that moves while its alert fires takes
// along what receivers were told. The next process tells it no second time, ends the
// post of the first, and keeps to the cooldown; so does the one after it.
func TestReceiversRememberMovedMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		second := 0
		add := func(seconds int, value float64) {
			for range seconds {
				src.add(0, time.Duration(second)*time.Second, 0, value)
				second++
			}
		}
		specs := newSetup(t, src).spec
		other := specs
		other.Name = "n"
		f := newFleet(t, src, 2, specs, other)
		b := &board{}
		f.dispatch = b.dispatch
		for _, p := range f.processes {
			p.steps = 1 << 30
			p.setRules(t, `groups: [{name: g, monitor: [m, n], rules: [{alert: High, fields: x, when: {check: max, above: 400}}]}]`)
		}
		run := func(owner *process) {
			t.Helper()
			f.run(t, 20*time.Second, map[string]*process{"m": owner, "n": f.processes[0]})
		}
		add(20, 100)
		add(20, 450)
		run(f.processes[0])
		want := []string{"p0: m firing", "p0: n firing"}
		if got := inOrder(b.all()); !slices.Equal(got, want) {
			t.Fatalf("told %q", got)
		}
		run(f.processes[1])
		if got := b.all(); len(got) != 2 {
			t.Fatalf("a move tells %q", got)
		}
		add(20, 100)
		run(f.processes[1])
		post := slices.Index(b.all(), "p0: m firing")
		want = append(want, "p0: n resolved, which ends post "+fmt.Sprint(1-post), "p1: m resolved, which ends post "+fmt.Sprint(post))
		if got := inOrder(b.all()); !slices.Equal(got, inOrder(want)) {
			t.Fatalf("told %q, want %q", got, inOrder(want))
		}
		add(20, 450)
		run(f.processes[1])
		add(20, 100)
		run(f.processes[0])
		if got := b.all(); len(got) != 4 {
			t.Errorf("in spite of the cooldown %q", got)
		}
		for _, p := range f.processes {
			if kept := f.kept(t, p); len(kept) != map[string]int{"p0": 2, "p1": 0}[p.name] {
				t.Errorf("%s remembers %s", p.name, kept)
			}
		}
	})
}

// kept returns what a process has in its store of what was told.
func (f *fleet) kept(t *testing.T, p *process) (keys []string) {
	t.Helper()
	err := p.store.View(func(tx *store.Tx) error {
		tx.Metas(memoryPrefix, func(key string, _ []byte) { keys = append(keys, strings.TrimPrefix(key, memoryPrefix)) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func inOrder(list []string) []string { return slices.Sorted(slices.Values(list)) }
