package metrics

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// gatherer adds the series of windows to what a registry gathers. A registry would
// sort them and look for doubles in each scrape, which takes as long as writing
// them.
type gatherer struct {
	prometheus.Gatherer
	c *Collector
}

// NewGatherer gathers the daemon's metrics, c's among them, and those of its
// process.
func NewGatherer(c *Collector) prometheus.Gatherer {
	r := prometheus.NewRegistry()
	r.MustRegister(
		c,
		latencyCollector{c.o.Latencies, c.o.Snapshot},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return gatherer{r, c}
}

// clashing is a gauge of the Go runtime that has the name which OpenMetrics gives the
// family of the counter go_memstats_alloc_bytes_total: strict parsers refuse all of a
// scrape with both. go_memstats_heap_alloc_bytes has the same value.
const clashing = "go_memstats_alloc_bytes"

// Gather implements prometheus.Gatherer.
func (g gatherer) Gather() ([]*dto.MetricFamily, error) {
	families, err := g.Gatherer.Gather()
	families = slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == clashing })
	families = append(families, g.c.windows.Load().families...)
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return families, err
}
