package checks

import (
	"cmp"
	"math"

	"driftwatch/monitors/profile"
)

// comparison is what the binned distances of a field are computed from.
type comparison struct {
	value table  // of which value is computed
	named table  // the same for smoothed distances, see categoryTables
	test  tested // of which effect and p-value are
	bins  int    // of numbers
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
	bins := uint64(defaultBins)
	if in.Params.Bins > 0 {
		bins = uint64(in.Params.Bins)
	}
	t := numberTable(cells, bins)
	return comparison{value: t, named: t, test: in.tested(func() tested { return testNumbers(cells) }), bins: len(t)}, ""
}

func compareCategories(in Input) (comparison, string) {
	cats, err := in.categories()
	if err != nil {
		return comparison{}, err.Error()
	}
	value, named := categoryTables(cats)
	every := make(table, len(cats))
	for i, c := range cats {
		every[i] = bin{r: c.R, c: c.C, joined: c.Joined}
	}
	return comparison{value: value, named: named, test: in.tested(func() tested { return testCategories(every) })}, ""
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

// judged adds the effect, the distance of the test table less the part of
// chance that the distance has, and the p-value.
func (c comparison) judged(r Result, distance func() float64, part float64) Result {
	r.Bins = c.bins
	if !c.test.ok {
		return r
	}
	effect := max(0, distance()-float64(part*c.test.table.chance()))
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	c.test.report(&r)
	return r
}

// rooted is the square root of a divergence that joined categories only bound.
// part is the share of chance that is in the divergence.
func rooted(in Input, divergence func(table) (low, high float64), part float64) Result {
	c, why := compare(in)
	if why != "" {
		return skip(why)
	}
	low, high := divergence(c.value)
	r := Result{Value: math.Sqrt(low), Low: math.Sqrt(low), High: math.Sqrt(high), Bins: c.bins}
	return c.bounded(r, divergence, part)
}

// bounded adds the effect of a distance that has bounds, which is the root of
// what chance leaves of the test table's divergence, and the p-value.
func (c comparison) bounded(r Result, divergence func(table) (low, high float64), part float64) Result {
	if !c.test.ok {
		return r
	}
	low, high := divergence(c.test.table)
	b := part * c.test.table.chance()
	effect, greatest := math.Sqrt(max(0, low-b)), math.Sqrt(max(0, high-b))
	r.Effect, r.EffectLow = ptr(effect), ptr(effect)
	c.test.report(&r)
	r.Uncertain = undecided(effect, greatest, distanceFloor)
	return r
}
