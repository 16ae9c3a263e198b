package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/source"
	"driftwatch/rules"
)

// Latencies are how long things took since the process began. They outlive
// reloads, so that no counter goes back. None has a label for the monitor, of
// which there may be thousands: the exemplars name the slow one.
type Latencies struct {
	delay, fetch, notification *prometheus.HistogramVec
	evaluation, rules, commit  prometheus.Histogram
}

// NewLatencies returns latencies of nothing yet.
func NewLatencies() *Latencies {
	return &Latencies{
		delay: prometheus.NewHistogramVec(latency("window_delay_seconds",
			"Time by the wall clock from the end of a window and its lateness to its result.",
			1, 5, 15, 60, 300, 900, 3600, 6*3600, 86400), []string{"stream"}),
		fetch: prometheus.NewHistogramVec(latency("fetch_duration_seconds",
			"Time to fetch records that the broker has.",
			.001, .005, .01, .05, .1, .5, 1, 5, 30), []string{"stream"}),
		notification: prometheus.NewHistogramVec(latency("notification_duration_seconds",
			"Time of an attempt to deliver a notification, failed ones included.",
			.01, .05, .1, .25, .5, 1, 5, 10, 30), []string{"receiver"}),
		evaluation: prometheus.NewHistogram(latency("window_evaluation_duration_seconds",
			"Time to compute all checks of a window.",
			.001, .005, .01, .05, .1, .5, 1, 5, 10)),
		rules: prometheus.NewHistogram(latency("rules_evaluation_duration_seconds",
			"Time to evaluate all rules on a window.",
			.0001, .0005, .001, .005, .01, .05, .1, .5, 1)),
		commit: prometheus.NewHistogram(latency("store_commit_duration_seconds",
			"Time of a transaction that stores windows, alerts and positions, failed ones included.",
			.001, .005, .01, .05, .1, .5, 1, 5, 10)),
	}
}

// latency describes a native histogram with classic buckets for those that do
// not know native ones. What takes up to a day or no more than a microsecond fits
// in far fewer buckets than are allowed; they are for what nobody thought of.
func latency(name, help string, buckets ...float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: "driftwatch_" + name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}

// Fetched is told of a fetch.
func (l *Latencies) Fetched(stream string, p source.Partition, offset int64, took time.Duration) {
	observe(l.fetch.WithLabelValues(stream), took, prometheus.Labels{
		"partition": strconv.Itoa(p.ID), "offset": strconv.FormatInt(offset, 10),
	})
}

// Evaluated is told of the checks of a window.
func (l *Latencies) Evaluated(w *checks.Window, took time.Duration) {
	observe(l.evaluation, took, exemplarOf(w))
}

// Stepped is told of the rules of a window.
func (l *Latencies) Stepped(w *checks.Window, took time.Duration) {
	observe(l.rules, took, exemplarOf(w))
}

// Shown is told how long after it was due the result of a window was there.
func (l *Latencies) Shown(stream string, w *checks.Window, after time.Duration) {
	observe(l.delay.WithLabelValues(stream), after, exemplarOf(w))
}

// Committed is told of a transaction of the store.
func (l *Latencies) Committed(took time.Duration) { l.commit.Observe(took.Seconds()) }

// Attempted is told of an attempt to deliver a message, by its first alert.
func (l *Latencies) Attempted(receiver string, first *rules.Alert, took time.Duration) {
	observe(l.notification.WithLabelValues(receiver), took, fitting(prometheus.Labels{"monitor": first.Monitor, "alert": first.Name}))
}

func observe(o prometheus.Observer, took time.Duration, exemplar prometheus.Labels) {
	o.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), exemplar) // all histograms are
}

// Describe is a part of prometheus.Collector.
func (l *Latencies) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{l.delay, l.fetch, l.notification, l.evaluation, l.rules, l.commit} {
		c.Describe(ch)
	}
}

// latencyCollector shows latencies of what the snapshot has: those of a stream
// or a receiver that is gone are not there.
type latencyCollector struct {
	*Latencies
	snapshot func() *snapshot.Snapshot
}

// Collect implements prometheus.Collector.
func (c latencyCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.snapshot()
	for i := range s.Streams {
		ch <- c.delay.WithLabelValues(s.Streams[i].Name).(prometheus.Metric)
		ch <- c.fetch.WithLabelValues(s.Streams[i].Name).(prometheus.Metric)
	}
	for i := range s.Notified {
		ch <- c.notification.WithLabelValues(s.Notified[i].Name).(prometheus.Metric)
	}
	ch <- c.evaluation
	ch <- c.rules
	ch <- c.commit
}
