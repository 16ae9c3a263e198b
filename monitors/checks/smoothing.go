package checks

// smoothing is what bins count that are empty on a side.
type smoothing struct {
	kind    string  // "": half a value more on both sides; None: nothing; Epsilon
	epsilon float64 // the share in place of 0
}

var (
	halves     = smoothing{}
	unsmoothed = smoothing{kind: None}
)

// interval is a number and the bounds of what it may be.
type interval struct{ low, value, high float64 }

func certainly(v float64) interval { return interval{v, v, v} }

// around is a count with its bounds.
func around(n uint64, s slack) interval {
	return interval{float64(n - s.down), float64(n), float64(n + s.up)}
}

func (i interval) plus(j interval) interval {
	return interval{i.low + j.low, i.value + j.value, i.high + j.high}
}

// over divides two positive numbers of which the first is part of the second.
func (i interval) over(j interval) interval {
	return interval{i.low / j.high, i.value / j.value, min(1, i.high/j.low)}
}

// pair is the shares of one bin in both samples.
type pair struct {
	p, q   interval
	joined bool
	absent bool // it may be empty on both sides, and then is no bin
}

// pairs returns the shares of each bin. Those that epsilon replaces make their
// sum more than 1, unless they are rescaled.
func (t table) pairs(s smoothing, rescale bool) []pair {
	r, c := t.totals()
	nr, nc := certainly(float64(r)), certainly(float64(c))
	sumR, sumC := nr, nc
	out := make([]pair, len(t))
	for i, b := range t {
		own, other := around(b.r, b.slackR), around(b.c, b.slackC)
		addR, addC := s.added(own, other, nr.value), s.added(other, own, nc.value)
		absent := s == halves && own.low == 0 && other.low == 0
		if absent {
			addR.low, addC.low = 0, 0
		}
		out[i] = pair{own.filled(addR), other.filled(addC), b.joined, absent}
		sumR, sumC = sumR.plus(addR), sumC.plus(addC)
	}
	if s.kind == Epsilon && !rescale {
		sumR, sumC = nr, nc
	}
	for i := range out {
		out[i].p, out[i].q = out[i].p.over(sumR), out[i].q.over(sumC)
	}
	return out
}

// added returns what is added to a bin that holds own values of a sample of n
// and other values of the other sample.
func (s smoothing) added(own, other interval, n float64) interval {
	switch s.kind {
	case None:
		return interval{}
	case Epsilon:
		return own.ifEmpty(s.epsilon * n)
	}
	a, b := own.ifEmpty(0.5), other.ifEmpty(0.5)
	return interval{max(a.low, b.low), max(a.value, b.value), max(a.high, b.high)}
}

// ifEmpty is v where a count is 0, and else 0.
func (i interval) ifEmpty(v float64) (out interval) {
	if i.high == 0 {
		out.low = v
	}
	if i.value == 0 {
		out.value = v
	}
	if i.low == 0 {
		out.high = v
	}
	return out
}

// filled adds to a count. One that may be 0 is then what was added, or not 0.
func (i interval) filled(added interval) interval {
	out := i.plus(added)
	if i.low == 0 && i.high > 0 && added.high > 0 {
		out.low = min(1, added.high)
	}
	return out
}
