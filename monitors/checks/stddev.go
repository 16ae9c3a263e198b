package checks

var stddevCheck = Check{
	Name: "stddev", Kinds: numericKinds, Unit: OfField, Range: positiveRange,
	Summary: "standard deviation of the values",
	Compute: stddev,
}

// stddev is that of the present values, divided by their number and not by one
// less, from their exact sums. The interval of its change comes from the
// variance of a standard deviation, s^2 (k - 1)/(4n) with the kurtosis k (the
// delta method; Cramer 1946): see changeErrors.
func stddev(in Input) Result { return in.compared(stddevOf(in), stddevOf, stddevChange) }

func stddevOf(in Input) Result { return ofValues(in.Current.StdDev()) }

func stddevChange(in Input) (low, high float64) {
	sr, _ := in.Reference.StdDev()
	sc, _ := in.Current.StdDev()
	d := in.halfWidths().stddev
	return sc - sr - d, sc - sr + d
}
