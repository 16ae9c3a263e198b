package checks

import "math"

// The checks of this file describe the values themselves. They have no verdict:
// only people know what mean is too high.

func mean(in Input) Result     { return ofValues(in.Current.Mean()) }
func stddev(in Input) Result   { return ofValues(in.Current.StdDev()) }
func least(in Input) Result    { return ofValues(in.Current.Min()) }
func greatest(in Input) Result { return ofValues(in.Current.Max()) }

func ofValues(v float64, ok bool) Result {
	if !ok {
		return skip(noValues)
	}
	return finite(exactly(v))
}

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

// distinct beyond the profile's cap is an estimate. Low and high are then four
// standard errors around it, the only bounds here that are not certain.
func distinct(in Input) Result {
	n, exact := in.Current.Distinct()
	r := exactly(float64(n))
	if !exact {
		r.Low = math.Floor(r.Value / (1 + distinctError))
		r.High = math.Ceil(r.Value * (1 + distinctError))
	}
	return r
}

// distinctError is four times the relative standard error of the estimate.
const distinctError = 4 * 0.0115

const (
	noValues          = "no values in this window"
	noReference       = "no reference"
	noReferenceValues = "no values in the reference"
)

// finite skips a result that has no JSON: numbers near the greatest that there
// are may have a mean distance that is greater.
func finite(r Result) Result {
	for _, v := range [...]float64{r.Value, r.Low, r.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return skip("the values are too large to compute with")
		}
	}
	return r
}
