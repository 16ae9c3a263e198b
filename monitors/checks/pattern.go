package checks

import "driftwatch/monitors/profile"

var patternCheck = Check{
	Name: "pattern", Class: ClassSchema, Kinds: textualKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows whose value does not match the declared pattern",
	Compute: notMatching, Lacks: lacksPattern,
}

// notMatching is the share of rows whose value does not match the user's
// pattern. Any is a violation.
func notMatching(in Input) Result {
	if why := lacksPattern(in.Limits); why != "" {
		return skip(why)
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.NotMatching })
	return promised(r, ptr(0.0))
}

func lacksPattern(l Limits) string {
	if !l.Pattern {
		return "no pattern is declared"
	}
	return ""
}
