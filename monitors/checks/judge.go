package checks

import (
	"cmp"
	"slices"
)

// DefaultAlpha is the share of false verdicts that is accepted, and the chance
// that the interval of a change may miss it, where nobody says otherwise.
const DefaultAlpha = 0.001

// Judge decides whether the results of one check, over all fields and segments
// of one window, are drift: an effect of at least floor, and a p-value that
// passes Benjamini-Hochberg at alpha among all of them. A violation is drift in
// any case, an uncertain result never is. Results that have no effect or no
// p-value, and all results of a check whose floor is 0, get no verdict.
func Judge(floor, alpha float64, results []*Result) {
	if floor == 0 {
		return
	}
	var tested []*Result
	var p []float64
	for _, r := range results {
		switch {
		case r.Violation:
			r.Drift = ptr(true)
		case r.Effect != nil && r.PValue != nil:
			r.Drift = ptr(false)
		}
		if r.PValue != nil {
			tested, p = append(tested, r), append(p, *cmp.Or(r.PVerdict, r.PValue))
		}
	}
	for i, adjusted := range benjaminiHochberg(p) {
		r := tested[i]
		if r.Effect != nil && *r.Effect >= floor && adjusted <= alpha && !r.Uncertain {
			r.Drift = ptr(true)
		}
	}
}

// benjaminiHochberg returns the adjusted p-values: of the i-th smallest of m
// the minimum over j >= i of p(j) m/j, at most 1. Those up to alpha are
// discoveries of which a share of at most alpha is false (Benjamini and
// Hochberg 1995). gonum has no corrections for many tests.
func benjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	adjusted := make([]float64, len(p))
	least, m := 1.0, float64(len(p))
	for i, at := range order { // from the greatest down
		least = min(least, p[at]*(m/(m-float64(i))))
		adjusted[at] = least
	}
	return adjusted
}

func ptr[T any](v T) *T { return &v }
