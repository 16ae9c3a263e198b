package config

import (
	"cmp"

	"driftwatch/internal/yamlx"
)

const (
	// defaultSeries lets a monitor of forty fields with a segment for each of twenty
	// values have all its series.
	defaultSeries = 25_000
	leastSeries   = 100
	mostSeries    = 10_000_000
	// manySeries is more than a Prometheus should get from one process.
	manySeries = 200_000
)

func (l *loader) readMetrics(m *yamlx.Map) {
	l.cfg.Metrics.MaxSeries = readSeries(m.Get("max_series"))
	m.Done()
}

// readSeries reads how many series a monitor may have; 0 where nobody says.
func readSeries(c yamlx.Cursor) int { return c.Int(0, leastSeries, mostSeries) }

// checkSeries gives monitors their limit of time series, and warns of those that can
// pass it, and of more than can be kept in all.
func (l *loader) checkSeries() {
	total, most := 0.0, 0.0
	var largest *declared
	for i := range l.monitors {
		d := &l.monitors[i]
		d.MaxSeries = cmp.Or(d.MaxSeries, l.cfg.Metrics.MaxSeries, defaultSeries)
		can, limit := d.Series(), float64(d.MaxSeries)
		if can > limit {
			d.at.Warnf("max-series", "%q can make %.0f time series, and max_series is %.0f: fields beyond it that drift least are left out of /metrics; "+
				"give it fewer fields, checks or segments, or raise max_series", d.Name, can, limit)
		}
		n := min(can, limit)
		if total += n; n > most {
			largest, most = d, n
		}
	}
	if total > manySeries {
		largest.at.Warnf("many-series", "all monitors can make %.0f time series; %q the most: %.0f; give it fewer fields, checks or segments", total, largest.Name, most)
	}
}
