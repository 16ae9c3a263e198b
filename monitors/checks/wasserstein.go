package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

var wassersteinCheck = Check{
	Name: "wasserstein", Kinds: numericKinds, Floor: wassersteinFloor, Unit: OfField, Range: positiveRange,
	Summary:        "area between the two distribution functions, in the field's unit",
	NeedsReference: true,
	Compute:        wasserstein,
}

// wasserstein is the area between the two distribution functions, in the field's
// unit: the least mean distance by which values must move to make one sample the
// other (Vallender 1974). Its effect is in standard deviations of the reference, see
// scaleOf, its p-value is that of ks.
func wasserstein(in Input) Result {
	cells, why := alignNumbers(in)
	if why != "" {
		return skip(why)
	}
	low, high := area(cells)
	mr, _ := in.Reference.Mean()
	mc, _ := in.Current.Mean()
	if cellsExact(cells) {
		high = low
	} else {
		low = min(max(low, math.Abs(mr-mc)), high)
	}
	r := finite(Result{Value: low, Low: low, High: high})
	sd := scaleOf(in.Reference, cells)
	if r.Skipped != "" || !(sd > 0) || math.IsInf(high/sd, 0) {
		return r // of a constant reference there is no scale
	}
	r.Effect, r.EffectLow = ptr(low/sd), ptr(low/sd)
	r.PValue = ptr(in.supremumP(distance(cells)))
	r.Uncertain = undecided(low/sd, high/sd, wassersteinFloor)
	return r
}

// scaleOf is the standard deviation of the reference. Where a few values make up
// most of it, so that nothing else would ever be far, it is that of the values
// with the outer thousandths moved to their borders (winsorized: Dixon 1960).
func scaleOf(reference *profile.Profile, cells []profile.Cell) float64 {
	const blown = 2 // times: more than three quarters of the variance
	sd, _ := reference.StdDev()
	if w := winsorized(cells); w > 0 && sd > blown*w {
		return w
	}
	return sd
}

// winsorized is the standard deviation of the reference's values without its
// tails, those inside a cell taken to be in its middle.
func winsorized(cells []profile.Cell) float64 {
	const tail = 0.001
	n, _ := cellTotals(cells)
	var from, to float64 // the borders of the tails
	var upTo uint64
	for _, c := range cells {
		before := upTo
		upTo += c.R
		if edge := tail * float64(n); float64(before) <= edge && edge < float64(upTo) {
			from = c.Least
		}
		if edge := (1 - tail) * float64(n); float64(before) < edge && edge <= float64(upTo) {
			to = c.Greatest
		}
	}
	middle := func(c profile.Cell) float64 { return min(max(c.Least/2+c.Greatest/2, from), to) }
	var mean, variance float64
	for _, c := range cells {
		mean += float64(float64(c.R) / float64(n) * middle(c))
	}
	for _, c := range cells {
		d := middle(c) - mean
		variance += float64(float64(c.R) / float64(n) * float64(d*d))
	}
	return math.Sqrt(variance)
}

func cellsExact(cells []profile.Cell) bool {
	for _, c := range cells {
		if c.Least < c.Greatest {
			return false
		}
	}
	return true
}

// area returns what the area between the distribution functions is at least and
// at most. Between cells it is exact. Inside a cell of width w, d being F_r - F_c
// before it and p and q its shares, the difference is between d - q and d + p.
func area(cells []profile.Cell) (low, high float64) {
	nr, nc := cellTotals(cells)
	var i, j uint64
	for k, c := range cells {
		d := float64(i)/float64(nr) - float64(j)/float64(nc)
		if k > 0 {
			between := (c.Least - cells[k-1].Greatest) * math.Abs(d)
			low, high = low+between, high+between
		}
		w := c.Greatest - c.Least
		down, up := d-float64(c.C)/float64(nc), d+float64(c.R)/float64(nr)
		high += w * max(math.Abs(up), math.Abs(down))
		if down > 0 || up < 0 {
			low += w * min(math.Abs(up), math.Abs(down))
		}
		i, j = i+c.R, j+c.C
	}
	return low, high
}
