package checks

import "math"

var lInfinityCheck = Check{
	Name: "l_infinity", Kinds: categoryKinds, Floor: distanceFloor, Unit: Distance, Range: unitRange,
	Summary:        "greatest difference of a category's two shares",
	NeedsReference: true,
	Compute:        lInfinity,
}

// lInfinity is max |p - q|, the Chebyshev distance of the shares. The categories
// that the reference never had are one, as in the other distances.
func lInfinity(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	value := 0.0
	c.named.shares(func(p, q float64, _ bool) {
		value = max(value, math.Abs(p-q))
	})
	return c.judged(exactly(value), func() float64 { return value }, 0)
}
