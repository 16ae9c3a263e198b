package checks

import "driftwatch/monitors/profile"

var missingCheck = Check{
	Name: "missing", Class: ClassSchema, Kinds: allKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows without the field",
	Compute: missing,
}

// missing is the share of rows that do not have the field at all, by Fisher's
// exact test against the reference's.
func missing(in Input) Result {
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.Missing })
	return promised(r, in.Limits.Missing)
}
