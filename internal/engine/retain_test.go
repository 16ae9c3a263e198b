package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// What is kept of monitors that are gone from the configuration grows old with
// the windows of the others, however many there are, and then nothing is left.
func TestMonitorsThatAreGoneAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		for i := range 40 {
			src.add(0, time.Duration(i)*time.Second, 0, 1)
		}
		s := newSetup(t, src)
		at := window.FromTime(epoch)
		err := s.store.Update(func(tx *store.Tx) error {
			errs := []error{tx.PutReference("old", kindPin, []byte("x")), tx.PutMonitor("old", []byte("x"))}
			for i := range 700 {
				for _, old := range []string{"older", "old"} {
					errs = append(errs, tx.PutWindow(old, nil, store.Volume{End: at.Add(-48*time.Hour - time.Duration(i)*time.Second)}))
				}
			}
			return errors.Join(append(errs, tx.PutWindow("recent", nil, store.Volume{End: at}))...)
		})
		if err != nil {
			t.Fatal(err)
		}
		e := s.engine(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		time.Sleep(3 * time.Minute)
		if err := e.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		_ = s.store.View(func(tx *store.Tx) error {
			if names, err := tx.Monitors(); err != nil || fmt.Sprint(names) != "[m recent]" || tx.Monitor("old") != nil {
				t.Errorf("something is kept of %v, %v", names, err)
			}
			return nil
		})
		if n := len(s.windows(t)); n != 4 {
			t.Errorf("%d windows of the watched monitor, want 4", n)
		}
	})
}

// Windows that were made longer than what was kept for them are partial, whether the
// engine runs through or starts again, and later ones are whole.
func TestLongerWindowsThanWasKeptArePartial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newMemory("t", 1)
		add := func(from, to int) {
			for i := from; i < to; i++ {
				src.add(0, time.Duration(i)*time.Second, 0, 1)
			}
		}
		add(0, 95)
		s := newSetup(t, src)
		s.keep = 20 * time.Second
		s.while(t, func(ctx context.Context, e *Engine) {
			time.Sleep(5 * time.Second)
			if err := e.Retain(ctx); err != nil {
				t.Fatal(err)
			}
		})
		s.spec.Window.Size = time.Minute
		for from := 95; from < 175; from += 20 {
			add(from, from+20)
			s.runFor(t, 5*time.Second)
		}
		longer := 0
		for _, w := range s.list(t) {
			if w.End-w.Start != 60_000 {
				continue
			}
			longer++
			if whole := w.Segments[0].Rows == 60; whole == w.Partial {
				t.Errorf("the window that ends at %v has %d rows, partial: %v", w.End, w.Segments[0].Rows, w.Partial)
			}
		}
		if longer < 7 {
			t.Errorf("%d longer windows", longer)
		}
	})
}
