package profile

import (
	"cmp"
	"slices"
)

const (
	digitBits = 11
	digits    = (64 + digitBits - 1) / digitBits
)

// sortKeys sorts keys, which may be used for the result: by their digits from
// the last to the first, which costs a tenth of comparing them.
func sortKeys(keys []uint64) []uint64 {
	var counts [digits][1 << digitBits]int
	for _, k := range keys {
		for d := range digits {
			counts[d][k>>(d*digitBits)&(1<<digitBits-1)]++
		}
	}
	from, to := keys, make([]uint64, len(keys))
	for d := range digits {
		shift, at := d*digitBits, &counts[d]
		if len(keys) == 0 || at[keys[0]>>shift&(1<<digitBits-1)] == len(keys) {
			continue // all have the same digit
		}
		sum := 0
		for i, n := range at {
			at[i], sum = sum, sum+n
		}
		for _, k := range from {
			digit := k >> shift & (1<<digitBits - 1)
			to[at[digit]] = k
			at[digit]++
		}
		from, to = to, from
	}
	return from
}

func sortRuns(runs []run) {
	slices.SortFunc(runs, func(a, b run) int { return cmp.Compare(a.key, b.key) })
}
