package checks

var maxCheck = Check{
	Name: "max", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "greatest value",
	Compute: greatest,
}

// greatest is the largest of the present values. Nothing bounds its change: the
// greatest value of a distribution is not in its samples.
func greatest(in Input) Result { return in.compared(greatestOf(in), greatestOf, nil) }

func greatestOf(in Input) Result { return ofValues(in.Current.Max()) }
