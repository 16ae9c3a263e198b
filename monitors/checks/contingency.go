package checks

import "slices"

// bin counts the values of the reference and of the window in one bin of
// numbers or in one category.
type bin struct {
	r, c           uint64
	slackR, slackC slack
	joined         bool // several categories, of which only the sum is known
}

// slack is how many fewer and more values there may be than a count says: some
// may be in a neighbouring bin. Zero: the count is certain.
type slack struct{ down, up uint64 }

// table is a contingency table of two samples.
type table []bin

func (t table) totals() (r, c uint64) {
	for _, b := range t {
		r, c = r+b.r, c+b.c
	}
	return r, c
}

// certain reports whether all counts are.
func (t table) certain() bool {
	return !slices.ContainsFunc(t, func(b bin) bool { return b.slackR != slack{} || b.slackC != slack{} })
}

// chance is what sampling alone adds to the PSI of two samples of the same
// distribution: (K-1)(1/n_r + 1/n_c) with K bins.
func (t table) chance() float64 {
	r, c := t.totals()
	return float64(len(t)-1) * (1/float64(r) + 1/float64(c))
}

// pearson returns Pearson's chi-square statistic, without Yates' correction.
func (t table) pearson() float64 {
	r, c := t.totals()
	nr, nc := float64(r), float64(c)
	sum := 0.0
	for _, b := range t {
		// The two cells of a bin deviate from their expected counts by the
		// same number d, in opposite directions.
		n := float64(b.r) + float64(b.c)
		d := float64(b.c) - nc/(nr+nc)*n
		sum += float64(d*d) / n * ((nr + nc) / nr) * ((nr + nc) / nc)
	}
	return sum
}

// shares calls f with the two shares of each bin.
func (t table) shares(f func(p, q float64, joined bool)) {
	r, c := t.totals()
	for _, b := range t {
		f(float64(b.r)/float64(r), float64(b.c)/float64(c), b.joined)
	}
}
