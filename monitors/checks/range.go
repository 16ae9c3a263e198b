package checks

import "driftwatch/monitors/profile"

var rangeCheck = Check{
	Name: "range", Class: ClassSchema, Kinds: numericKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows whose value is outside the declared min and max",
	Compute: outOfRange, Lacks: lacksRange,
}

// outOfRange is the share of rows whose value is outside the limits that the
// user wrote. Any is a violation.
func outOfRange(in Input) Result {
	if why := lacksRange(in.Limits); why != "" {
		return skip(why)
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.OutOfRange })
	return promised(r, ptr(0.0))
}

func lacksRange(l Limits) string {
	if l.Min == nil && l.Max == nil {
		return "no min or max is declared"
	}
	return ""
}
