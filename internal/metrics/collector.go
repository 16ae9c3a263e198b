package metrics

import (
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Collector turns a snapshot into metrics.
type Collector struct {
	o       Options
	d       descs
	windows atomic.Pointer[prepared]
}

// NewCollector returns a collector of everything in the snapshot.
func NewCollector(o Options) *Collector {
	c := &Collector{o: o, d: newDescs()}
	c.windows.Store(&prepared{})
	return c
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.d.all() {
		ch <- d
	}
}

// Collect implements prometheus.Collector. The series of windows are not among it.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	s := c.o.Snapshot()
	e := emitter{func(m prometheus.Metric) { ch <- m }}
	unknown := map[string]bool{}
	for i := range s.Streams {
		st := &s.Streams[i]
		if unknown[st.Name] = unread(st); !unknown[st.Name] {
			c.stream(e, st)
		}
	}
	windows := c.windows.Load()
	for i := range s.Monitors {
		m := &s.Monitors[i]
		if !unknown[m.Stream] {
			e.count(c.d.late, m.Late, m.Name)
			e.count(c.d.amended, m.Amended, m.Name)
		}
		c.monitor(e, m)
		if w := windows.monitors[m.Name]; w != nil {
			e.gauge(c.d.leftOut, float64(w.leftOut), m.Name)
		}
	}
	c.alerts(e, s.Alerts)
	c.notifications(e, s)
	c.daemon(e, s)
}

func (c *Collector) monitor(e emitter, m *snapshot.Monitor) {
	e.gauge(c.d.monitorInfo, 1, m.Name, m.Stream)
	if m.WindowSize > 0 {
		e.gauge(c.d.monitorWindow, m.WindowSize.Seconds(), m.Name)
	}
	e.count(c.d.windows, m.WindowsTotal, m.Name)
	e.count(c.d.unrevised, m.Unrevised, m.Name)
}

func (c *Collector) stream(e emitter, s *snapshot.Stream) {
	e.count(c.d.records, s.Records, s.Name)
	e.count(c.d.bytes, s.Bytes, s.Name)
	e.count(c.d.lost, s.Lost, s.Name)
	for reason, n := range s.Errors {
		e.exemplified(recordExemplar(s.Samples, reason)).count(c.d.recordErrors, n, s.Name, reason)
	}
	for _, p := range s.Partitions {
		id := strconv.Itoa(p.ID)
		e.gauge(c.d.lag, float64(p.Lag()), s.Name, id)
		if p.Watermark != window.None {
			e.gauge(c.d.watermark, seconds(p.Watermark), s.Name, id)
		}
	}
	if oldest, ok := freshness(s.Partitions); ok {
		// A producer's clock may be ahead of ours.
		e.gauge(c.d.freshness, max(0, c.o.Now().Sub(oldest).Seconds()), s.Name)
	}
}

// unread reports whether the partitions of a stream are not known yet. What was
// counted before a restart is not known then either, and a counter that is 0 for
// a moment would look like a reset.
func unread(s *snapshot.Stream) bool { return len(s.Partitions) == 0 && s.Records == 0 }

// freshness returns the oldest of the partitions' newest event times: a newest
// one would hide a partition that nobody writes to any more.
func freshness(ps []snapshot.Partition) (time.Time, bool) {
	oldest := window.None
	for _, p := range ps {
		if p.Newest != window.None && (oldest == window.None || p.Newest < oldest) {
			oldest = p.Newest
		}
	}
	if oldest == window.None {
		return time.Time{}, false
	}
	return oldest.Time(), true
}

// alertKey is what the alerts are counted by.
type alertKey struct{ monitor, alert, severity, state string }

func (c *Collector) alerts(e emitter, alerts []rules.Alert) {
	n := map[alertKey]int{}
	for i := range alerts {
		if a := &alerts[i]; a.State == rules.Pending || a.State == rules.Firing {
			n[alertKey{a.Monitor, a.Name, a.Severity, a.State}]++
		}
	}
	for k, v := range n {
		e.gauge(c.d.alerts, float64(v), k.monitor, k.alert, k.severity, k.state)
	}
}

func (c *Collector) notifications(e emitter, s *snapshot.Snapshot) {
	e.gauge(c.d.outbox, float64(s.Outbox))
	for i := range s.Notified {
		r := &s.Notified[i]
		e.count(c.d.sent, r.Sent, r.Name)
		e.count(c.d.superseded, r.Superseded, r.Name)
		e.count(c.d.dropped, r.Dropped, r.Name)
		for reason, n := range r.Failures {
			e.exemplified(failureExemplar(r.Newest[reason])).count(c.d.sendFailures, n, r.Name, reason)
		}
	}
}

func (c *Collector) daemon(e emitter, s *snapshot.Snapshot) {
	b := c.o.Build
	e.gauge(c.d.buildInfo, 1, b.Version, b.Revision, b.Go)
	e.gauge(c.d.rulesInfo, 1, s.Revision)
	e.gauge(c.d.pageInfo, 1, s.Reload.Page)
	e.gauge(c.d.ready, boolean(s.Ready))
	e.gauge(c.d.memoryLive, float64(s.Memory.Live))
	e.gauge(c.d.memoryEstimate, float64(s.Memory.Estimate))
	e.gauge(c.d.memoryLimit, float64(s.Memory.Limit))
	if g := s.Group; g != nil {
		e.gauge(c.d.groupInfo, 1, g.Name)
		e.gauge(c.d.elsewhere, float64(len(g.Elsewhere)))
	}
	e.gauge(c.d.reloadOK, boolean(s.Reload.OK))
	e.gauge(c.d.storeBytes, float64(s.Store.Bytes))
	e.gauge(c.d.storeFree, float64(s.Store.Free))
	e.count(c.d.storeFailures, s.Store.Failures)
	e.gauge(c.d.storeWritable, boolean(s.Store.Fault == ""))
	if !s.Reload.At.IsZero() {
		e.gauge(c.d.reloadAt, float64(s.Reload.At.UnixMilli())/1000)
	}
}

// emitter sends constant metrics.
type emitter struct{ emit func(prometheus.Metric) }

func (e emitter) gauge(d *prometheus.Desc, v float64, labels ...string) {
	e.send(d, prometheus.GaugeValue, v, labels)
}

func (e emitter) count(d *prometheus.Desc, n uint64, labels ...string) {
	e.send(d, prometheus.CounterValue, float64(n), labels)
}

// exemplified returns an emitter of metrics with an exemplar, unless it is nil.
func (e emitter) exemplified(x *prometheus.Exemplar) emitter {
	if x == nil {
		return e
	}
	return emitter{func(m prometheus.Metric) { e.emit(prometheus.MustNewMetricWithExemplars(m, *x)) }}
}

// send makes invalid UTF-8, which a segment's value may hold, harmless: one bad
// label would fail the whole scrape.
func (e emitter) send(d *prometheus.Desc, t prometheus.ValueType, v float64, labels []string) {
	m, err := prometheus.NewConstMetric(d, t, v, labels...)
	if err != nil {
		labels = slices.Clone(labels)
		for i := range labels {
			labels[i] = valid(labels[i])
		}
		m = prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	e.emit(m)
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func seconds(t window.Time) float64 { return float64(t) / 1000 }
