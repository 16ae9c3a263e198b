package checks

import "driftwatch/monitors/profile"

var allowedCheck = Check{
	Name: "allowed", Class: ClassSchema, Kinds: namedKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows whose value is not among the allowed ones",
	Compute: notAllowed, Lacks: lacksAllowed,
}

// notAllowed is the share of rows whose value is not in the user's list. Any is
// a violation.
func notAllowed(in Input) Result {
	if why := lacksAllowed(in.Limits); why != "" {
		return skip(why)
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.NotAllowed })
	return promised(r, ptr(0.0))
}

func lacksAllowed(l Limits) string {
	if !l.Allowed {
		return "no allowed values are declared"
	}
	return ""
}
