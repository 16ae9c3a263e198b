package profile

import "math"

const signBit = 1 << 63

// The keys of the least and the greatest finite number.
var (
	leastKey    = keyOf(-math.MaxFloat64)
	greatestKey = keyOf(math.MaxFloat64)
)

// keyOf maps a finite number to an integer whose order is the number's order.
// Both zeros have the same key, so neighbouring keys are neighbouring numbers.
func keyOf(v float64) uint64 {
	b := math.Float64bits(v)
	negative := uint64(int64(b) >> 63) // all ones or zero
	return (b ^ negative) - negative + (signBit &^ negative)
}

// valueOf is the inverse of keyOf.
func valueOf(k uint64) float64 {
	if k >= signBit {
		return math.Float64frombits(k ^ signBit)
	}
	return math.Float64frombits(-k)
}

// finiteKeys writes the keys of the finite numbers of v to keys, which is at
// least as long, and returns how many there are.
func finiteKeys(keys []uint64, v []float64) int {
	n := 0
	for _, x := range v {
		const exponent = 0x7ff << 52
		if math.Float64bits(x)&exponent == exponent {
			continue
		}
		keys[n] = keyOf(x)
		n++
	}
	return n
}

// mix spreads a key over 64 bits (the finalizer of MurmurHash3).
func mix(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}
