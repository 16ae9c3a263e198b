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
	firing   []rules.Alert
}

// quiet says why nobody is to be told that an alert fires, or "".
func (g *gate) quiet(a *rules.Alert, r *Route) string {
	for i := range g.silences {
		if s := &g.silences[i]; s.parsed.Match(a) {
			return fmt.Sprintf("silenced by %s until %s: %s (silence %s)", s.CreatedBy, s.EndsAt.UTC().Format(time.RFC3339), s.Comment, s.ID)
		}
	}
	for i := range g.inhibit {
		if source := g.inhibit[i].by(a, g.firing); source != nil {
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
