package checks

var minCheck = Check{
	Name: "min", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "least value",
	Compute: least,
}

// least is the smallest of the present values.
func least(in Input) Result { return ofValues(in.Current.Min()) }
