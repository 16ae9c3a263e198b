package checks

var meanCheck = Check{
	Name: "mean", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "mean of the values",
	Compute: mean,
}

// mean is that of the present values, from their exact sum.
func mean(in Input) Result { return ofValues(in.Current.Mean()) }
