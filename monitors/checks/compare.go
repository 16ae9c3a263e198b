package checks

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"driftwatch/monitors/profile"
)

// comparison is what the binned distances of a field are computed from.
type comparison struct {
	value table  // of which value is computed
	named table  // the same for smoothed distances, see categoryTables
	test  tested // of which effect and p-value are

	smoothing smoothing
	bins      int       // of numbers
	edges     []float64 // of bins that are not the usual ones
}

// compare prepares the comparison of a window with its reference. why says
// why there can be none.
func compare(in Input) (c comparison, why string) {
	if why = incomparable(in); why != "" {
		return comparison{}, why
	}
	if in.Current.Kind().Numeric() {
		return compareNumbers(in)
	}
	return compareCategories(in)
}

// incomparable says what is missing on one of the sides, or "".
func incomparable(in Input) string {
	switch {
	case in.Reference == nil:
		return cmp.Or(in.NoReference, noReference)
	case in.Reference.Kind() != in.Current.Kind():
		return "the reference has another type"
	case in.Reference.Counts().Present == 0:
		return noReferenceValues
	case in.Current.Counts().Present == 0:
		return noValues
	}
	return ""
}

func compareNumbers(in Input) (comparison, string) {
	cells, err := in.cells()
	if err != nil {
		return comparison{}, err.Error()
	}
	b, why := binNumbers(in, cells)
	if why != "" {
		return comparison{}, why
	}
	c := comparison{
		smoothing: smoothing{in.Params.Smoothing, in.Params.Epsilon}, bins: len(b.table),
		test: in.tested(func() tested { return testNumbers(cells) }),
	}
	if in.Params.binned() {
		c.edges = b.edges
	}
	c.value = b.table
	if in.Params.Smoothing == "" { // bins without any values say nothing, and are not to be filled
		c.value = slices.DeleteFunc(c.value, func(b bin) bool { return b == bin{} })
	}
	c.named = c.value
	return c, ""
}

func compareCategories(in Input) (comparison, string) {
	c, err := in.shared().compared.get(func() (comparison, error) { return joinedCategories(in) })
	if err != nil {
		return comparison{}, err.Error()
	}
	c.smoothing = smoothing{in.Params.Smoothing, in.Params.Epsilon}
	return c, ""
}

// joinedCategories is the comparison of categories, some of which may be joined,
// whatever the parameters.
func joinedCategories(in Input) (comparison, error) {
	cats, err := in.categories()
	if err != nil {
		return comparison{}, err
	}
	every := make(table, len(cats))
	for i, c := range cats {
		every[i] = bin{r: c.R, c: c.C, joined: c.Joined}
	}
	c := comparison{test: testCategories(every)}
	c.value, c.named = categoryTables(cats)
	if c.opaque() || !c.test.ok && hardlyRepeats(in.Reference) {
		return comparison{}, tooManyValues(in)
	}
	return c, nil
}

// openMost is the greatest part of the scale from 0 to 1 that the bounds of a
// comparison may leave open: beyond, it says nothing.
const openMost = 0.5

// opaque reports whether so many categories are joined that they may be all the
// same or all others. If even then the difference is not small, that is news.
func (c comparison) opaque() bool {
	v := c.value.measure(jsDivergence, unsmoothed)
	if math.Sqrt(v.high)-math.Sqrt(v.low) <= openMost {
		return false
	}
	r := c.bounded(Result{}, jsDivergence, chanceOfJS)
	return r.Effect == nil || *r.Effect < distanceFloor
}

// hardlyRepeats reports whether a value of a profile occurs less than twice on
// average, as ids do: then the next sample has others in any case.
func hardlyRepeats(p *profile.Profile) bool {
	n, _ := p.Distinct()
	return n > fewValues && 2*n > p.Counts().Present
}

// fewValues are so few that a small sample may well hold each of them once.
const fewValues = 20

// tooManyValues says why categories cannot be compared.
func tooManyValues(in Input) error {
	n, _ := in.Reference.Distinct()
	m, _ := in.Current.Distinct()
	return fmt.Errorf("too many distinct values (about %d in the reference, %d in this window) to tell which of them changed", n, m)
}

// categoryTables returns the table of the categories of the reference, with one
// more bin for those that it never had.
//
// Smoothing is not monotone under the joining of categories, so distances with
// it would bound nothing there. They are given for the table named, in which
// all joined categories are one bin: coarse, but exact for what it names.
func categoryTables(cats []profile.CategoryCell) (value, named table) {
	var unseen, rest bin
	for _, c := range cats {
		b := bin{r: c.R, c: c.C, joined: c.Joined}
		if c.R == 0 {
			unseen.c += c.C
			continue
		}
		value = append(value, b)
		if c.Joined {
			rest.r, rest.c = rest.r+c.R, rest.c+c.C
		} else {
			named = append(named, b)
		}
	}
	if rest.r > 0 {
		named = append(named, rest)
	}
	if unseen.c > 0 {
		value, named = append(value, unseen), append(named, unseen)
	}
	return value, named
}

// uncertainWidth is the greatest width of [low, high] that a verdict may depend
// on.
const uncertainWidth = 0.02

// undecided reports whether what is not known decides on which side of the floor
// an effect is.
func undecided(low, high, floor float64) bool {
	return low < floor && floor <= high && high-low > uncertainWidth
}
