package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

// windowSeries are the series of a monitor's newest window. They are made once,
// and a scrape hands them on until the next window closes.
type windowSeries struct {
	window  *checks.Window
	limit   int
	metrics []prometheus.Metric
	parts   map[partName]bool
	leftOut int
}

// Prepare makes the series of windows that are new in a snapshot, which is about to
// be published, and says in it how many each monitor has too many. Snapshots come
// one at a time.
func (c *Collector) Prepare(s *snapshot.Snapshot) {
	before, next := *c.series.Load(), map[string]*windowSeries{}
	for i := range s.Monitors {
		m := &s.Monitors[i]
		w := m.Newest
		if w == nil {
			continue
		}
		old := before[m.Name]
		if old == nil || old.window != w || old.limit != m.MaxSeries {
			next[m.Name] = c.d.seriesOf(w, m.MaxSeries, old)
			c.tell(m, old, next[m.Name])
		} else {
			next[m.Name] = old
		}
		m.LeftOut = next[m.Name].leftOut
	}
	c.series.Store(&next)
}

// tell says once that series of a monitor are left out.
func (c *Collector) tell(m *snapshot.Monitor, old, now *windowSeries) {
	if now.leftOut > 0 && (old == nil || old.leftOut == 0) {
		c.o.Log.Warn("a monitor has more time series than it may: those of the fields that drift least are left out of /metrics",
			"monitor", m.Name, "max_series", m.MaxSeries, "left_out", now.leftOut)
	}
}

// seriesOf makes the series of a window that comes after another one, which is nil
// for the first.
func (d *descs) seriesOf(w *checks.Window, limit int, before *windowSeries) *windowSeries {
	s := &windowSeries{window: w, limit: limit, parts: map[partName]bool{}}
	var old map[partName]bool
	if before != nil {
		old = before.parts
	}
	kept, leftOut := worst(partsOf(w), old, limit)
	s.leftOut = leftOut
	e := emitter{func(m prometheus.Metric) { s.metrics = append(s.metrics, m) }}
	e.gauge(d.windowEnd, seconds(w.End), w.Monitor)
	e.gauge(d.windowRevision, float64(w.Revision), w.Monitor)
	for i := range kept {
		s.parts[kept[i].partName] = true
		d.part(e, w.Monitor, &kept[i])
	}
	return s
}
