package checks

var quantileCheck = Check{
	Name: "quantile", Kinds: numericKinds, Unit: OfField, Range: anyRange,
	Summary: "quantile of the values, the median unless q is given",
	Params: []Param{{
		Name: "q", Help: "the share of values at or below the quantile", Default: "0.5", Required: true,
		Number: &Bounds{Least: 0, Greatest: 1, Open: true}, // of 0 it is the check min
		set:    func(p *Params, v Value) { p.Q = v.Number },
		text: func(p Params) string {
			if p.Q == 0 || p.Q == defaultQuantile {
				return ""
			}
			return decimal(p.Q)
		},
	}},
	Compute: quantile,
}

// quantile is that of Hyndman and Fan's type 7 (1996): between the order
// statistics at both sides of q (n - 1), counted from 0.
func quantile(in Input) Result {
	q := in.Params.Q
	if q == 0 {
		q = defaultQuantile
	}
	e, ok := in.Current.Quantile(q)
	if !ok {
		return skip(noValues)
	}
	return finite(Result{Value: e.Value, Low: e.Low, High: e.High})
}
