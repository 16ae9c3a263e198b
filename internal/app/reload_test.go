package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/internal/watch"
)

// loads is a reloader of one file, whose content "bad" is refused.
type loads struct {
	*reloader
	t    *testing.T
	path string
	used []string // contents that were loaded
	bad  int      // loads that were refused
}

var errBad = errors.New("bad")

// startLoads runs a reloader that looks every five seconds.
func startLoads(t *testing.T) *loads {
	t.Helper()
	l := &loads{t: t, path: filepath.Join(t.TempDir(), "driftwatch.yaml")}
	l.reloader = &reloader{load: l.load, hangup: make(chan os.Signal), asks: make(chan chan<- error)}
	l.write("1")
	l.known = l.load(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); l.run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return l
}

func (l *loads) write(content string) {
	l.t.Helper()
	if err := os.WriteFile(l.path, []byte(content), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func (l *loads) load(context.Context) loaded {
	time.Sleep(time.Millisecond) // a load takes a while
	files := &watch.Files{}
	data, err := files.Read(l.path)
	if err != nil || string(data) == "bad" {
		l.bad++
		return loaded{files: files, err: errors.Join(errBad, err)}
	}
	l.used = append(l.used, string(data))
	every := 5 * time.Second
	if string(data) == "off" {
		every = 0
	}
	return loaded{files: files, every: every}
}

// after waits until just after so many looks.
func (l *loads) after(looks int) {
	time.Sleep(time.Duration(looks)*5*time.Second + 100*time.Millisecond)
	synctest.Wait()
}

func (l *loads) want(loaded string, used, bad int) {
	l.t.Helper()
	if len(l.used) != used || l.used[used-1] != loaded || l.bad != bad {
		l.t.Fatalf("loaded %q and %d bad ones, want %d, the newest %q, and %d bad ones", l.used, l.bad, used, loaded, bad)
	}
}

// TestWatchedFiles: a change is loaded once, at the second look that finds it
// alike; a bad one is refused once, and a good one after it is loaded.
func TestWatchedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startLoads(t)
		l.after(10)
		l.want("1", 1, 0)
		l.write("2")
		l.after(1)
		l.want("1", 1, 0)
		l.after(1)
		l.want("2", 2, 0)
		l.after(10)
		l.want("2", 2, 0)

		// A checkout that goes on for a while.
		for range 5 {
			l.write("bad")
			l.after(1)
			l.write("worse")
			l.after(1)
		}
		l.write("3")
		l.after(2)
		l.want("3", 3, 0)

		l.write("bad")
		l.after(10)
		l.want("3", 3, 1)
		l.write("4")
		l.after(2)
		l.want("4", 4, 1)

		// Back to what it was before it is loaded: there was nothing.
		l.write("5")
		l.after(1)
		l.write("4")
		l.after(10)
		l.want("4", 4, 1)

		l.write("off")
		l.after(2)
		l.want("off", 5, 1)
		l.write("6")
		l.after(10)
		l.want("off", 5, 1)
		if err := l.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.want("6", 6, 1)
		l.write("7")
		l.after(2)
		l.want("7", 7, 1)
	})
}

// TestAskedWhileAChangeWaits: who asks gets the change at once, and it is not
// loaded a second time.
func TestAskedWhileAChangeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startLoads(t)
		l.write("2")
		l.after(1)
		if err := l.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.after(10)
		l.want("2", 2, 0)
		l.write("bad")
		if err := l.Ask(t.Context()); !errors.Is(err, errBad) {
			t.Errorf("the refused load is %v", err)
		}
		l.after(10)
		l.want("2", 2, 1)
	})
}

// TestManyAsk: a hundred who ask at once cost two loads, and each gets the
// outcome of one that began after they asked.
func TestManyAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startLoads(t)
		l.write("bad")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if err := l.Ask(t.Context()); !errors.Is(err, errBad) {
					t.Errorf("the refused load is %v", err)
				}
			})
		}
		all.Wait()
		if l.bad > 2 {
			t.Errorf("%d loads", l.bad)
		}
		// Who leaves does not hold up the others.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = l.Ask(ctx)
		l.write("2")
		if err := l.Ask(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
