package checks

import "driftwatch/monitors/profile"

var invalidCheck = Check{
	Name: "invalid", Class: ClassSchema, Kinds: allKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows whose value is not of the declared type",
	Compute: invalid,
}

// invalid is the share of rows whose value is not of the field's type, by
// Fisher's exact test against the reference's.
func invalid(in Input) Result {
	return fieldShare(in, func(n profile.Counts) uint64 { return n.Invalid })
}
