package checks

import "math"

// smirnovMost is the greatest n for which Smirnov's sum is computed term by
// term. Beyond, its expansion is as good.
const smirnovMost = 1e6

// smirnovTail returns Smirnov's one-sided P(D+_n >= d),
//
//	d sum over j <= n(1-d) of C(n,j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j).
//
// With x = d + j/n each term is a binomial probability over x. That is written
// in Loader's form, in which nothing overflows and, the two deviances taken
// together, little cancels.
func smirnovTail(n, d float64) float64 {
	if d >= 1 {
		return 0
	}
	if n > smirnovMost {
		return smirnovExpansion(n, d)
	}
	nd := n * d
	sum := math.Exp(n*math.Log1p(-d)) / d // j = 0
	top := stirlingError(n)
	for j := 1.0; n-j > nd; j++ { // where n-j is nd, the last factor is 0
		rest := n - j
		deviance := float64(j*math.Log1p(nd/j)) + float64(rest*math.Log1p(-nd/rest))
		e := top - stirlingError(j) - stirlingError(rest) + deviance
		sum += math.Exp(e) * math.Sqrt(n/(2*math.Pi*j*rest)) / (d + j/n)
	}
	return min(1, d*sum)
}

// smirnovExpansion is exp(-(6nd+1)^2/(18n)) (Maag and Dicaire 1971) with the next
// term of the exponent.
func smirnovExpansion(n, d float64) float64 {
	a := 6*n*d + 1
	return math.Exp(-a*a/(18*n) - 4*n*d*d*d*d/9)
}

// stirlingError is ln n! - ln(sqrt(2 pi n) (n/e)^n).
func stirlingError(n float64) float64 {
	if n < 16 {
		l, _ := math.Lgamma(n + 1)
		return l - float64((n+0.5)*math.Log(n)) + n - 0.5*math.Log(2*math.Pi)
	}
	n2 := n * n
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-1.0/1188/n2)/n2)/n2)/n2) / n
}
