package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

var duplicatesCheck = Check{
	Name: "duplicates", Class: ClassSchema, Whole: true, Unit: Share, Range: unitRange,
	Summary: "share of rows whose id already occurred in the window",
	Compute: duplicates,
}

// duplicates is the share of the window's rows whose id already occurred in it.
// Rows without an id are rows, and no duplicates.
//
// It is exact while all distinct ids are counted by themselves. Beyond, a sample
// of distinct ids says how often they repeat, and a HyperLogLog sketch how many
// there are. The sample is far more precise but never sees one id that fills
// many rows. So the sketch is believed where it contradicts the sample by more
// than it can be wrong: by four standard errors of the number of ids. Low and
// high are what four standard errors of either leave possible.
func duplicates(in Input) Result {
	switch {
	case in.IDs == nil:
		return skip("no ids")
	case in.Rows == 0:
		return skip("no rows in this window")
	}
	ids, rows := in.IDs, float64(in.Rows)
	if ids.Exact {
		return exactly((float64(ids.Total) - ids.Distinct) / rows)
	}
	counted, sampled := ofSketch(ids), ofSample(ids)
	value := sampled.Value
	if counted.Low > value {
		value = counted.Value
	}
	low := max(counted.Low, sampled.Low)
	high := max(low, counted.High)
	return Result{Value: min(max(value, low), high) / rows, Low: low / rows, High: high / rows}
}

// ofSketch is the number of duplicates by that of distinct ids.
func ofSketch(ids *profile.IDCounts) Result {
	total := float64(ids.Total)
	most := ids.Distinct * (1 + distinctError)
	least := max(float64(ids.Sampled), ids.Distinct/(1+distinctError))
	return Result{Value: total - ids.Distinct, Low: max(0, total-most), High: total - least}
}

// ofSample is the number of duplicates as if all ids repeated like those of the
// sample. What ids outside of it do is not known, but a share of them as great
// as Wilson's lower bound of the share that repeats in the sample repeats once at
// least; and the duplicates of the sample itself are certain.
func ofSample(ids *profile.IDCounts) Result {
	total, n := float64(ids.Total), float64(ids.Sampled)
	seen := float64(ids.Values - ids.Sampled)
	p := wilsonLow(float64(ids.Repeated)/n, n)
	return Result{Value: total * (seen / float64(ids.Values)), Low: max(seen, total*(p/(1+p)))}
}

// wilsonLow is four standard errors below a share p of a sample of n, at least
// 0 (E. B. Wilson, 1927).
func wilsonLow(p, n float64) float64 {
	const z = 4
	centre := p + z*z/(2*n)
	width := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (centre-width)/(1+z*z/n))
}
