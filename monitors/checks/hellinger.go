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
func hellinger(in Input) Result {
	return rooted(in, table.hellinger2, 0.125)
}

// hellinger2 is the square of the Hellinger distance: 1 - sum sqrt(p q), written
// so that equal samples give 0. (gonum's Hellinger subtracts from 1, which may
// leave 1e-8 there.)
func (t table) hellinger2() (low, high float64) {
	return t.bounds(func(p, q float64) float64 {
		d := math.Sqrt(p) - math.Sqrt(q)
		return d * d / 2
	})
}
