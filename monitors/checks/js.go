package checks

import "math"

var jsCheck = Check{
	Name: "js", Kinds: allKinds, Floor: distanceFloor, Unit: Distance, Range: unitRange,
	Summary:        "Jensen-Shannon distance, in [0, 1]",
	NeedsReference: true, Params: binParams,
	Compute: js,
}

// js is the Jensen-Shannon distance: the root of the divergence in bits (Lin
// 1991), which is a metric (Endres and Schindelin 2003).
func js(in Input) Result { return rooted(in, jsDivergence, chanceOfJS) }

// chanceOfJS is the part of chance that is in the divergence.
const chanceOfJS = 1 / (8 * math.Ln2)

// jsDivergence is that of Jensen and Shannon, in bits. (gonum's JensenShannon
// knows no joined bins and no slack, of which it would give no bounds.)
var jsDivergence = divergence{most: 1, rescale: true, term: func(p, q float64) float64 {
	sum := 0.0
	if p > 0 {
		sum += float64(p * math.Log2(2*p/(p+q)))
	}
	if q > 0 {
		sum += float64(q * math.Log2(2*q/(p+q)))
	}
	return sum / 2
}}
