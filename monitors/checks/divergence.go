package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

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
	return rooted(in, table.jsd, 1/(8*math.Ln2), 0.1)
}

// hellinger is sqrt(1 - sum sqrt(p q)).
func hellinger(in Input) Result {
	return rooted(in, table.hellinger2, 0.125, 0.1)
}

// rooted is the square root of a divergence that joined categories only bound.
// part is the share of chance that is in the divergence.
func rooted(in Input, divergence func(table) (low, high float64), part, floor float64) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	low, high := divergence(c.value)
	r := Result{Value: math.Sqrt(low), Low: math.Sqrt(low), High: math.Sqrt(high), Bins: c.bins}
	return c.bounded(r, divergence, part, floor)
}

// bounded adds the effect of a distance that has bounds, which is the root of
// what chance leaves of the test table's divergence, and the p-value.
func (c comparison) bounded(r Result, divergence func(table) (low, high float64), part, floor float64) Result {
	if !c.test.ok {
		return r
	}
	low, high := divergence(c.test.table)
	b := part * c.test.table.chance()
	effect, greatest := math.Sqrt(max(0, low-b)), math.Sqrt(max(0, high-b))
	r.Effect, r.EffectLow, r.PValue = ptr(effect), ptr(effect), ptr(c.test.p)
	r.Uncertain = undecided(effect, greatest, floor)
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
	return c.bounded(exactly(c.test.pearson), table.v2, 0.25, 0.1)
}

// lInfinity is the greatest difference of a category's two shares. The
// categories that the reference never had are one, as in the other distances.
func lInfinity(in Input) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	value := 0.0
	c.named.shares(func(p, q float64, joined bool) {
		value = max(value, math.Abs(p-q))
	})
	r := exactly(value)
	return c.judged(r, func() float64 { return value }, 0)
}

// unseen is the share of values in categories that the reference never had.
//
// Some are always to be expected: by Good and Turing as many as the share of
// the reference's values that occur in it once. The standard deviation of that
// estimate and of the window's share give a one-sided normal test.
func unseen(in Input) Result {
	if why := incomparable(in); why != "" {
		return skip(why)
	}
	cats, _, err := profile.AlignCategories(in.Reference, in.Current)
	if err != nil {
		return skip(err.Error())
	}
	own, _, err := profile.AlignCategories(in.Reference, in.Reference)
	if err != nil {
		return skip(err.Error())
	}
	var never, hidden uint64 // in joined categories some may be hidden
	for _, c := range cats {
		switch {
		case c.R == 0:
			never += c.C
		case c.Joined:
			hidden += c.C
		}
	}
	nr, nc := float64(in.Reference.Counts().Present), float64(in.Current.Counts().Present)
	u := float64(never) / nc
	r := Result{Value: u, Low: u, High: float64(never+hidden) / nc}
	once, twice := singles(own)
	effect, p := goodTuring(u, nc, once, twice, nr)
	r.Effect, r.EffectLow, r.PValue = ptr(effect), ptr(effect), ptr(p)
	r.Uncertain = undecided(effect, r.High, shareFloor)
	return r
}

// singles counts the categories that occur once and twice. Of joined ones the
// most that there can be are taken: that makes the expected share of unseen
// values an upper bound.
func singles(cats []profile.CategoryCell) (once, twice float64) {
	for _, c := range cats {
		switch {
		case c.Joined:
			once += float64(c.R)
		case c.R == 1:
			once++
		case c.R == 2:
			twice++
		}
	}
	return once, twice
}

// goodTuring returns by how much the share u of unseen values among nc is above
// the expected one, and the one-sided p-value of that.
func goodTuring(u, nc, once, twice, nr float64) (effect, p float64) {
	excess := u - once/nr
	variance := (once+float64(2*twice)+1)/float64(nr*nr) + float64(u*(1-u))/nc
	z := excess / math.Sqrt(variance)
	return max(0, excess), max(leastP, math.Erfc(z/math.Sqrt2)/2)
}
