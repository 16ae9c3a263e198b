package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
)

var (
	errChecksum = errors.New("damaged: the checksum differs")
	errBucket   = errors.New("a bucket contradicts itself")
	errShift    = errors.New("its buckets are wider than they need to be")
	errSum      = errors.New("a sum is not one of the values")
	errRegister = errors.New("a register of the distinct count is too large")
	errSample   = errors.New("the sample of categories contradicts the histogram")
	errTally    = errors.New("the counts of the guide contradict the histogram")
	errRest     = errors.New("bytes are left over")
)

// Decode is the inverse of AppendBinary. It accepts only what AppendBinary
// writes and allocates no more than a small multiple of len(b).
func Decode(b []byte) (*Profile, error) {
	p, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("decode profile: %w", err)
	}
	return p, nil
}

func decode(b []byte) (*Profile, error) {
	const header, checksum = len(magic) + 2, 4
	if len(b) < header || string(b[:len(magic)]) != magic {
		return nil, errors.New("not a profile")
	}
	if v := b[len(magic)]; v != version {
		return nil, fmt.Errorf("its version is %d, this program reads version %d", v, version)
	}
	if len(b) < header+checksum {
		return nil, errShort
	}
	body, sum := b[:len(b)-checksum], b[len(b)-checksum:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return nil, errChecksum
	}
	p := &Profile{kind: Kind(b[len(magic)+1])}
	if p.kind < Number || p.kind > Timestamp {
		return nil, fmt.Errorf("no field has %v", p.kind)
	}
	r := &reader{b: body[header:]}
	p.read(r)
	r.require(len(r.b) == 0, errRest)
	if r.err != nil {
		return nil, r.err
	}
	return p, nil
}

func (p *Profile) read(r *reader) {
	p.hist.limit = int(r.uvarint(MaxBuckets))
	r.require(p.hist.limit > 0, errBucket)
	for _, n := range p.side.all() {
		*n = r.uvarint(maxCount)
	}
	p.hist.read(r, p.kind.Numeric())
	if r.err != nil {
		return
	}
	if p.kind.Numeric() {
		p.readSums(r)
	} else if p.Exact() {
		p.names = r.names(len(p.hist.buckets))
	}
	p.guide = readGuide(r, p.kind.Numeric())
	if r.err == nil && !p.Exact() {
		p.readCoarse(r)
	}
}

func (h *histogram) read(r *reader, numbers bool) {
	h.shift = uint(r.byte())
	r.require(h.shift <= 64, errShift)
	least, greatest := uint64(0), uint64(math.MaxUint64)
	if numbers {
		least, greatest = leastKey, greatestKey
	}
	h.buckets = make([]bucket, r.length(uint64(h.limit), 2))
	var id uint64
	for i := range h.buckets {
		step := r.uvarint(math.MaxUint64 - id)
		r.require(i == 0 || step > 0, errAscending)
		id += step
		b := h.readBucket(r, id)
		r.require(b.least >= least && b.greatest <= greatest, errBucket)
		if r.err != nil {
			return
		}
		h.buckets[i] = b
		h.total += b.count
		r.require(h.total <= maxCount, errTooLarge)
	}
	r.require(h.exact() || h.halves() > h.limit, errShift)
	size := 8
	for 4*(len(h.buckets)+1) > 3*size {
		size *= 2
	}
	h.index = make([]uint16, size)
	h.reindex()
}

func (h *histogram) readBucket(r *reader, id uint64) bucket {
	r.require(id<<h.shift>>h.shift == id, errBucket)
	b := bucket{count: r.uvarint(maxCount)}
	b.leastN, b.greatestN = b.count, b.count
	if h.exact() {
		b.least, b.greatest = id, id
	} else {
		if b.count > 1 {
			b.leastN = r.uvarint(b.count)
		}
		b.least = id<<h.shift | r.offset(h.shift)
		b.greatest = b.least
		if !b.single() {
			b.greatestN = r.uvarint(b.count - b.leastN)
			b.greatest = id<<h.shift | r.offset(h.shift)
			r.require(b.greatest > b.least, errBucket)
			r.require(b.inner() == 0 || b.greatest-b.least > 1, errBucket)
		}
	}
	r.require(b.leastN > 0 && b.greatestN > 0, errBucket)
	return b
}

// halves is the number of buckets at the shift before: a bucket falls apart where
// its ends differ in the last bit that was shifted out.
func (h *histogram) halves() int {
	n := len(h.buckets)
	for _, b := range h.buckets {
		n += int((b.least ^ b.greatest) >> (h.shift - 1) & 1)
	}
	return n
}

func (p *Profile) readSums(r *reader) {
	p.sums.positive = readAccumulator(r, sumLimbs)
	p.sums.negative = readAccumulator(r, sumLimbs)
	p.sums.squares = readAccumulator(r, squareLimbs)
	if r.err != nil {
		return
	}
	if p.hist.total == 0 {
		r.require(len(p.sums.positive.limbs)+len(p.sums.negative.limbs)+len(p.sums.squares.limbs) == 0, errSum)
		return
	}
	mean, _ := p.Mean()
	least, _ := p.Min()
	greatest, _ := p.Max()
	r.require(mean >= least && mean <= greatest && p.finiteDeviation(), errSum)
}

// finiteDeviation reports whether the standard deviation is a number. It is only
// worked out, which takes most of the time of reading a profile, where the squares
// are so large that it may not be.
func (p *Profile) finiteDeviation() bool {
	if s := &p.sums.squares; s.base+len(s.limbs) < squareLimbs-1 {
		return true
	}
	deviation, _ := p.StdDev()
	return !math.IsInf(deviation, 0)
}

func readAccumulator(r *reader, most uint64) accumulator {
	a := accumulator{base: int(r.uvarint(most))}
	a.limbs = make([]uint64, r.length(most-uint64(a.base), 8))
	for i := range a.limbs {
		a.limbs[i] = r.uint64()
	}
	n := len(a.limbs)
	r.require(n == 0 && a.base == 0 || n > 0 && a.limbs[0] != 0 && a.limbs[n-1] != 0, errSum)
	return a
}

func readGuide(r *reader, numbers bool) *Guide {
	if r.uvarint(1) == 0 {
		return nil
	}
	least, greatest, most := uint64(0), uint64(math.MaxUint64), watchSize
	if numbers {
		least, greatest, most = leastKey, greatestKey, gridSize
	}
	keys := make([]uint64, r.length(uint64(most), 1))
	r.require(len(keys) > 0, errTally)
	var k uint64
	for i := range keys {
		step := r.uvarint(math.MaxUint64 - k)
		r.require(i == 0 || step > 0, errAscending)
		k += step
		r.require(k >= least && k <= greatest, errTooLarge)
		keys[i] = k
	}
	if numbers {
		return newGuide(keys, nil)
	}
	return newGuide(keys, r.names(len(keys)))
}

func (p *Profile) readCoarse(r *reader) {
	p.distinct = readRegisters(r)
	if !p.kind.Numeric() {
		p.sample = readSample(r)
	}
	if p.guide != nil {
		p.tally = make([]uint64, p.guide.slots())
		for i := range p.tally {
			p.tally[i] = r.uvarint(maxCount)
		}
	}
	if r.err != nil {
		return
	}
	for _, n := range p.sample {
		slot, _ := p.hist.lookup(n.Hash)
		r.require(slot >= 0 && n.Count <= p.hist.buckets[max(slot, 0)].count, errSample)
	}
	if p.guide != nil {
		r.require(p.tallyFits(), errTally)
	}
}

func readRegisters(r *reader) *hyperLogLog {
	b := r.bytes(hllRegisters / 4 * 3)
	if b == nil {
		return nil
	}
	s := new(hyperLogLog)
	for i := 0; i < len(s); i += 4 {
		w := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		b = b[3:]
		for j := range 4 {
			s[i+j] = uint8(w >> (6 * j) & 63)
			r.require(s[i+j] <= hllMaxRank, errRegister)
		}
	}
	return s
}

func readSample(r *reader) sample {
	s := make(sample, r.length(sampleSize, 10))
	for i := range s {
		s[i] = Named{r.uint64(), r.name(), r.uvarint(maxCount)}
		r.require(i == 0 || s[i].Hash > s[max(i, 1)-1].Hash, errAscending)
		r.require(s[i].Count > 0, errSample)
	}
	r.require(len(s) > 0, errSample)
	return s
}

// tallyFits reports whether the counts of the guide's slots can be those of the
// values in a decoded histogram, whose buckets are in order.
func (p *Profile) tallyFits() bool {
	var sum, carry uint64
	for _, n := range p.tally {
		var c uint64
		sum, c = bits.Add64(sum, n, 0)
		carry |= c
	}
	if carry != 0 || sum != p.hist.total {
		return false
	}
	if p.kind.Numeric() {
		return p.gridFits()
	}
	return p.watchFits()
}

// gridFits checks the number of values up to each edge against the buckets.
func (p *Profile) gridFits() bool {
	buckets, before, below := p.hist.buckets, uint64(0), uint64(0)
	for i, edge := range p.guide.keys {
		below += p.tally[i]
		for ; len(buckets) > 0 && buckets[0].greatest <= edge; buckets = buckets[1:] {
			before += buckets[0].count
		}
		low, high := before, before
		if len(buckets) > 0 && buckets[0].least <= edge {
			b := &buckets[0]
			low, high = before+b.leastN, before+b.count-b.greatestN
			switch edge {
			case b.least:
				high = low
			case b.greatest - 1:
				low = high
			}
		}
		if below < low || below > high {
			return false
		}
	}
	return true
}

// watchFits checks that each bucket has room for the watched categories in it.
func (p *Profile) watchFits() bool {
	buckets := p.hist.buckets
	var used uint64
	for i, hash := range p.guide.keys {
		for ; len(buckets) > 0 && buckets[0].least>>p.hist.shift < hash>>p.hist.shift; buckets = buckets[1:] {
			used = 0
		}
		room := uint64(0)
		if len(buckets) > 0 && buckets[0].least>>p.hist.shift == hash>>p.hist.shift {
			room = buckets[0].count - used
		}
		if p.tally[i] > room {
			return false
		}
		used += p.tally[i]
	}
	return true
}
