package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"driftwatch/rules"
)

// watcher asks the daemon's API for its alerts, prints each one when it begins
// to fire and when it is resolved, and remembers them for the sum-up.
type watcher struct {
	api   daemonAPI
	out   *screen
	start time.Time // of the story

	question time.Time // end of the window in which the scores drifted, until it is told why

	mu     sync.Mutex
	open   map[string]int // index of what fires in found, by fingerprint
	found  []finding
	counts counts // as last seen
}

const (
	pollEvery  = 250 * time.Millisecond
	countEvery = 4 // polls
)

func newWatcher(api daemonAPI, out *screen, start time.Time) *watcher {
	return &watcher{api: api, out: out, start: start, open: map[string]int{}}
}

func (w *watcher) run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.poll(ctx)
			if n%countEvery == 0 {
				w.count(ctx)
			}
		}
	}
}

// poll looks once. A daemon that does not answer (it starts, it ends, it is
// busy) is asked again; what it has done by then is still there.
func (w *watcher) poll(ctx context.Context) {
	alerts, err := w.api.alerts(ctx)
	if err != nil {
		return
	}
	for _, f := range w.see(alerts) {
		if f.is(creep.alert) {
			w.question = f.window().Time()
		}
	}
	if !w.question.IsZero() && w.dataOrModel(ctx, w.question) {
		w.question = time.Time{}
	}
}

func (w *watcher) count(ctx context.Context) {
	if c, err := w.api.counts(ctx); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.counts = c
	}
}

// facts are what was seen until now.
func (w *watcher) facts() ([]finding, counts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.found), w.counts
}

// see prints what has changed since the last look: an alert that fires now is
// firing, one that does not any more is resolved. It returns what began to
// fire.
func (w *watcher) see(alerts []rules.Alert) (fired []finding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	firing := make(map[string]bool)
	for _, a := range alerts {
		if a.State != rules.Firing {
			continue
		}
		firing[a.Fingerprint] = true
		if _, known := w.open[a.Fingerprint]; !known {
			f := finding{fired: a, seen: time.Since(w.start)}
			w.open[a.Fingerprint] = len(w.found)
			w.found = append(w.found, f)
			fired = append(fired, f)
			w.out.note(w.firing(&a))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.open)) {
		if f := &w.found[w.open[id]]; !firing[id] {
			f.over = true
			w.out.note(w.out.paint(green, "RESOLVED") + "  " + name(&f.fired))
			delete(w.open, id)
		}
	}
	return fired
}

// firing says which alert it is, what the window showed that it fired in, and
// where to see it.
func (w *watcher) firing(a *rules.Alert) string {
	return fmt.Sprintf("%s  %s\n          %s %.3f, window %s to %s UTC, %s\n%s", w.out.paint(red, "FIRING  "), name(a),
		a.Check, a.Result.Value, a.WindowStart.Time().UTC().Format(time.TimeOnly), a.WindowEnd.Time().UTC().Format(time.TimeOnly),
		a.Severity, w.out.paint(link, w.api.page(a)))
}

// name is an alert with what it is about.
func name(a *rules.Alert) string {
	of := a.Monitor
	if a.Field != "" {
		of = a.Field + " of " + of
	}
	if a.Segment != "" {
		of = a.Field + " where " + a.Segment
	}
	return a.Name + ": " + of
}

// dataOrModel says, when the scores have drifted, whether an input did in the
// same windows. It reports false while they have not all closed.
func (w *watcher) dataOrModel(ctx context.Context, until time.Time) bool {
	since := w.start.Add(creep.from)
	windows, fields, err := w.api.drifted(ctx, inputsMonitor, "feature", since, until)
	if err != nil || windows < int(until.Sub(since)/WindowLength) {
		return false
	}
	said := fmt.Sprintf("In the %d windows since it began no feature of %s drifted:\nit is the model.", windows, inputsMonitor)
	if len(fields) > 0 {
		said = fmt.Sprintf("In the same windows there drifted of %s: %s.", inputsMonitor, strings.Join(fields, ", "))
	}
	w.out.note(w.out.paint(bold, "Is it the data or the model?") + "\n" + said + "\n" + w.out.paint(link, w.api.base+"/monitors/"+inputsMonitor))
	return true
}
