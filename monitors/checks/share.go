package checks

import (
	"math"

	"driftwatch/monitors/profile"
)

// shareFloor is the least difference of two shares that deserves attention.
const shareFloor = 0.01

func missing(in Input) Result {
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.Missing })
	return promised(r, in.Limits.Missing)
}

func nulls(in Input) Result {
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.Null })
	return promised(r, in.Limits.Nulls)
}

func invalid(in Input) Result {
	return fieldShare(in, func(n profile.Counts) uint64 { return n.Invalid })
}

func outOfRange(in Input) Result {
	if in.Limits.Min == nil && in.Limits.Max == nil {
		return skip("no min or max is declared")
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.OutOfRange })
	return promised(r, ptr(0.0))
}

func notAllowed(in Input) Result {
	if !in.Limits.Allowed {
		return skip("no allowed values are declared")
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.NotAllowed })
	return promised(r, ptr(0.0))
}

func notMatching(in Input) Result {
	if !in.Limits.Pattern {
		return skip("no pattern is declared")
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.NotMatching })
	return promised(r, ptr(0.0))
}

func unknownFields(in Input) Result {
	return share(in.ReferenceUnknownRows, in.ReferenceRows, in.UnknownRows, in.Rows)
}

// fieldShare is the share of a field's rows that count picks.
func fieldShare(in Input, count func(profile.Counts) uint64) Result {
	var r profile.Counts
	if in.Reference != nil {
		r = in.Reference.Counts()
	}
	c := in.Current.Counts()
	return share(count(r), r.Rows, count(c), c.Rows)
}

// share compares two shares: of kr among nr rows of the reference, of kc among
// nc of the window. Without rows in the reference there is nothing to compare
// with, so only the value is known.
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

// exactly is the result of a value that is certain.
func exactly(v float64) Result { return Result{Value: v, Low: v, High: v} }

func skip(why string) Result { return Result{Skipped: why} }
