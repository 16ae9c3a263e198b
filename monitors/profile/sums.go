package profile

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// accumulator is an exact sum of non-negative numbers: a binary integer in units
// of a fixed power of two. Only the 64-bit limbs between the least and the
// greatest one ever used are held; the first of them is limb base.
type accumulator struct {
	base  int
	limbs []uint64
}

// add adds (hi<<64 + lo) << position.
func (a *accumulator) add(position uint, hi, lo uint64) {
	i := int(position>>6) - a.base
	if i < 0 || i+3 > len(a.limbs) {
		a.reach(int(position >> 6))
		i = int(position>>6) - a.base
	}
	s := position & 63
	l := a.limbs[i : i+3 : i+3]
	var c uint64
	l[0], c = bits.Add64(l[0], lo<<s, 0)
	l[1], c = bits.Add64(l[1], hi<<s|lo>>1>>(63-s), c)
	l[2], c = bits.Add64(l[2], hi>>1>>(63-s), c)
	if c != 0 {
		a.carry(i + 3)
	}
}

// addNonZero is add, but takes no room for nothing.
func (a *accumulator) addNonZero(position uint, hi, lo uint64) {
	if hi|lo != 0 {
		a.add(position, hi, lo)
	}
}

// carry adds one to limb i counted from base.
func (a *accumulator) carry(i int) {
	for c := uint64(1); c != 0; i++ {
		if i == len(a.limbs) {
			a.limbs = append(a.limbs, 0)
		}
		a.limbs[i], c = bits.Add64(a.limbs[i], 0, c)
	}
}

// reach makes room for three limbs from limb i on.
func (a *accumulator) reach(i int) {
	first, end := i, i+3
	if len(a.limbs) > 0 {
		first, end = min(first, a.base), max(end, a.base+len(a.limbs))
	}
	limbs := make([]uint64, end-first)
	if len(a.limbs) > 0 {
		copy(limbs[a.base-first:], a.limbs)
	}
	a.base, a.limbs = first, limbs
}

// merge adds o.
func (a *accumulator) merge(o accumulator) {
	o = o.trimmed()
	if len(o.limbs) == 0 {
		return
	}
	a.reach(o.base)
	a.reach(o.base + len(o.limbs) - 1)
	at, c := o.base-a.base, uint64(0)
	for i, l := range o.limbs {
		a.limbs[at+i], c = bits.Add64(a.limbs[at+i], l, c)
	}
	if c != 0 {
		a.carry(at + len(o.limbs))
	}
}

// trimmed returns the same number without zero limbs at its ends: the one form
// that is encoded.
func (a accumulator) trimmed() accumulator {
	l := a.limbs
	for len(l) > 0 && l[len(l)-1] == 0 {
		l = l[:len(l)-1]
	}
	for len(l) > 0 && l[0] == 0 {
		l = l[1:]
		a.base++
	}
	if len(l) == 0 {
		return accumulator{}
	}
	return accumulator{base: a.base, limbs: l}
}

func (a accumulator) clone() accumulator {
	return accumulator{base: a.base, limbs: slices.Clone(a.limbs)}
}

// integer returns the sum in the accumulator's unit.
func (a accumulator) integer() *big.Int {
	b := make([]byte, 8*len(a.limbs))
	for i, l := range a.limbs {
		for j := range 8 {
			b[len(b)-1-8*i-j] = byte(l >> (8 * j))
		}
	}
	n := new(big.Int).SetBytes(b)
	return n.Lsh(n, uint(64*a.base))
}

// sums are the exact sums of a profile's numbers. Positive and negative ones are
// apart so that every limb only grows: the state is that of the multiset, and
// a sum that hovers around zero borrows through no limbs.
type sums struct {
	positive, negative accumulator // in units of 2^-1074
	squares            accumulator // in units of 2^-2148
}

// Bits of a sum of 2^64 numbers, and of their squares, give the limbs that
// can ever be in use.
const (
	sumLimbs    = (1074+1024+64)/64 + 1
	squareLimbs = (2148+2048+64)/64 + 1
	sumUnit     = -1074
)

// magnitude returns the bits of a number without its sign, and all ones if it is
// negative.
func magnitude(key uint64) (b, negative uint64) {
	negative = uint64(int64(^key) >> 63)
	return ((key ^ negative) - negative) &^ signBit, negative
}

// add adds the numbers of at most 256 keys.
func (s *sums) add(keys []uint64) {
	least, greatest := uint64(math.MaxUint64), uint64(0)
	for _, k := range keys {
		b, _ := magnitude(k)
		least = min(least, b-1) // zero is left out: it wraps around
		greatest = max(greatest, b)
	}
	least, greatest = (least+1)>>52, greatest>>52
	switch {
	case least > 0 && greatest-least <= maxSpread:
		s.addAlike(keys, uint(least))
	default:
		for _, k := range keys {
			s.addOne(k)
		}
	}
}

// maxSpread is the greatest difference of exponents that addAlike takes: a square
// has 106 bits, shifted by twice that 226, and 256 of them 234.
const maxSpread = 60

// addAlike adds up normal numbers, and zeros, in registers: several times as fast as
// one by one. The least exponent of the numbers is given.
func (s *sums) addAlike(keys []uint64, least uint) {
	var t0, t1, n0, n1, q0, q1, q2, q3, c uint64 // total, negative, squares
	for _, k := range keys {
		b, negative := magnitude(k)
		_, positive := bits.Sub64(0, b, 0)
		m := b&(1<<52-1) | positive<<52
		shift := (uint(b>>52) - least) & 63
		w1, w0 := bits.Mul64(m, 1<<shift)
		t0, c = bits.Add64(t0, w0, 0)
		t1 += w1 + c
		n0, c = bits.Add64(n0, w0&negative, 0)
		n1 += w1&negative + c

		// (w1,w0)^2 = w0^2 + 2 w0 w1 2^64 + w1^2 2^128
		hi, lo := bits.Mul64(w0, w0)
		q0, c = bits.Add64(q0, lo, 0)
		q1, c = bits.Add64(q1, hi, c)
		hi, lo = bits.Mul64(w1, w1)
		q2, c = bits.Add64(q2, lo, c)
		q3 += hi + c
		hi, lo = bits.Mul64(w0, w1<<1)
		q1, c = bits.Add64(q1, lo, 0)
		q2, c = bits.Add64(q2, hi, c)
		q3 += c
	}
	t0, c = bits.Sub64(t0, n0, 0)
	t1 -= n1 + c
	unit := least - 1
	s.positive.addNonZero(unit, t1, t0)
	s.negative.addNonZero(unit, n1, n0)
	s.squares.addNonZero(2*unit, q1, q0)
	s.squares.addNonZero(2*unit+128, q3, q2)
}

// addOne adds any number.
func (s *sums) addOne(key uint64) {
	b, negative := magnitude(key)
	m, e := b&(1<<52-1), uint(b>>52)
	if e > 0 {
		m |= 1 << 52
		e--
	}
	side := &s.positive
	if negative != 0 {
		side = &s.negative
	}
	side.addNonZero(e, 0, m)
	hi, lo := bits.Mul64(m, m)
	s.squares.addNonZero(2*e, hi, lo)
}

func (s *sums) merge(o *sums) {
	s.positive.merge(o.positive)
	s.negative.merge(o.negative)
	s.squares.merge(o.squares)
}

func (s *sums) clone() sums {
	return sums{s.positive.clone(), s.negative.clone(), s.squares.clone()}
}

func (s *sums) sum() *big.Int {
	return new(big.Int).Sub(s.positive.integer(), s.negative.integer())
}

// mean returns the sum divided by n, rounded once.
func (s *sums) mean(n uint64) float64 {
	den := new(big.Int).SetUint64(n)
	den.Lsh(den, -sumUnit)
	f, _ := new(big.Rat).SetFrac(s.sum(), den).Float64()
	return f
}

// stdDev returns sqrt((n*squares - sum^2) / n^2), rounded once.
func (s *sums) stdDev(n uint64) float64 {
	count := new(big.Int).SetUint64(n)
	d := new(big.Int).Mul(count, s.squares.integer())
	sum := s.sum()
	d.Sub(d, sum.Mul(sum, sum))
	if d.Sign() <= 0 {
		return 0
	}
	// sqrt(d)/n in units of 2^sumUnit. With d scaled by 4^up the quotient has at
	// least 64 bits; what is cut off only matters as "more than nothing".
	up := uint(max(0, 66+count.BitLen()-d.BitLen()/2))
	d.Lsh(d, 2*up)
	root := new(big.Int).Sqrt(d)
	rest := new(big.Int).Mul(root, root)
	sticky := rest.Cmp(d) != 0
	root, rest = root.QuoRem(root, count, rest)
	if sticky || rest.Sign() != 0 {
		root.SetBit(root, 0, 1)
	}
	f := new(big.Float).SetInt(root)
	v, _ := f.SetMantExp(f, sumUnit-int(up)).Float64()
	return v
}
