package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

var distinctCheck = Check{
	Name: "distinct", Kinds: allKinds, Unit: Values, Range: positiveRange,
	Summary: "number of distinct values",
	Compute: distinct,
}

// distinct is exact up to the profile's cap and an estimate by HyperLogLog
// beyond (Ertl 2017). Low and high are then four standard errors
// around it, the only bounds here that are not certain.
func distinct(in Input) Result {
	r := distinctOf(in)
	if incomparable(in) == "" { // the change is no news: it grows with the rows
		n, _ := in.Reference.Distinct()
		r.Reference = ptr(float64(n))
	}
	return r
}

func distinctOf(in Input) Result {
	n, exact := in.Current.Distinct()
	r := exactly(float64(n))
	if !exact {
		r.Low = math.Floor(r.Value / (1 + distinctError))
		r.High = math.Ceil(r.Value * (1 + distinctError))
	}
	return r
}

// distinctError is four times the relative standard error of the estimate.
const distinctError = 4 * profile.DistinctError
