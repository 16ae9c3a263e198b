package checks

import "driftwatch/monitors/profile"

var patternCheck = Check{
	Name: "pattern", Class: ClassSchema, Kinds: textualKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows whose value does not match the declared pattern",
	Compute: notMatching,
}

// notMatching is the share of rows whose value does not match the user's
// pattern. Any is a violation.
func notMatching(in Input) Result {
	if !in.Limits.Pattern {
		return skip("no pattern is declared")
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.NotMatching })
	return promised(r, ptr(0.0))
}
