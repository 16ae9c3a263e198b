package checks

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"driftwatch/monitors/profile"
)

func (in Input) alpha() float64 {
	if in.Alpha == 0 {
		return DefaultAlpha
	}
	return in.Alpha
}

// compared adds to a result what the same statistic is of the reference, by how
// much the window's is above it, and what that lies between.
func (in Input) compared(r Result, statistic func(Input) Result, bounds func(in Input) (low, high float64)) Result {
	if r.Skipped != "" || incomparable(in) != "" {
		return r
	}
	other := in
	other.Reference, other.Current, other.Shared = nil, in.Reference, nil
	ref := statistic(other)
	if ref.Skipped != "" {
		return r
	}
	r.Reference = ptr(ref.Value)
	change := r.Value - ref.Value
	if r.Change = known(change, true); r.Change == nil || bounds == nil {
		return r
	}
	low, high := bounds(in)
	r.ChangeLow, r.ChangeHigh = known(min(low, change), true), known(max(high, change), true)
	return r
}

// spread is what the interval of a change needs to know of one side.
type spread struct {
	n        float64
	variance float64
	kurtosis float64 // the fourth moment over the squared variance
	squares  float64 // the kurtosis of the squared deviations
}

// spreadOf goes over the values of a profile. Inside the cells of a coarse one
// they count as far from the mean as they can be, so that no interval is too
// narrow.
//
// (gonum's MomentAbout takes a power by math.Pow for each value and moment, ten
// times as long.)
func spreadOf(p *profile.Profile, cells []profile.Cell) spread {
	s := spread{n: float64(p.Counts().Present), kurtosis: 1, squares: 1}
	mean, _ := p.Mean()
	sd, _ := p.StdDev()
	s.variance = sd * sd * s.n / (s.n - 1)
	if !(sd > 0) || math.IsInf(sd, 0) {
		return s
	}
	var fourth, second, ofSquares float64 // of the deviations; of what their squares are above 1
	for _, c := range cells {
		v := max(mean-c.Least, c.Greatest-mean) / sd
		y := v * v
		d := (y - 1) * (y - 1)
		w := float64(c.R) / s.n
		fourth += float64(w * y * y)
		second += float64(w * d)
		ofSquares += float64(w * d * d)
	}
	s.kurtosis = max(1, fourth)
	if second > 0 {
		s.squares = max(1, ofSquares/(second*second))
	}
	return s
}

// changeErrors are the standard errors of the change of the mean and of the standard
// deviation, on the safe side.
//
// Where a few great values make most of a variance, a sample without them shows
// neither them nor how far off it may be. So of each side the upper confidence
// limit of the variance is taken (z standard errors above it), and the greater
// of both, as are the kurtoses. docs/adr/0012 says what
// was tried.
func changeErrors(r, c spread, z float64) (mean, stddev float64) {
	k, squares := max(r.kurtosis, c.kurtosis)-1, max(r.squares, c.squares)-1
	upper := func(of, relative, n float64) float64 { return float64(of * (1 + float64(z*math.Sqrt(relative/n)))) }
	variance := max(upper(r.variance, k, r.n), upper(c.variance, k, c.n))
	ofRoot := upper(k/4/r.n, squares, r.n) + upper(k/4/c.n, squares, c.n)
	return math.Sqrt(variance * (1/r.n + 1/c.n)), math.Sqrt(variance * ofRoot)
}

// widths are half of those of the intervals of both changes.
type widths struct{ mean, stddev float64 }

// halfWidths are at the least degrees of freedom.
func (in Input) halfWidths() widths {
	w, _ := in.shared().widths.get(func() (widths, error) {
		r := spreadOf(in.Reference, in.ownCells(in.Reference))
		c := spreadOf(in.Current, in.ownCells(in.Current))
		mean, stddev := changeErrors(r, c, distuv.UnitNormal.Quantile(1-in.alpha()/2))
		t := student(in.alpha(), min(r.n, c.n)-1)
		return widths{float64(t * mean), float64(t * stddev)}, nil
	})
	return w
}

// student is the quantile of Student's t that is passed on either side with a
// chance of alpha; infinite where one value leaves no freedom.
func student(alpha, freedom float64) float64 {
	switch {
	case !(freedom >= 1):
		return math.Inf(1)
	case freedom > 1e6: // where the other is less accurate than the difference
		return distuv.UnitNormal.Quantile(1 - alpha/2)
	}
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(1 - alpha/2)
}

// order returns the least and the greatest value that the i-th smallest can be,
// counted from 1; the infinities before the first and after the last.
func order(cells []profile.Cell, i uint64) (least, greatest float64) {
	if i == 0 {
		return math.Inf(-1), math.Inf(-1)
	}
	for _, c := range cells {
		if i <= c.R {
			return c.Least, c.Greatest
		}
		i -= c.R
	}
	return math.Inf(1), math.Inf(1)
}

// ranks returns the ranks of two of n values that have the q-quantile of their
// distribution between them, but for a chance of alpha. It follows from the
// binomial distribution of the number of values up to it, whatever theirs is
// (Thompson 1936). 0 and n + 1 are before the first and after the last.
func ranks(n uint64, q, alpha float64) (low, high uint64) {
	b := distuv.Binomial{N: float64(n), P: q}
	if b.Variance() > 1e4 {
		// A normal distribution with room for its skewness.
		z := distuv.UnitNormal.Quantile(1 - alpha/2)
		d := float64(z*b.StdDev()) + float64(z*z)/3 + 1
		return uint64(max(0, math.Floor(b.Mean()-d))), uint64(min(float64(n), math.Ceil(b.Mean()+d))) + 1
	}
	low = search(n, func(i uint64) bool { return b.CDF(float64(i)) > alpha/2 })
	high = search(n, func(i uint64) bool { return 1-b.CDF(float64(i)) <= alpha/2 }) + 1
	return low, high
}

// search is the least i in [0, n] for which the condition, which stays true, is.
func search(n uint64, is func(uint64) bool) uint64 {
	low, high := uint64(0), n
	for low < high {
		if mid := low + (high-low)/2; is(mid) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}
