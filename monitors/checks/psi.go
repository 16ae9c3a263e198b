package checks

import "math"

var psiCheck = Check{
	Name: "psi", Kinds: allKinds, Floor: distanceFloor, Unit: Ratio, Range: positiveRange,
	Summary:        "population stability index",
	NeedsReference: true, Params: binParams,
	Compute: psi,
}

// psi is sum (q - p) ln(q/p) over the bins, the population stability index:
// Jeffreys' divergence (1946). What chance alone adds to it is taken off its
// effect.
func psi(in Input) Result { return summed(in, psiDivergence, 1) }

// psiDivergence does not rescale shares that epsilon made, as those whose
// numbers are to be met do not.
var psiDivergence = divergence{most: math.Inf(1), term: func(p, q float64) float64 {
	if p == q {
		return 0
	}
	return float64((q - p) * math.Log(q/p))
}}
