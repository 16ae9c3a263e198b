package checks

var maxCheck = Check{
	Name: "max", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "greatest value",
	Compute: greatest,
}

// greatest is the largest of the present values.
func greatest(in Input) Result { return ofValues(in.Current.Max()) }
