package summary

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// What fires too often. An alert that comes and goes more often than people can
// look is one that they learn to ignore; so is one that fires half of the time.
const (
	flapsADay     = 3    // fires of one alert a day
	flapsAWindow  = 0.1  // or fires in a tenth of the windows, whichever is less,
	flapsAtLeast  = 3    // but more than these
	alwaysShare   = 0.5  // of the windows in which a rule fires,
	alwaysWindows = 5    // of at least so many,
	alwaysHours   = 72   // in so long a time: one incident may last for more than half a day
	smallShare    = 0.5  // of the median of rows: a window with fewer is a small one
	mostOf        = 0.5  // of the fires have to have a cause that a key can remove
	roundedRows   = 1000 // above so many, a suggested number of rows is rounded to hundreds
)

// tooOften looks at the spans of one rule in one monitor.
func tooOften(m *Monitor, r *rules.Rule, spans []*span, length time.Duration) (TooOften, bool) {
	v := TooOften{Monitor: m.Name, Alert: r.Alert, Windows: len(m.Windows), Try: []string{}}
	v.Firing = m.firing(spans)
	worst := worstFlapper(spans)
	limit := max(flapsAtLeast, min(flapsADay*length.Hours()/24, flapsAWindow*float64(v.Windows)))
	switch {
	case float64(len(worst)) > limit:
		v.Reason, v.Fired, v.Where = Flaps, len(worst), Where{worst[0].alert.Segment, worst[0].alert.Field}
		v.OneWindow = m.oneWindow(worst)
		v.Try = calmer(m, r, worst, v.OneWindow)
	case length.Hours() >= alwaysHours && v.Windows >= alwaysWindows && float64(v.Firing) > alwaysShare*float64(v.Windows):
		v.Reason = Always
	default:
		return v, false
	}
	return v, true
}

// worstFlapper returns the fires, within the time, of the alert with the most.
func worstFlapper(spans []*span) (worst []*span) {
	fires := map[string][]*span{}
	for _, s := range spans {
		if !s.fired {
			continue
		}
		fp := s.alert.Fingerprint
		fires[fp] = append(fires[fp], s)
		if all := fires[fp]; len(all) > len(worst) {
			worst = all
		}
	}
	return worst
}

// firing counts the windows in which any of the spans was.
func (m *Monitor) firing(spans []*span) (n int) {
	changes := make([]int, len(m.Windows)+1)
	for _, s := range spans {
		first, next := m.during(s)
		changes[first]++
		changes[next]--
	}
	now := 0
	for _, c := range changes[:len(m.Windows)] {
		if now += c; now > 0 {
			n++
		}
	}
	return n
}

// during returns which of the windows an alert fired in: those in [first, next).
// The window that ends the alert is not one of them.
func (m *Monitor) during(s *span) (first, next int) {
	first, next = m.from(s.begin), m.from(s.end)
	if s.open && next < len(m.Windows) && m.Windows[next].End == s.end {
		next++
	}
	return first, max(first, next)
}

// from returns the first window that ends at or after a time.
func (m *Monitor) from(t window.Time) int {
	i, _ := slices.BinarySearchFunc(m.Windows, t, func(w Window, t window.Time) int { return cmp.Compare(w.End, t) })
	return i
}

// oneWindow counts the fires that lasted for one window.
func (m *Monitor) oneWindow(fires []*span) (n int) {
	for _, s := range fires {
		if first, next := m.during(s); next-first == 1 && !s.open {
			n++
		}
	}
	return n
}

// calmer says which keys of a rule would keep it from coming and going.
func calmer(m *Monitor, r *rules.Rule, fires []*span, oneWindow int) []string {
	enough := mostOf * float64(len(fires))
	if small, rows := m.small(fires); float64(small) >= enough && rows > r.MinRows {
		return []string{fmt.Sprintf("min_rows: %d", rows)}
	}
	need := r.Windows.Need + 1
	windows := fmt.Sprintf("windows: {m: %d, of: %d}", need, max(r.Windows.Of, need)+1)
	if float64(oneWindow) >= enough || r.Resolve != nil {
		return []string{windows}
	}
	return []string{"resolve", windows}
}

// small counts the fires in windows with few rows, and says how many rows a window
// should have. Of segments the rows are not known.
func (m *Monitor) small(fires []*span) (n int, rows uint64) {
	var all []uint64
	for _, w := range m.Windows {
		all = append(all, w.Rows)
	}
	if len(all) == 0 || fires[0].alert.Segment != "" || fires[0].alert.Check == rules.NoData {
		return 0, 0
	}
	slices.Sort(all)
	rows = uint64(smallShare * float64(all[len(all)/2]))
	for _, s := range fires {
		if i := m.from(s.begin); i < len(m.Windows) && m.Windows[i].End == s.begin && m.Windows[i].Rows < rows {
			n++
		}
	}
	if rows > roundedRows {
		rows -= rows % 100
	}
	return n, rows
}
