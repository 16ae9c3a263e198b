package profile

import (
	"math"
	"math/bits"
)

// A HyperLogLog sketch of 2^13 registers: a standard error of 1.15 %.
const (
	hllBits      = 13
	hllRegisters = 1 << hllBits
	hllMaxRank   = 64 - hllBits + 1
)

// hyperLogLog counts distinct keys. Each register is the greatest rank of the
// hashes that fell to it, so merging is a maximum.
type hyperLogLog [hllRegisters]uint8

func (s *hyperLogLog) add(key uint64) {
	h := mix(key)
	rank := uint8(bits.LeadingZeros64(h<<hllBits|1<<(hllBits-1))) + 1
	if r := &s[h>>(64-hllBits)]; rank > *r {
		*r = rank
	}
}

func (s *hyperLogLog) merge(o *hyperLogLog) {
	for i, r := range o {
		s[i] = max(s[i], r)
	}
}

// estimate is the improved raw estimator of O. Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches" (arXiv 1702.01284), which has
// no bias to correct at any size.
func (s *hyperLogLog) estimate() float64 {
	var ranks [hllMaxRank + 1]float64
	for _, r := range s {
		ranks[r]++
	}
	const m = hllRegisters
	z := float64(m * ertlTau(1-ranks[hllMaxRank]/m))
	for k := hllMaxRank - 1; k >= 1; k-- {
		z = (z + ranks[k]) / 2
	}
	z += float64(m * ertlSigma(ranks[0]/m))
	return m * m / (2 * math.Ln2) / z
}

func ertlSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	z, y := x, 1.0
	for before := -1.0; z != before; y += y {
		x = float64(x * x)
		before = z
		z += float64(x * y)
	}
	return z
}

func ertlTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	z, y := 1-x, 1.0
	for before := -1.0; z != before; {
		x = math.Sqrt(x)
		before = z
		y /= 2
		d := float64((1 - x) * (1 - x))
		z -= float64(d * y)
	}
	return z / 3
}
