package metrics

import (
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
)

// exemplarOf names a window.
func exemplarOf(w *checks.Window) prometheus.Labels {
	return fitting(prometheus.Labels{"monitor": w.Monitor, "window_end": w.End.String()})
}

// recordExemplar is where the newest record stands that could not be used for a
// reason; nil where it is not known any more. Its payload is nothing for a metric.
func recordExemplar(samples []snapshot.Sample, reason string) *prometheus.Exemplar {
	var newest *snapshot.Sample
	for i := range samples {
		if s := &samples[i]; s.Reason == reason && (newest == nil || !s.Read.Before(newest.Read)) {
			newest = s
		}
	}
	if newest == nil {
		return nil
	}
	return &prometheus.Exemplar{Value: 1, Timestamp: newest.Read, Labels: prometheus.Labels{
		"partition": strconv.Itoa(newest.Partition), "offset": strconv.FormatInt(newest.Offset, 10),
	}}
}

// failureExemplar says of what the newest attempt that failed was to tell; nil
// where none did.
func failureExemplar(f snapshot.Failure) *prometheus.Exemplar {
	labels := fitting(prometheus.Labels{"monitor": f.Monitor, "alert": f.Alert})
	if f.At.IsZero() || labels == nil {
		return nil
	}
	return &prometheus.Exemplar{Value: 1, Timestamp: f.At, Labels: labels}
}

// fitting returns the labels of an exemplar if they are no longer than it may be,
// else none: half a name would be another one.
func fitting(labels prometheus.Labels) prometheus.Labels {
	n := 0
	for name, v := range labels {
		n += utf8.RuneCountInString(name) + utf8.RuneCountInString(v)
	}
	if n > prometheus.ExemplarMaxRunes {
		return nil
	}
	return labels
}
