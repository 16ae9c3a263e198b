package checks

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"driftwatch/monitors/profile"
)

// span is the values that bins are to cover, and how many they are.
type span struct {
	least, greatest float64
	n               uint64
}

// spanOf is that of the reference, so that the bins are the same in all windows.
// Only Sturges' rule is that of both samples together.
func spanOf(in Input) span {
	s := span{n: in.Reference.Counts().Present}
	s.least, _ = in.Reference.Min()
	s.greatest, _ = in.Reference.Max()
	if in.Params.Rule == Sturges {
		s.n += in.Current.Counts().Present
		if v, ok := in.Current.Min(); ok {
			s.least = min(s.least, v)
		}
		if v, ok := in.Current.Max(); ok {
			s.greatest = max(s.greatest, v)
		}
	}
	return s
}

func (s span) width() float64 { return s.greatest - s.least }

// bins is the number of bins that the parameters ask for.
func (s span) bins(in Input) uint64 {
	switch p := in.Params; {
	case p.Rule == Sturges:
		return s.binsOf(1 + math.Log2(float64(s.n)))
	case p.Rule == Doane:
		return s.binsOf(s.doane(in.Reference))
	case p.Bins > 0:
		return uint64(p.Bins)
	}
	return defaultBins
}

// doane is 1 + log2 n + log2(1 + |g|/s), g being the skewness and s its standard
// error (Doane 1976). Sturges' rule (1926) is the same without skewness. Inside
// the cells of a coarse profile values count as their middle.
func (s span) doane(p *profile.Profile) float64 {
	mean, _ := p.Mean()
	sd, _ := p.StdDev()
	n := float64(s.n)
	if n < 3 || !(sd > 0) || math.IsInf(sd, 0) {
		return 1
	}
	var v, weights []float64
	for _, c := range p.Cells() {
		v = append(v, (c.Least/2+c.Greatest/2-mean)/sd)
		weights = append(weights, float64(c.R))
	}
	g := stat.MomentAbout(3, v, 0, weights)
	return 1 + math.Log2(n) + math.Log2(1+math.Abs(g)/math.Sqrt(6*(n-2)/((n+1)*(n+3))))
}

// binsOf rounds a number of bins upward, by way of their width, as numpy does:
// where it is whole, rounding decides.
func (s span) binsOf(k float64) uint64 {
	if !(s.width() > 0) || math.IsInf(s.width(), 0) {
		return 1
	}
	if width := s.width() / k; width > 0 {
		return uint64(math.Ceil(s.width() / width))
	}
	return 1
}
