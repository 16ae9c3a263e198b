// Package metrics exports the daemon's snapshot to Prometheus. A scrape walks
// the snapshot and computes nothing; series whose monitor, segment, field or
// rule is gone are gone from the next scrape.
package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"driftwatch/internal/snapshot"
)

// Options are what the metrics are made of.
type Options struct {
	Snapshot  func() *snapshot.Snapshot // never nil results
	Latencies *Latencies
	Now       func() time.Time // for freshness
	Build     Build
	Log       *slog.Logger
}

// Build says which program runs.
type Build struct {
	Version  string
	Revision string // of the source code
	Go       string
}

// Handler serves metrics in the formats that the scraper asks for,
// OpenMetrics among them.
func Handler(g prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(g, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		ErrorHandling:     promhttp.ContinueOnError,
	})
}
