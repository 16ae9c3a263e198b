package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"driftwatch/rules"
)

// watcher asks the daemon's API for its alerts and prints each one when it
// begins to fire and when it is resolved.
type watcher struct {
	url    string
	client *http.Client
	out    *screen
	firing map[string]rules.Alert // as last seen, by fingerprint
}

const pollEvery = 250 * time.Millisecond

func (w *watcher) run(ctx context.Context) {
	w.firing = map[string]rules.Alert{}
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
	w.see(body.Alerts)
}

// see prints what has changed since the last look: an alert that fires now is
// firing, one that does not any more is resolved.
func (w *watcher) see(alerts []rules.Alert) {
	firing := make(map[string]bool)
	for _, a := range alerts {
		if a.State != rules.Firing {
			continue
		}
		firing[a.Fingerprint] = true
		if _, known := w.firing[a.Fingerprint]; !known {
			w.out.note(w.line(red, "FIRING  ", &a))
		}
		w.firing[a.Fingerprint] = a
	}
	for _, id := range slices.Sorted(maps.Keys(w.firing)) {
		if a := w.firing[id]; !firing[id] {
			w.out.note(w.line(green, "RESOLVED", &a))
			delete(w.firing, id)
		}
	}
}

// line says which alert it is and what the window showed that it fired in, or
// the last one in which it still did.
func (w *watcher) line(colour, state string, a *rules.Alert) string {
	what := a.Monitor
	if a.Field != "" {
		what = a.Field + " of " + what
	}
	return fmt.Sprintf("%s  %-12s %s: %s %.3f, window %s to %s, %s", w.out.paint(colour, state), a.Name, what,
		a.Check, a.Result.Value, a.WindowStart.Time().Format(time.TimeOnly), a.WindowEnd.Time().Format(time.TimeOnly), a.Severity)
}
