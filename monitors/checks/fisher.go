package checks

import "math"

// leastP is reported in place of a positive p-value that has no normal
// floating-point number. It is an upper bound of it.
const leastP = 0x1p-1022

// fisher returns the p-value of Fisher's exact two-sided test of the table
// [[a b] [c d]]: the probability, its margins given, of all tables that are no
// more likely than this one.
//
// gonum has neither this test nor the hypergeometric distribution. The terms are summed outward from the mode by their ratios, so
// the time grows with the standard deviation of a and not with the counts.
func fisher(a, b, c, d uint64) float64 {
	h := newHypergeometric(float64(a), float64(b), float64(c), float64(d))
	limit := h.relative(float64(a))
	if limit == 0 {
		return leastP
	}
	// Rounding must not separate tables that are equally likely, as those on
	// the two sides of a symmetric distribution are.
	limit *= 1 + 1e-7
	total, tail := 1.0, 0.0
	if limit >= 1 {
		return 1
	}
	for _, step := range [...]float64{-1, 1} {
		w := 1.0
		for x := h.mode; w > 0 && !h.end(x, step); x += step {
			w *= h.ratio(x, step)
			total += w
			if w <= limit {
				tail += w
				if w < 1e-18*tail {
					break
				}
			}
		}
	}
	return min(1, max(tail/total, leastP))
}

// hypergeometric is the distribution of a in tables with the margins of
// [[a b] [c d]].
type hypergeometric struct {
	row, column, rest float64 // a+b, a+c, d-a
	least, greatest   float64 // of a
	mode              float64
}

func newHypergeometric(a, b, c, d float64) hypergeometric {
	h := hypergeometric{row: a + b, column: a + c, rest: d - a}
	h.least, h.greatest = max(0, -h.rest), min(h.row, h.column)
	h.mode = math.Floor((h.row + 1) / (a + b + c + d + 2) * (h.column + 1))
	h.mode = min(max(h.mode, h.least), h.greatest)
	return h
}

func (h hypergeometric) end(x, step float64) bool {
	return step < 0 && x <= h.least || step > 0 && x >= h.greatest
}

// ratio is the probability of x+step over that of x.
func (h hypergeometric) ratio(x, step float64) float64 {
	if step > 0 {
		return (h.row - x) / (x + 1) * ((h.column - x) / (h.rest + x + 1))
	}
	return x / (h.row - x + 1) * ((h.rest + x) / (h.column - x + 1))
}

// relative is the probability of x over that of the mode, 0 where it has no
// normal floating-point number.
func (h hypergeometric) relative(x float64) float64 {
	w, step := 1.0, 1.0
	if x < h.mode {
		step = -1
	}
	for at := h.mode; at != x; at += step {
		if w *= h.ratio(at, step); w < leastP {
			return 0
		}
	}
	return w
}
