package profile

import "math"

// Mean returns the mean of the present numbers, rounded once; false without any.
func (p *Profile) Mean() (float64, bool) {
	if !p.hasNumbers() {
		return 0, false
	}
	return p.sums.mean(p.hist.total), true
}

// StdDev returns their standard deviation (ddof 0), rounded once; false without
// any.
func (p *Profile) StdDev() (float64, bool) {
	if !p.hasNumbers() {
		return 0, false
	}
	return p.sums.stdDev(p.hist.total), true
}

// Min returns the least number; false without any.
func (p *Profile) Min() (float64, bool) {
	if !p.hasNumbers() {
		return 0, false
	}
	k := uint64(math.MaxUint64)
	for i := range p.hist.buckets {
		k = min(k, p.hist.buckets[i].least)
	}
	return valueOf(k), true
}

// Max returns the greatest number; false without any.
func (p *Profile) Max() (float64, bool) {
	if !p.hasNumbers() {
		return 0, false
	}
	var k uint64
	for i := range p.hist.buckets {
		k = max(k, p.hist.buckets[i].greatest)
	}
	return valueOf(k), true
}

func (p *Profile) hasNumbers() bool { return p.kind.Numeric() && p.hist.total > 0 }

// Distinct returns the number of distinct values: exact while the histogram is,
// else an estimate with a standard error of 1.15 %.
func (p *Profile) Distinct() (n uint64, exact bool) {
	if p.Exact() {
		return uint64(len(p.hist.buckets)), true
	}
	// It is more than the cap, and no more than there are values. Compared as
	// floats: the estimate from forged registers may be infinite.
	e := math.Round(p.distinct.estimate())
	if e >= float64(p.hist.total) {
		return p.hist.total, false
	}
	return max(uint64(e), uint64(p.hist.limit)+1), false
}

// Quantile returns the q-quantile of the present numbers (type 7 of Hyndman and
// Fan, numpy's default) and what it lies between for certain; false without
// numbers and for a q outside [0, 1].
func (p *Profile) Quantile(q float64) (value, low, high float64, ok bool) {
	if !p.hasNumbers() || !(q >= 0 && q <= 1) {
		return 0, 0, 0, false
	}
	at := float64(p.hist.total-1) * q
	floor := math.Floor(at)
	i := min(uint64(floor), p.hist.total-1)
	cells := p.Cells()
	a := orderStatistic(cells, i)
	b := a
	if i+1 < p.hist.total {
		b = orderStatistic(cells, i+1)
	}
	t := at - floor
	return between(a.value, b.value, t), between(a.low, b.low, t), between(a.high, b.high, t), true
}

type estimate struct{ value, low, high float64 }

// orderStatistic returns the value with i values before it. Inside a cell it is
// taken to lie as if the cell's values were evenly spread.
func orderStatistic(cells []Cell, i uint64) estimate {
	for _, c := range cells {
		if i < c.R {
			t := (float64(i) + 0.5) / float64(c.R)
			return estimate{between(c.Least, c.Greatest, t), c.Least, c.Greatest}
		}
		i -= c.R
	}
	return estimate{}
}

// between interpolates as numpy does, and does not overflow.
func between(a, b, t float64) float64 {
	if a == b {
		return a
	}
	d := b - a
	switch {
	case math.IsInf(d, 0):
		return float64(a*(1-t)) + float64(b*t)
	case t >= 0.5:
		return b - float64(d*(1-t))
	}
	return a + float64(d*t)
}
