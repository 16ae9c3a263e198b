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

// Gather implements prometheus.Gatherer.
func (g gatherer) Gather() ([]*dto.MetricFamily, error) {
	families, err := g.Gatherer.Gather()
	families = append(families, g.c.windows.Load().families...)
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return families, err
}
