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
// negative. It takes the logarithm of the ratio: the difference of two, as in
// gonum's KullbackLeibler, leaves few digits of a small divergence.
var klDivergence = divergence{most: math.Inf(1), rescale: true, term: func(p, q float64) float64 {
	switch {
	case p == q:
		return 0
	case q == 0:
		return p
	}
	return max(0, float64(q*math.Log(q/p))-q+p)
}}
