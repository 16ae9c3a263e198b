package checks

var meanCheck = Check{
	Name: "mean", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "mean of the values",
	Compute: mean,
}

// mean is that of the present values, from their exact sum. Its change has an
// interval of Welch's kind (1947), with a greater variance: see changeErrors.
func mean(in Input) Result { return in.compared(meanOf(in), meanOf, meanChange) }

func meanOf(in Input) Result { return ofValues(in.Current.Mean()) }

func meanChange(in Input) (low, high float64) {
	mr, _ := in.Reference.Mean()
	mc, _ := in.Current.Mean()
	d := in.halfWidths().mean
	return mc - mr - d, mc - mr + d
}
