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
	l := labels{}
	s.add(d.windowEnd, seconds(w.End), l.of("monitor", w.Monitor))
	s.add(d.windowRevision, float64(w.Revision), l.of("monitor", w.Monitor))
	for i := range kept {
		s.parts[kept[i].partName] = true
		s.addPart(d, l, &kept[i])
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

// addPart adds the series of a field, or of a segment beside its fields.
func (s *windowSeries) addPart(d *descs, l labels, p *part) {
	if p.rows != nil {
		s.add(d.windowRows, float64(*p.rows), l.of("monitor", s.window.Monitor, "segment", p.segment))
	}
	for name, r := range p.checks {
		of := l.of("check", name, "field", p.field, "monitor", s.window.Monitor, "segment", p.segment)
		// A value that is not known is not zero. A redacted one has a verdict.
		if r.Skipped == "" {
			s.add(d.value, r.Value, of)
		}
		if r.PValue != nil {
			s.add(d.pValue, *r.PValue, of)
		}
		if r.Drift != nil {
			s.add(d.drift, boolean(*r.Drift), of)
		}
	}
}

func (s *windowSeries) add(desc *prometheus.Desc, v float64, of []*dto.LabelPair) {
	m := &struct { // in one piece: there are many
		metric dto.Metric
		gauge  dto.Gauge
		value  float64
	}{value: v}
	m.metric.Label, m.metric.Gauge, m.gauge.Value = of, &m.gauge, &m.value
	s.metrics[desc] = append(s.metrics[desc], &m.metric)
}

// labels are those of the series of one window, each of which is there once.
type labels map[label]*dto.LabelPair

type label struct{ name, value string }

// of returns labels by names, in alphabetical order, and values. It makes invalid
// UTF-8, which a segment's value may hold, harmless: one bad label would fail the
// whole scrape.
func (l labels) of(namesAndValues ...string) []*dto.LabelPair {
	out := make([]*dto.LabelPair, 0, len(namesAndValues)/2)
	for i := 0; i < len(namesAndValues); i += 2 {
		of := label{namesAndValues[i], namesAndValues[i+1]}
		if l[of] == nil {
			l[of] = &dto.LabelPair{Name: new(of.name), Value: new(valid(of.value))}
		}
		out = append(out, l[of])
	}
	return out
}

// ofWindows are the metrics of windows.
func (d *descs) ofWindows() []*prometheus.Desc {
	return []*prometheus.Desc{d.value, d.pValue, d.drift, d.windowRows, d.windowEnd, d.windowRevision}
}

// join returns the metrics of all monitors, in their order.
func (d *descs) join(s *snapshot.Snapshot, monitors map[string]*windowSeries) []*dto.MetricFamily {
	all := make([]*windowSeries, 0, len(monitors))
	for i := range s.Monitors {
		if m := monitors[s.Monitors[i].Name]; m != nil {
			all = append(all, m)
		}
	}
	return d.families(all...)
}

// families returns the metrics of windows.
func (d *descs) families(windows ...*windowSeries) (families []*dto.MetricFamily) {
	for _, desc := range d.ofWindows() {
		f := &dto.MetricFamily{Name: new(d.texts[desc].name), Help: new(d.texts[desc].help), Type: dto.MetricType_GAUGE.Enum()}
		for _, w := range windows {
			f.Metric = append(f.Metric, w.metrics[desc]...)
		}
		if len(f.Metric) > 0 {
			families = append(families, f)
		}
	}
	return families
}
