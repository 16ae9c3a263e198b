package checks

import "driftwatch/monitors/profile"

var rangeCheck = Check{
	Name: "range", Class: ClassSchema, Kinds: numericKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows whose value is outside the declared min and max",
	Compute: outOfRange,
}

// outOfRange is the share of rows whose value is outside the limits that the
// user wrote. Any is a violation.
func outOfRange(in Input) Result {
	if in.Limits.Min == nil && in.Limits.Max == nil {
		return skip("no min or max is declared")
	}
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.OutOfRange })
	return promised(r, ptr(0.0))
}
