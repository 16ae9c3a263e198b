package metrics

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

// prepared is all series of windows. They are made once, and scrapes hand them on
// as they are.
type prepared struct {
	monitors map[string]*windowSeries
	families []*dto.MetricFamily
}

// windowSeries are the series of a monitor's newest window.
type windowSeries struct {
	window  *checks.Window
	limit   int
	metrics map[*prometheus.Desc][]*dto.Metric
	parts   map[partName]bool // that are exported
	leftOut int
}

// Prepare makes the series of windows that are new in a snapshot, which is about to
// be published, and says in it how many each monitor has too many. Snapshots come
// one at a time.
func (c *Collector) Prepare(s *snapshot.Snapshot) {
	before, next := c.windows.Load(), &prepared{monitors: map[string]*windowSeries{}}
	same := 0
	for i := range s.Monitors {
		m := &s.Monitors[i]
		if m.Newest == nil {
			continue
		}
		now := before.monitors[m.Name]
		if now != nil && now.window == m.Newest && now.limit == m.MaxSeries {
			same++
		} else {
			now = c.d.seriesOf(m.Newest, m.MaxSeries, now)
			c.tell(m, before.monitors[m.Name], now)
		}
		next.monitors[m.Name], m.LeftOut = now, now.leftOut
	}
	if same == len(next.monitors) && same == len(before.monitors) {
		return
	}
	next.families = c.d.join(s, next.monitors)
	c.windows.Store(next)
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
	s := &windowSeries{window: w, limit: limit, metrics: map[*prometheus.Desc][]*dto.Metric{}, parts: map[partName]bool{}}
	var old map[partName]bool
	if before != nil {
		old = before.parts
	}
	kept, leftOut := worst(partsOf(w), old, limit)
	s.leftOut = leftOut
	e := emitter{s.add}
	e.gauge(d.windowEnd, seconds(w.End), w.Monitor)
	e.gauge(d.windowRevision, float64(w.Revision), w.Monitor)
	for i := range kept {
		s.parts[kept[i].partName] = true
		d.part(e, w.Monitor, &kept[i])
	}
	for _, metrics := range s.metrics {
		slices.SortFunc(metrics, byLabels)
	}
	return s
}

// byLabels puts what is alike together, by check, then by field and segment: it
// compresses better.
func byLabels(a, b *dto.Metric) int {
	return slices.CompareFunc(a.Label, b.Label, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetValue(), b.GetValue()) })
}

func (s *windowSeries) add(m prometheus.Metric) {
	out := &dto.Metric{}
	_ = m.Write(out) // of a constant metric nothing can go wrong
	s.metrics[m.Desc()] = append(s.metrics[m.Desc()], out)
}

// ofWindows are the metrics of windows.
func (d *descs) ofWindows() []*prometheus.Desc {
	return []*prometheus.Desc{d.value, d.pValue, d.drift, d.windowRows, d.windowEnd, d.windowRevision}
}

// join returns the metrics of all monitors, in their order.
func (d *descs) join(s *snapshot.Snapshot, monitors map[string]*windowSeries) (families []*dto.MetricFamily) {
	for _, desc := range d.ofWindows() {
		f := &dto.MetricFamily{Name: new(d.texts[desc].name), Help: new(d.texts[desc].help), Type: dto.MetricType_GAUGE.Enum()}
		for i := range s.Monitors {
			if m := monitors[s.Monitors[i].Name]; m != nil {
				f.Metric = append(f.Metric, m.metrics[desc]...)
			}
		}
		if len(f.Metric) > 0 {
			families = append(families, f)
		}
	}
	return families
}
