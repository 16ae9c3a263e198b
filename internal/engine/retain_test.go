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
