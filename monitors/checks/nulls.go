package checks

import "driftwatch/monitors/profile"

var nullsCheck = Check{
	Name: "nulls", Class: ClassSchema, Kinds: allKinds, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows where the field is null",
	Compute: nulls,
}

// nulls is the share of rows that have the field without a value, by Fisher's
// exact test against the reference's.
func nulls(in Input) Result {
	r := fieldShare(in, func(n profile.Counts) uint64 { return n.Null })
	return promised(r, in.Limits.Nulls)
}
