package checks

import "math"

// Why a check has no value.
const (
	tooLarge          = "the values are too large to compute with"
	noValues          = "no values in this window"
	noReference       = "no reference"
	noReferenceValues = "no values in the reference"
)

func skip(why string) Result { return Result{Skipped: why} }

// exactly is the result of a value that is certain.
func exactly(v float64) Result { return Result{Value: v, Low: v, High: v} }

// ofValues is the result of a statistic of the window's values, which has none
// where there are none.
func ofValues(v float64, ok bool) Result {
	if !ok {
		return skip(noValues)
	}
	return finite(exactly(v))
}

// finite skips a result that has no JSON: numbers near the greatest that there
// are may have a mean distance that is greater.
func finite(r Result) Result {
	for _, v := range [...]float64{r.Value, r.Low, r.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return skip(tooLarge)
		}
	}
	return r
}
