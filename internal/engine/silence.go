package engine

import (
	"slices"
	"time"
)

// heard tells the rules that a window closed.
func (s *sequencer) heard(c *closing, now time.Time) {
	if c.window == nil {
		return
	}
	state, events := c.monitor.program.Heard(c.state, now)
	c.state, c.monitor.state = state, state
	c.events = append(c.events, events...)
}

// listen lets the rules ask the clock whether windows still close.
func (s *sequencer) listen(now time.Time) {
	for _, m := range s.monitors {
		from := s.began
		if m.stream.caughtUp() {
			from = time.Time{}
		}
		state, events := m.program.Tick(m.state, now, from)
		m.state, m.told = state, append(m.told, events...)
	}
}

// caughtUp reports whether all partitions are read to their end.
func (st *stream) caughtUp() bool {
	behind := func(p *partition) bool { return p.last == nil || !p.last.atEnd && !p.last.final }
	return len(st.parts) > 0 && !slices.ContainsFunc(st.parts, behind)
}
