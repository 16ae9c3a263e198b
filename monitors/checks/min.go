package checks

var minCheck = Check{
	Name: "min", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "least value",
	Compute: least,
}

// least is the smallest of the present values. Nothing bounds its change: the
// least value of a distribution is not in its samples.
func least(in Input) Result { return in.compared(leastOf(in), leastOf, nil) }

func leastOf(in Input) Result { return ofValues(in.Current.Min()) }
