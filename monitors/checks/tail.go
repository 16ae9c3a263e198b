package checks

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// skewedTail is the probability that Pearson's statistic of a table with the
// margins of t is at least x, by the gamma distribution with its mean, variance
// and skewness (Pearson's type III). Chi-square has the moments of an infinite
// sample. Where bins expect few values the statistic is more skewed, and its far
// tail heavier: with the least expected counts of 5, three times at 5e-5.
//
// Mean and variance are exact given the margins (Haldane 1940; Dawson 1954). The
// third cumulant is that of Poisson counts, 8 (K-1) + 22 sum 1/e + sum 1/e^2 with
// e the expected counts in the smaller sample: a little too great, so that the
// tail is rather too heavy than too light.
func skewedTail(t table, x float64) float64 {
	r, c := t.totals()
	nr, nc := float64(r), float64(c)
	n, k := nr+nc, float64(len(t))
	if k < 2 || n < 4 {
		return 1
	}
	var inverse, squares float64 // sums over the bins of n/n_i, and of 1/e^2
	for _, b := range t {
		share := (float64(b.r) + float64(b.c)) / n
		e := share * min(nr, nc)
		inverse, squares = inverse+1/share, squares+1/float64(e*e)
	}
	mean := n / (n - 1) * (k - 1)
	rows, bins := (n/nr+n/nc-4)/(n-2), (inverse-float64(k*k))/(n-2)
	variance := 2*n/(n-3)*float64(((n-2)/(n-1)-rows)*((k-1)*(n-k)/(n-1)-bins)) + float64(n/(n-1)*n*rows*bins)
	third := 8*(k-1) + float64(22*inverse/min(nr, nc)) + squares
	shape := 4 * variance * variance * variance / third / third
	at := shape + float64((x-mean)/math.Sqrt(variance)*math.Sqrt(shape))
	if !(variance > 0) || at <= 0 {
		return 1
	}
	return min(1, max(leastP, mathext.GammaIncRegComp(shape, at)))
}
