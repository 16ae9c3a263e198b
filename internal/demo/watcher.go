package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"driftwatch/rules"
)

// watcher asks the daemon's API for its alerts and prints each one when it
// begins to fire and when it is resolved.
type watcher struct {
	url    string
	client *http.Client
	out    *screen
	states map[string]string // newest state that was printed, by alert and firing
}

const pollEvery = 250 * time.Millisecond

func (w *watcher) run(ctx context.Context) {
	w.states = map[string]string{}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.poll(ctx)
		}
	}
}

// poll looks once. A daemon that does not answer (it starts, it ends, it is
// busy) is asked again; what it has done by then is still there.
func (w *watcher) poll(ctx context.Context) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	var body struct {
		Alerts []rules.Alert `json:"alerts"`
	}
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&body) != nil {
		return
	}
	for i := range body.Alerts {
		w.see(&body.Alerts[i])
	}
}

// see prints what has changed. An alert that fired and was resolved between
// two looks is printed twice, so that the story is whole.
func (w *watcher) see(a *rules.Alert) {
	if a.Fired == nil {
		return
	}
	id := a.Fingerprint + " " + a.Fired.String()
	before := w.states[id]
	if before == "" {
		w.out.note(w.line(red, "FIRING  ", a))
	}
	if a.State == rules.Resolved && before != rules.Resolved {
		w.out.note(w.line(green, "RESOLVED", a))
	}
	w.states[id] = a.State
}

func (w *watcher) line(colour, state string, a *rules.Alert) string {
	what := a.Monitor
	if a.Field != "" {
		what = a.Field + " of " + what
	}
	return fmt.Sprintf("%s  %-12s %s: %s %.3f, window %s to %s, %s", w.out.paint(colour, state), a.Name, what,
		a.Check, a.Result.Value, a.WindowStart.Time().Format(time.TimeOnly), a.WindowEnd.Time().Format(time.TimeOnly), a.Severity)
}
