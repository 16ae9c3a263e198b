package replay

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/monitors"
	"driftwatch/monitors/source"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// kept is a result whose store is verified.
func kept(t *testing.T, spec monitors.Spec) *Result {
	t.Helper()
	r, err := replayed(t, traffic(), spec, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// verified computes the windows of a store again, of a monitor as it is now.
func verified(t *testing.T, r *Result, spec monitors.Spec, l Logs) *Verification {
	t.Helper()
	v, err := Verify(t.Context(), VerifyOptions{
		Plans: []*monitors.Plan{planOf(t, spec)}, Store: r.store, Logs: l, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// All windows are the same when they are computed again, whatever their shape and
// whatever they are compared with.
func TestVerify(t *testing.T) {
	for name, change := range map[string]func(*monitors.Spec){
		"trailing":      func(*monitors.Spec) {},
		"without drift": func(s *monitors.Spec) { s.Reference.SkipDrift = true },
		"offset":        func(s *monitors.Spec) { s.Reference = monitors.Reference{Offset: 3 * time.Minute} },
		"first":         func(s *monitors.Spec) { s.Reference = monitors.Reference{First: 4} },
		"no reference":  func(s *monitors.Spec) { s.Reference = monitors.Reference{} },
		"sliding":       func(s *monitors.Spec) { s.Window.Size = 4 * time.Minute },
		"sliding, offset": func(s *monitors.Spec) {
			s.Window.Size, s.Reference = 3*time.Minute, monitors.Reference{Offset: 4 * time.Minute}
		},
		"many panes":       func(s *monitors.Spec) { s.Window.Size, s.Window.Pane = time.Minute, 15*time.Second },
		"by count":         func(s *monitors.Spec) { s.Window.Size, s.Window.Rows, s.Reference = 0, 450, monitors.Reference{} },
		"without lateness": func(s *monitors.Spec) { s.Window.Lateness = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			spec := minutely()
			change(&spec)
			v := verified(t, kept(t, spec), spec, traffic())
			for _, o := range v.Windows {
				if o.Outcome != OK {
					t.Errorf("window %v: %s: %s", o.End, o.Outcome, o.Why)
				}
			}
			if len(v.Windows) < 6 || v.Differs() {
				t.Errorf("%d windows, %v", len(v.Windows), v.Summary)
			}
		})
	}
}

// Whether fields are redacted, when windows closed or now, changes no result: windows
// from before and after can be verified.
func TestVerifyOfRedactedWindows(t *testing.T) {
	for name, when := range map[string]struct{ then, now bool }{"since": {false, true}, "always": {true, true}, "no longer": {true, false}} {
		t.Run(name, func(t *testing.T) {
			spec := minutely()
			spec.Fields[0].Redact = when.then
			stored := kept(t, spec)
			spec.Fields = slices.Clone(spec.Fields)
			spec.Fields[0].Redact = when.now
			v := verified(t, stored, spec, traffic())
			if v.Differs() || v.Summary[OK] < 6 {
				t.Errorf("%v: %s", v.Summary, v.Windows[0].Why)
			}
		})
	}
}

// belated is traffic of which some records come up to three minutes late.
func belated() *logs {
	l, rng := traffic(), rand.New(rand.NewPCG(3, 4))
	for _, part := range l.parts {
		for i := range part {
			if rng.IntN(20) == 0 && i > 200 {
				at := part[i].Timestamp.Add(-time.Duration(rng.IntN(180)) * time.Second)
				part[i].Value = fmt.Appendf(nil, `{"ts":%d,"x":%d,"c":"late"}`, at.UnixMilli(), rng.IntN(100))
			}
		}
	}
	return l
}

// Windows that late records amended are the same when those are counted again, and
// not when one is not in them.
func TestVerifyOfAmendedWindows(t *testing.T) {
	for name, change := range map[string]func(*monitors.Spec){
		"tumbling":         func(*monitors.Spec) {},
		"sliding":          func(s *monitors.Spec) { s.Window.Size = 4 * time.Minute },
		"not for long":     func(s *monitors.Spec) { s.Window.Size, s.Window.Amend = 4*time.Minute, 20*time.Second },
		"without lateness": func(s *monitors.Spec) { s.Window.Lateness = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			spec := minutely()
			spec.Window.Amend = time.Hour
			change(&spec)
			r, err := replayed(t, belated(), spec, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			v := verified(t, r, spec, belated())
			for _, o := range v.Windows {
				if o.Outcome != OK {
					t.Errorf("window %v: %s: %s", o.End, o.Outcome, o.Why)
				}
			}
			revised := 0
			err = r.store.Update(func(tx *store.Tx) (err error) {
				tx.Windows("m", window.None, window.Newest, func(end window.Time, b []byte) bool {
					if !bytes.Contains(b, []byte(`"revision":0`)) {
						revised++
						err = tx.PutRevision("m", end, bytes.Replace(b, []byte(`"revision":`), []byte(`"revision":1`), 1))
					}
					return err == nil
				})
				return err
			})
			if err != nil || revised < 5 {
				t.Fatalf("%d windows were amended, %v", revised, err)
			}
			if got := verified(t, r, spec, belated()).Summary[Differs]; got != revised {
				t.Errorf("%d windows differ of %d that say more late records than they have", got, revised)
			}
		})
	}
}

func TestVerifyFindsWhatDiffers(t *testing.T) {
	at := window.FromTime(epoch.Add(9 * time.Minute))
	for _, c := range []struct {
		name     string
		old, new string // of the stored result
		why      string
	}{
		{"a value", `"max":{"value":`, `"max":{"value":1`, "segments[].fields[x].checks.max.value is "},
		{"a verdict", `"drift":false`, `"drift":true `, "drift is true, computed again false"},
		{"rows of a segment", `,"rows":200`, `,"rows":201`, "rows is 201, computed again 200"},
		{"what is in a cut", `"from":`, `"from":1`, "the newest record of partition 0 is of never"},
		{"the newest of a cut", `"newest":"2026-03-01T12:08:5`, `"newest":"2026-03-01T12:08:4`, "the newest record of partition 0 is of "},
		{"what it was compared with", `"reference":"`, `"reference":"0`, Unverifiable},
		{"no JSON", `{"monitor"`, `["monitor"`, "its result cannot be read: "},
		{"spaces", `"revision":0`, `"revision": 0`, "the same values, written in another way"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := kept(t, minutely())
			err := r.store.Update(func(tx *store.Tx) error {
				b := bytes.Replace(tx.Window("m", at), []byte(c.old), []byte(c.new), 1)
				return tx.PutWindow("m", b, tx.Volume("m", at))
			})
			if err != nil {
				t.Fatal(err)
			}
			v := verified(t, r, minutely(), traffic())
			for _, o := range v.Windows {
				want := OK
				if o.End == at {
					want = Differs
					if c.why == Unverifiable {
						want = Unverifiable
					}
				}
				if o.Outcome != want || want == Differs && !strings.Contains(o.Why, c.why) {
					t.Errorf("window %v: %s: %s, want %s", o.End, o.Outcome, o.Why, cmp.Or(c.why, want))
				}
			}
		})
	}
}

// A profile that was changed is found even where the result is right.
func TestVerifyFindsAnotherProfile(t *testing.T) {
	r := kept(t, minutely())
	at := window.FromTime(epoch.Add(9 * time.Minute))
	err := r.store.Update(func(tx *store.Tx) error {
		return tx.PutProfile("m", at, slices.Clone(tx.Profile("m", at-60_000)))
	})
	if err != nil {
		t.Fatal(err)
	}
	v := verified(t, r, minutely(), traffic())
	if o := v.Windows[8]; o.End != at || o.Outcome != Differs || !strings.Contains(o.Why, "the profile up to ") {
		t.Errorf("%+v", o)
	}
}

// What is gone is not called wrong.
func TestVerifyOfWhatIsGone(t *testing.T) {
	r := kept(t, minutely())
	shorter := traffic()
	shorter.after += 200
	v := verified(t, r, minutely(), shorter)
	if n := len(v.Windows); v.Windows[n-1].Outcome != Unverifiable || v.Windows[n-5].Outcome != OK || !strings.Contains(v.Windows[n-1].Why, "it ends at offset ") {
		t.Errorf("%+v", v.Windows)
	}
	v = verified(t, r, minutely(), &cut{traffic(), 300})
	if v.Windows[0].Outcome != Unverifiable || v.Windows[5].Outcome != OK || v.Differs() {
		t.Errorf("%+v", v.Windows)
	}

	other := minutely()
	other.Fields, other.Segments = other.Fields[:1], nil
	if v := verified(t, r, other, traffic()); v.Summary[Unverifiable] != len(v.Windows) {
		t.Errorf("another monitor: %v", v.Summary)
	}
	strict := minutely()
	strict.Alpha = 1e-300
	if v := verified(t, r, strict, traffic()); !v.Differs() {
		t.Error("results of another alpha do not differ")
	}

	err := r.store.Update(func(tx *store.Tx) error {
		_, err := tx.Retain("m", window.None, window.FromTime(epoch.Add(3*time.Minute)), 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v = verified(t, r, minutely(), traffic())
	if v.Windows[3].Outcome != Unverifiable || !strings.Contains(v.Windows[3].Why, "compared with is not there any more") || v.Windows[8].Outcome != OK {
		t.Errorf("without the oldest profiles: %+v", v.Windows)
	}
}

// Windows of before the monitor's windows were changed are not called wrong.
func TestVerifyOfOtherWindows(t *testing.T) {
	for name, change := range map[string]func(*monitors.Spec){
		"longer":      func(s *monitors.Spec) { s.Window.Size = 2 * time.Minute },
		"other panes": func(s *monitors.Spec) { s.Window.Pane = 15 * time.Second },
		"by count":    func(s *monitors.Spec) { s.Window.Size, s.Window.Pane, s.Window.Rows = 0, 15*time.Second, 450 },
	} {
		t.Run(name, func(t *testing.T) {
			spec := minutely()
			spec.Reference = monitors.Reference{}
			r := kept(t, spec)
			err := r.store.Update(func(tx *store.Tx) error { // the daemon went on with other ones
				change(&spec)
				return tx.PutMonitor("m", []byte(planOf(t, spec).Monitors[0].Identity()))
			})
			if err != nil {
				t.Fatal(err)
			}
			if v := verified(t, r, spec, traffic()); v.Summary[Unverifiable] != len(v.Windows) {
				t.Errorf("%v: %+v", v.Summary, v.Windows)
			}
		})
	}
}

// cut is logs of which the first records are gone.
type cut struct {
	*logs
	first int64
}

func (c *cut) Log(p source.Partition) source.Log { return &cutLog{c.logs.Log(p), c.first} }

type cutLog struct {
	source.Log
	first int64
}

func (c *cutLog) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	b, err := c.Log.Fetch(ctx, max(from, c.first))
	b.Lost = max(0, c.first-from)
	return b, err
}
