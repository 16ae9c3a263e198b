package engine

import (
	"slices"

	"driftwatch/rules"
)

// What rules made of the newest windows is kept for people to see: of each monitor
// so many windows, and fewer where there are many monitors and rules.
const (
	evaluationsKept    = 50
	allEvaluationsKept = 100_000 // over all monitors and rules; about 12 MB
)

func (s *sequencer) keepEvaluations() int {
	all := 0
	for _, m := range s.monitors {
		all += m.program.Len()
	}
	return max(1, min(evaluationsKept, allEvaluationsKept/max(1, all)))
}

// note keeps what a monitor's rules made of a window. Snapshots share what was kept
// before, which never changes.
func (s *sequencer) note(m *monitor, list []rules.Evaluation) {
	if len(list) == 0 {
		return
	}
	m.evaluations = append(m.evaluations, list)
	if keep := s.keepEvaluations(); len(m.evaluations) > keep {
		m.evaluations = slices.Clone(m.evaluations[len(m.evaluations)-keep:])
	}
}

// reviewRecent lets the rules look at the newest windows that were stored: what they
// made of them at the time is not.
func (s *sequencer) reviewRecent() {
	for _, m := range s.monitors {
		for _, w := range m.recent {
			s.note(m, m.program.Review(w))
		}
	}
}
