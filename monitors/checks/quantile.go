package checks

import "driftwatch/monitors/profile"

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
// statistics at both sides of q (n - 1), counted from 0. The interval of its
// change needs no assumption about the distributions: each side's quantile is
// between two of its order statistics but for half of alpha.
func quantile(in Input) Result { return in.compared(quantileOf(in), quantileOf, quantileChange) }

func (p Params) quantile() float64 {
	if p.Q == 0 {
		return defaultQuantile
	}
	return p.Q
}

func quantileOf(in Input) Result {
	e, ok := in.Current.Quantile(in.Params.quantile())
	if !ok {
		return skip(noValues)
	}
	return finite(Result{Value: e.Value, Low: e.Low, High: e.High})
}

func quantileChange(in Input) (low, high float64) {
	lowR, highR := in.quantileWithin(in.Reference)
	lowC, highC := in.quantileWithin(in.Current)
	return lowC - highR, highC - lowR
}

// quantileWithin is what the quantile of a profile's distribution lies between.
func (in Input) quantileWithin(p *profile.Profile) (low, high float64) {
	cells := in.ownCells(p)
	from, to := ranks(p.Counts().Present, in.Params.quantile(), in.alpha()/2)
	low, _ = order(cells, from)
	_, high = order(cells, to)
	return low, high
}
