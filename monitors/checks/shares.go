package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

// shareFloor is the least difference of two shares that deserves attention.
const shareFloor = 0.01

// fieldShare is the share of a field's rows that count picks.
func fieldShare(in Input, count func(profile.Counts) uint64) Result {
	var r profile.Counts
	if in.Reference != nil {
		r = in.Reference.Counts()
	}
	c := in.Current.Counts()
	return share(count(r), r.Rows, count(c), c.Rows)
}

// share compares two shares by Fisher's exact test: of kr among nr rows of the
// reference, of kc among nc of the window. Without rows in the reference there
// is nothing to compare with, so only the value is known.
func share(kr, nr, kc, nc uint64) Result {
	if nc == 0 {
		return skip("no rows in this window")
	}
	r := exactly(float64(kc) / float64(nc))
	if nr == 0 {
		return r
	}
	effect := math.Abs(r.Value - float64(kr)/float64(nr))
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	r.PValue = ptr(fisher(kr, nr-kr, kc, nc-kc))
	return r
}

// promised marks a share above what the user allowed, if that is anything.
func promised(r Result, limit *float64) Result {
	r.Violation = r.Skipped == "" && limit != nil && r.Value > *limit
	return r
}
