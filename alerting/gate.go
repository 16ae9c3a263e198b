package alerting

import (
	"fmt"
	"time"

	"driftwatch/rules"
)

// gate says what keeps alerts quiet at one instant.
type gate struct {
	now      time.Time
	silences []Silence
	inhibit  []Inhibit
	sources  [][]*rules.Alert // of each inhibit
	alerts   []rules.Alert    // all that there are
}

func newGate(w *worker, silences []Silence, alerts []rules.Alert) gate {
	g := gate{now: time.Now(), silences: silences, inhibit: w.inhibit, alerts: alerts}
	for i := range w.inhibit {
		g.sources = append(g.sources, w.inhibit[i].sources(alerts))
	}
	return g
}

// quiet says why nobody is to be told that an alert fires, or "".
func (g *gate) quiet(a *rules.Alert, r *Route) string {
	for i := range g.silences {
		if s := &g.silences[i]; s.parsed.Match(a) {
			return fmt.Sprintf("silenced by %s until %s: %s (silence %s)", s.CreatedBy, s.EndsAt.UTC().Format(time.RFC3339), s.Comment, s.ID)
		}
	}
	for i := range g.inhibit {
		if source := g.inhibit[i].by(a, g.sources[i]); source != nil {
			return fmt.Sprintf("inhibited by %s of %s", source.Name, source.Monitor)
		}
	}
	return g.muted(r)
}

// muted says what mute time a route is in, or "".
func (g *gate) muted(r *Route) string {
	if name := r.muted(g.now); name != "" {
		return "muted by " + name
	}
	return ""
}
