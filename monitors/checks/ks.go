package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

var ksCheck = Check{
	Name: "ks", Kinds: numericKinds, Floor: distanceFloor, Unit: Distance, Range: unitRange,
	Summary:        "greatest difference of the two distribution functions (Kolmogorov-Smirnov)",
	NeedsReference: true,
	Compute:        ks,
}

// ks is the Kolmogorov-Smirnov statistic (Smirnov 1939), from profiles; gonum's
// wants the samples. Its value is the least that it can be, so that what the profiles do not know never makes an alarm, and a file
// compared with itself gives 0.
func ks(in Input) Result {
	cells, why := alignNumbers(in)
	if why != "" {
		return skip(why)
	}
	d := distance(cells)
	r := Result{Value: d.low, Low: d.low, High: d.high}
	r.Effect, r.EffectLow, r.PValue = ptr(d.low), ptr(d.low), ptr(in.supremumP(d))
	r.Uncertain = undecided(d.low, d.high, distanceFloor)
	return r
}

func alignNumbers(in Input) (cells []profile.Cell, why string) {
	if why := incomparable(in); why != "" {
		return nil, why
	}
	cells, err := in.cells()
	if err != nil {
		return nil, err.Error()
	}
	return cells, ""
}

// supremum is what is known of sup |F_r - F_c|.
type supremum struct {
	low, high float64
	steps     uint64 // low as max |i n_c - j n_r|, where n_r n_c is small enough for the exact test
	nr, nc    uint64
}

// distance goes through cells from left to right. At their right edges both
// distribution functions are known. Inside one the window's values may all lie
// after the reference's or all before them.
func distance(cells []profile.Cell) supremum {
	s := supremum{}
	s.nr, s.nc = cellTotals(cells)
	exact := s.exact()
	nr, nc := float64(s.nr), float64(s.nc)
	var i, j uint64
	for _, cell := range cells {
		before := float64(i)/nr - float64(j)/nc
		if cell.R > 0 && cell.C > 0 && cell.Least < cell.Greatest {
			s.high = max(s.high, before+float64(cell.R)/nr, float64(cell.C)/nc-before)
		}
		i, j = i+cell.R, j+cell.C
		s.low = max(s.low, math.Abs(float64(i)/nr-float64(j)/nc))
		if exact {
			s.steps = max(s.steps, gap(i*s.nc, j*s.nr))
		}
	}
	if exact {
		s.low = float64(s.steps) / float64(s.nr*s.nc)
	}
	s.low = min(1, s.low)
	s.high = min(1, max(s.low, s.high))
	return s
}

func gap(a, b uint64) uint64 { return max(a, b) - min(a, b) }

// exactProduct is the greatest n_r n_c for which the p-value is exact.
const exactProduct = 1e7

func (s supremum) exact() bool {
	return s.nr <= exactProduct && s.nc <= exactProduct && s.nr*s.nc <= exactProduct
}

// pValue is the probability, for samples of the same distribution, of a
// statistic of at least low. With ties it is an upper bound.
func (s supremum) pValue() float64 {
	if s.exact() {
		return latticeTail(int(s.nr), int(s.nc), int(s.steps))
	}
	nr, nc := float64(s.nr), float64(s.nc)
	return kolmogorovTail(math.Round(nr/(nr+nc)*nc), s.low)
}
