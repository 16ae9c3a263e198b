package checks

var stddevCheck = Check{
	Name: "stddev", Kinds: numericKinds, Unit: OfField, Range: positiveRange,
	Summary: "standard deviation of the values",
	Compute: stddev,
}

// stddev is that of the present values, divided by their number and not by one
// less, from their exact sums.
func stddev(in Input) Result { return ofValues(in.Current.StdDev()) }
