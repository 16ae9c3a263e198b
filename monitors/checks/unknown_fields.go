package checks

var unknownFieldsCheck = Check{
	Name: "unknown_fields", Class: ClassSchema, Floor: shareFloor, Unit: Share, Range: unitRange,
	Summary: "share of rows having fields that the monitor does not declare",
	Compute: unknownFields,
}

// unknownFields is the share of a segment's rows that have fields which nobody
// declared, by Fisher's exact test against the reference's.
func unknownFields(in Input) Result {
	return share(in.ReferenceUnknownRows, in.ReferenceRows, in.UnknownRows, in.Rows)
}
