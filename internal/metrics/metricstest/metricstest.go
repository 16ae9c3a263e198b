// Package metricstest says which metrics there are, for the tests of what asks
// for them.
package metricstest

import (
	"regexp"

	"github.com/prometheus/client_golang/prometheus"

	"driftwatch/internal/metrics"
)

var name = regexp.MustCompile(`driftwatch_[a-z_]+`)

// Exported returns what queries can ask for by name, histograms by the names of
// their parts too, each with a description that has its labels.
func Exported() map[string]string {
	all := map[string]string{}
	for _, d := range describe(metrics.NewCollector(metrics.Options{})) {
		all[name.FindString(d)] = d
	}
	for _, d := range describe(metrics.NewLatencies()) {
		family := name.FindString(d)
		all[family], all[family+"_sum"], all[family+"_count"] = d, d, d
		all[family+"_bucket"] = d + " {le}"
	}
	return all
}

func describe(c interface{ Describe(chan<- *prometheus.Desc) }) (all []string) {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		c.Describe(descs)
	}()
	for d := range descs {
		all = append(all, d.String())
	}
	return all
}
