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
func psi(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	return c.judged(exactly(c.named.psi()), c.test.table.psi, 1)
}

func (t table) psi() float64 {
	sum := 0.0
	p, q := t.smoothed()
	for i := range t {
		sum += (q[i] - p[i]) * math.Log(q[i]/p[i])
	}
	return max(0, sum)
}
