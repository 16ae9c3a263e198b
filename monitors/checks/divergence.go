package checks

import "math"

// uncertainWidth is the greatest width of [low, high] that a verdict may depend
// on.
const uncertainWidth = 0.02

// psi is sum (q - p) ln(q/p) over the bins, the population stability index.
// What chance alone adds to it is taken off its effect.
func psi(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	r := exactly(c.named.psi())
	return c.judged(r, c.test.table.psi, 1)
}

// kl is sum q ln(q/p) over the bins, in nats.
func kl(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	r := exactly(c.named.kl())
	return c.judged(r, c.test.table.kl, 0.5)
}

// judged adds the effect, the distance of the test table less the part of
// chance that the distance has, and the p-value.
func (c comparison) judged(r Result, distance func() float64, part float64) Result {
	r.Bins = c.bins
	if !c.test.ok {
		return r
	}
	effect := max(0, distance()-float64(part*c.test.table.chance()))
	r.Effect, r.EffectLow, r.PValue = ptr(effect), ptr(effect), ptr(c.test.p)
	return r
}

// js is the Jensen-Shannon distance: the root of the divergence in bits.
func js(in Input) Result {
	return rooted(in, table.jsd, 1/(8*math.Ln2))
}

// hellinger is sqrt(1 - sum sqrt(p q)).
func hellinger(in Input) Result {
	return rooted(in, table.hellinger2, 0.125)
}

// rooted is the square root of a divergence that joined categories only bound.
// part is the share of chance that is in the divergence.
func rooted(in Input, divergence func(table) (low, high float64), part float64) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	low, high := divergence(c.value)
	r := Result{Value: math.Sqrt(low), Low: math.Sqrt(low), High: math.Sqrt(high), Bins: c.bins}
	return c.bounded(r, divergence, part)
}

// bounded adds the effect of a distance that has bounds, which is the root of
// what chance leaves of the test table's divergence, and the p-value.
func (c comparison) bounded(r Result, divergence func(table) (low, high float64), part float64) Result {
	if !c.test.ok {
		return r
	}
	low, high := divergence(c.test.table)
	b := part * c.test.table.chance()
	effect, greatest := math.Sqrt(max(0, low-b)), math.Sqrt(max(0, high-b))
	r.Effect, r.EffectLow, r.PValue = ptr(effect), ptr(effect), ptr(c.test.p)
	r.Uncertain = undecided(effect, greatest, distanceFloor)
	return r
}

// undecided reports whether what is not known decides on which side of the floor
// an effect is.
func undecided(low, high, floor float64) bool {
	return low < floor && floor <= high && high-low > uncertainWidth
}

// chi2 is Pearson's statistic of the test table. Its effect is Cramer's V as it
// would be at equal sizes: the usual one vanishes beside a great reference.
func chi2(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	if !c.test.ok {
		return skip("needs two categories and more values")
	}
	return c.bounded(exactly(c.test.pearson), table.v2, 0.25)
}

// lInfinity is the greatest difference of a category's two shares. The
// categories that the reference never had are one, as in the other distances.
func lInfinity(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	value := 0.0
	c.named.shares(func(p, q float64, _ bool) {
		value = max(value, math.Abs(p-q))
	})
	r := exactly(value)
	return c.judged(r, func() float64 { return value }, 0)
}
