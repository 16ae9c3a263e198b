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

// Estimate is a number and what the true one lies between for certain.
type Estimate struct{ Value, Low, High float64 }

// Quantile returns the q-quantile of the present numbers (type 7 of Hyndman and
// Fan, numpy's default); false without numbers and for a q outside [0, 1].
func (p *Profile) Quantile(q float64) (Estimate, bool) {
	if !(q >= 0 && q <= 1) {
		return Estimate{}, false
	}
	if e := p.Quantiles(q); e != nil {
		return e[0], true
	}
	return Estimate{}, false
}

// Quantiles returns several quantiles, each q in [0, 1]; none without numbers.
func (p *Profile) Quantiles(qs ...float64) []Estimate {
	if !p.hasNumbers() {
		return nil
	}
	cells := p.Cells()
	out := make([]Estimate, len(qs))
	for n, q := range qs {
		at := float64(p.hist.total-1) * q
		floor := math.Floor(at)
		i := min(uint64(floor), p.hist.total-1)
		a := orderStatistic(cells, i)
		b := a
		if i+1 < p.hist.total {
			b = orderStatistic(cells, i+1)
		}
		t := at - floor
		out[n] = Estimate{between(a.Value, b.Value, t), between(a.Low, b.Low, t), between(a.High, b.High, t)}
	}
	return out
}

// orderStatistic returns the value with i values before it. Inside a cell it is
// taken to lie as if the cell's values were evenly spread.
func orderStatistic(cells []Cell, i uint64) Estimate {
	for _, c := range cells {
		if i < c.R {
			t := (float64(i) + 0.5) / float64(c.R)
			return Estimate{between(c.Least, c.Greatest, t), c.Least, c.Greatest}
		}
		i -= c.R
	}
	return Estimate{}
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
