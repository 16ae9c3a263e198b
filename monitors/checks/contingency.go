package checks

// bin counts the values of the reference and of the window in one bin of
// numbers or in one category.
type bin struct {
	r, c   uint64
	joined bool // several categories, of which only the sum is known
}

// table is a contingency table of two samples.
type table []bin

func (t table) totals() (r, c uint64) {
	for _, b := range t {
		r, c = r+b.r, c+b.c
	}
	return r, c
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

// smoothed returns the shares of each bin in both samples, 0.5 added to both
// counts of the bins that are empty on either side.
func (t table) smoothed() (p, q []float64) {
	p, q = make([]float64, len(t)), make([]float64, len(t))
	var nr, nc float64
	for i, b := range t {
		p[i], q[i] = float64(b.r), float64(b.c)
		if b.r == 0 || b.c == 0 {
			p[i], q[i] = p[i]+0.5, q[i]+0.5
		}
		nr, nc = nr+p[i], nc+q[i]
	}
	for i := range t {
		p[i], q[i] = p[i]/nr, q[i]/nc
	}
	return p, q
}

// shares calls f with the two shares of each bin.
func (t table) shares(f func(p, q float64, joined bool)) {
	r, c := t.totals()
	for _, b := range t {
		f(float64(b.r)/float64(r), float64(b.c)/float64(c), b.joined)
	}
}

// bounds returns what the sum of a term over the bins is at least and at most.
// The divergences that it is used for can only grow when a bin of several
// categories is divided. So they are known to lie between what the bins give and
// what they would give if no category of a joined bin were in both samples.
func (t table) bounds(term func(p, q float64) float64) (low, high float64) {
	t.shares(func(p, q float64, joined bool) {
		x := term(p, q)
		low += x
		if joined {
			x = (p + q) / 2 // what all three terms are at most
		}
		high += x
	})
	return min(1, max(0, low)), min(1, max(0, high))
}
