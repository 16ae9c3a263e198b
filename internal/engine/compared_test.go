package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

// The profiles that a page draws are those that the window was judged by: the checks
// come out the same.
func TestComparedProfilesGiveTheResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := pinned(t, nil)
		s.while(t, func(_ context.Context, e *Engine) {
			ks, _ := checks.Find("ks")
			judged := 0
			for end, w := range s.judged(t) {
				got, err := e.Compared("m", w.End, "", "x")
				if err != nil {
					t.Fatal(err)
				}
				want := w.Whole().Fields[0].Checks["ks"]
				if (got.Reference == nil) != (want.Skipped != "") || got.Reference == nil && got.NoReference == "" {
					t.Errorf("window %d: reference %v, %q; want %+v", end, got.Reference, got.NoReference, want)
				}
				if got.Reference == nil {
					continue
				}
				judged++
				if r := ks.Compute(checks.Input{Current: got.Current, Reference: got.Reference}); r.Value != want.Value {
					t.Errorf("window %d: ks is %v, want %v", end, r.Value, want.Value)
				}
			}
			if judged < 2 {
				t.Errorf("%d windows have a reference", judged)
			}
			for says, ask := range map[string]func() error{
				"no window that ends": func() error { _, err := e.Compared("m", seconds(21), "", "x"); return err },
				`no field "y"`:        func() error { _, err := e.Compared("m", seconds(20), "", "y"); return err },
				`segment "c=1"`:       func() error { _, err := e.Compared("m", seconds(20), "c=1", "x"); return err },
				`no monitor "n"`:      func() error { _, err := e.Compared("n", seconds(20), "", "x"); return err },
			} {
				refusal := (*snapshot.Refusal)(nil)
				if err := ask(); !errors.As(err, &refusal) || !refusal.Missing || !strings.Contains(err.Error(), says) {
					t.Errorf("got %v, want %q", err, says)
				}
			}
		})
	})
}
