package checks

import "math"

var hellingerCheck = Check{
	Name: "hellinger", Kinds: allKinds, Floor: distanceFloor, Unit: Distance, Range: unitRange,
	Summary:        "Hellinger distance, in [0, 1]",
	NeedsReference: true, Params: binParams,
	Compute: hellinger,
}

// hellinger is sqrt(1 - sum sqrt(p q)) (Hellinger 1909, in Bhattacharyya's
// form).
func hellinger(in Input) Result { return rooted(in, hellingerDivergence, 0.125) }

// hellingerDivergence is the square of the distance: 1 - sum sqrt(p q), written
// so that equal samples give 0. (gonum's Hellinger subtracts from 1, which may
// leave 1e-8 there.)
var hellingerDivergence = divergence{most: 1, rescale: true, term: func(p, q float64) float64 {
	d := math.Sqrt(p) - math.Sqrt(q)
	return d * d / 2
}}
