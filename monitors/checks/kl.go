package checks

import "math"

var klCheck = Check{
	Name: "kl", Kinds: allKinds, Floor: klFloor, Unit: Nats, Range: positiveRange,
	Summary:        "Kullback-Leibler divergence of the window from the reference",
	NeedsReference: true, Params: binParams,
	Compute: kl,
}

// kl is sum q ln(q/p) over the bins, in nats (Kullback and Leibler 1951).
func kl(in Input) Result { return summed(in, klDivergence, 0.5) }

// klDivergence adds p - q to each term, which is 0 in sum and leaves no term
// negative: q ln(q/p) - q + p is p times f of the relative difference of the
// two. (gonum's KullbackLeibler takes the difference of two logarithms, which
// leaves few digits of a small divergence.)
var klDivergence = divergence{most: math.Inf(1), rescale: true, term: func(p, q float64) float64 {
	switch p {
	case q:
		return 0
	case 0:
		return math.Inf(1)
	}
	return p * klTerm((q-p)/p)
}}

// klTerm is (1+x) ln(1+x) - x, for x of at least -1. Near 0 that would leave
// nothing of its x^2/2: there it is its series, the sum of (-x)^k / (k(k-1)).
func klTerm(x float64) float64 {
	switch {
	case x <= -1:
		return 1
	case math.Abs(x) > 0.05:
		return max(0, float64((1+x)*math.Log1p(x))-x)
	}
	sum := 0.0
	for k := 14.0; k >= 2; k-- {
		sum = 1/(k*(k-1)) - float64(x*sum)
	}
	return float64(x*x) * sum
}
