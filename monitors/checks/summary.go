package checks

import (
	"math"
	"strconv"

	"driftwatch/monitors/profile"
)

// Summarize describes a profile for people.
func Summarize(p *profile.Profile) Summary {
	n := p.Counts()
	s := Summary{Rows: n.Rows, Present: n.Present, Null: n.Null, Missing: n.Missing, Invalid: n.Invalid}
	s.Distinct, _ = p.Distinct()
	if !p.Kind().Numeric() {
		return s
	}
	s.Mean, s.StdDev = known(p.Mean()), known(p.StdDev())
	s.Min, s.Max = known(p.Min()), known(p.Max())
	at := []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}
	for i, q := range p.Quantiles(at...) {
		if v := known(q.Value, true); v != nil {
			if s.Quantiles == nil {
				s.Quantiles = make(map[string]float64, len(at))
			}
			s.Quantiles[strconv.FormatFloat(at[i], 'g', -1, 64)] = *v
		}
	}
	return s
}

// known returns a pointer to v, or nil where there is none or none that can be
// written as JSON.
func known(v float64, ok bool) *float64 {
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
