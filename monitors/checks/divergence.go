package checks

import "math"

// divergence is a sum over bins of a term of the two shares that is 0 where
// they are equal, positive elsewhere, and convex: an f-divergence (Csiszar 1963)
// in the form whose terms are positive one by one.
type divergence struct {
	term    func(p, q float64) float64
	most    float64 // what the sum is at most
	rescale bool    // needs shares that sum to 1
}

// measure returns the divergence of a table.
//
// A divergence without smoothing can only grow when a bin of several categories
// is divided. So with joined bins it lies between what the bins give and what
// they would give if no category of a joined bin were in both samples.
//
// Where counts have slack, each term is bounded over all shares that the bin may
// have: being convex, it is greatest in a corner, and least on the diagonal or
// nearest to it.
func (t table) measure(d divergence, s smoothing) interval {
	certain := t.certain()
	var sum interval
	for _, b := range t.pairs(s, d.rescale) {
		at := certainly(d.term(b.p.value, b.q.value))
		if !certain {
			at.low, at.high = d.bounds(b)
		}
		if b.absent {
			at.low = 0
		}
		if b.joined {
			at.high = max(at.high, (b.p.high+b.q.high)/2) // what a term is at most where the sum is at most 1
		}
		sum = sum.plus(at)
	}
	clip := func(v float64) float64 { return min(d.most, max(0, v)) }
	return interval{clip(sum.low), clip(sum.value), clip(sum.high)}
}

func (d divergence) bounds(b pair) (low, high float64) {
	p, q := nearest(b.p, b.q)
	low = d.term(p, q)
	for _, p := range [2]float64{b.p.low, b.p.high} {
		for _, q := range [2]float64{b.q.low, b.q.high} {
			high = max(high, d.term(p, q))
		}
	}
	return low, high
}

// nearest returns a point of two intervals that are as near as they can be.
func nearest(p, q interval) (float64, float64) {
	switch {
	case p.high < q.low:
		return p.high, q.low
	case q.high < p.low:
		return p.low, q.high
	}
	v := max(p.low, q.low)
	return v, v
}

// summed is a divergence that empty bins make infinite, part the share of chance
// that is in it. Its smoothing is not monotone under the joining of categories,
// so it is that of the table named.
func summed(in Input, d divergence, part float64) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	v := c.named.measure(d, c.smoothing)
	if math.IsInf(v.high, 0) {
		return skip("a bin may be empty on one side, which without smoothing is infinite")
	}
	r := Result{Value: v.value, Low: v.low, High: v.high, Bins: c.bins, Edges: c.edges}
	return c.judged(r, func() float64 { return c.test.table.measure(d, halves).value }, part)
}

// rooted is the square root of a divergence that joined categories only bound.
// part is the share of chance that is in the divergence.
func rooted(in Input, d divergence, part float64) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	t, s := c.value, unsmoothed
	if c.smoothing.kind == Epsilon {
		t, s = c.named, c.smoothing
	}
	v := t.measure(d, s)
	r := Result{Value: math.Sqrt(v.value), Low: math.Sqrt(v.low), High: math.Sqrt(v.high), Bins: c.bins, Edges: c.edges}
	return c.bounded(r, d, part)
}

// judged adds the effect, the distance of the test table less the part of
// chance that the distance has, and the p-value.
func (c comparison) judged(r Result, distance func() float64, part float64) Result {
	if !c.test.ok {
		return r
	}
	effect := max(0, distance()-float64(part*c.test.table.chance()))
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	c.test.report(&r)
	return r
}

// bounded adds the effect of a distance that has bounds, which is the root of
// what chance leaves of the test table's divergence, and the p-value.
func (c comparison) bounded(r Result, d divergence, part float64) Result {
	if !c.test.ok {
		return r
	}
	v := c.test.table.measure(d, unsmoothed)
	b := part * c.test.table.chance()
	effect, greatest := math.Sqrt(max(0, v.low-b)), math.Sqrt(max(0, v.high-b))
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	c.test.report(&r)
	r.Uncertain = undecided(effect, greatest, distanceFloor)
	return r
}
