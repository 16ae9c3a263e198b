package rules

import (
	"slices"
	"time"

	"driftwatch/internal/yamlx"
)

// length is how long a monitor's windows are; 0 where they count rows.
func (m *MonitorInfo) length() time.Duration { return time.Duration(m.Windows.Panes) * m.Windows.Size }

// checkWindows reports what the windows of none of the monitors can meet.
func (r *Rule) checkWindows(meant []MonitorInfo) {
	for i := range meant {
		r.checkSilence(&meant[i])
	}
	if len(r.Mute) > 0 && !slices.ContainsFunc(meant, func(m MonitorInfo) bool { return r.Mute.Free(m.length()) }) {
		r.at.mute.Warnf("never-fires", "every window has a part in these times: the rule never fires")
	}
	for _, leaf := range r.When.leaves() {
		why := ""
		if !slices.ContainsFunc(meant, func(m MonitorInfo) bool {
			w := leaf.impossible(&m)
			if why == "" {
				why = w
			}
			return w == ""
		}) {
			leaf.at.Warnf("never-fires", "%s: the rule never fires", why)
		}
	}
}

// impossible says why the windows of a monitor never meet a comparison; "" if they
// may.
func (c *Condition) impossible(m *MonitorInfo) string {
	rows := m.Windows.Rows
	if c.Check == "volume" && rows > 0 {
		switch {
		case c.Test.needsVerdict():
			return "windows that count rows have no volume to be judged"
		case c.Test.Below != nil && *c.Test.Below <= float64(rows):
			return "windows have at least " + number(float64(rows)) + " rows"
		}
	}
	if c.Test.Change == nil || c.Test.Change.Against.Ago == 0 {
		return ""
	}
	ago := c.Test.Change.Against.Ago
	switch step := m.Windows.Size; {
	case rows > 0:
		return "windows that count rows are not at the same time of another day"
	case step > 0 && ago%step != 0:
		return "windows end every " + yamlx.FormatDuration(step) + ": none ended " + yamlx.FormatDuration(ago) + " before another"
	case m.Kept > 0 && ago+m.length() > m.Kept:
		return "windows are kept for " + yamlx.FormatDuration(m.Kept) + " (store.retention)"
	}
	return ""
}

// checkSilence reports a rule on silence that the time between two windows meets.
func (r *Rule) checkSilence(m *MonitorInfo) {
	between := m.Windows.Size + m.Windows.Lateness
	if d := r.When.NoData; d > 0 && m.Windows.Size > 0 && m.Windows.Rows == 0 && d <= between {
		r.When.at.Warnf("always-fires", "windows of %q close %s after one another, or later: the rule fires in every pause", m.Name, yamlx.FormatDuration(between))
	}
}

// manyAlerts is more than people can look at when all of them fire.
const manyAlerts = 1000

// checkNumber reports a rule that can make more alerts at once than people can look
// at.
func (r *Rule) checkNumber(meant []MonitorInfo) {
	for i := range meant {
		m := &meant[i]
		fields, segments := 1, 1
		if r.When.perField() {
			fields = len(r.selected(meant[i : i+1]))
		}
		for j, by := range m.Segments {
			if len(r.Segments) > 0 && r.isOf(by) {
				segments = m.Counts[j]
			}
		}
		if fields*segments > manyAlerts {
			r.at.alert.Warnf("many-alerts", "it can make %d alerts at once for %q: %d fields x %d segments; choose fewer fields, or ask for share_of_fields", fields*segments, m.Name, fields, segments)
		}
	}
}
