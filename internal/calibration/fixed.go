package calibration

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Fired counts the windows in which a usual rule says drift.
type Fired struct {
	Population        string
	Reference, Window int // rows
	Rule              string
	Windows, Fired    int
}

// Rate is the share of windows in which the rule fired.
func (f Fired) Rate() float64 { return float64(f.Fired) / float64(f.Windows) }

// rule is a decision by a fixed threshold.
type rule struct {
	name  string
	fires func(comparison) bool
}

// numberRules are usual for numbers. Where the value is the same as that of a
// check, the check's is taken.
func numberRules() []rule {
	return []rule{
		{"PSI >= 0.1, ten quantile bins", func(c comparison) bool { return c.results["psi"].Value >= 0.1 }},
		{"PSI >= 0.2, ten quantile bins", func(c comparison) bool { return c.results["psi"].Value >= 0.2 }},
		{"PSI >= 0.1 as Evidently", func(c comparison) bool { return psiOf(c.sturges(), 1e-4) >= 0.1 }},
		{"JS distance >= 0.1 as Evidently", func(c comparison) bool { return jsOf(c.sturges()) >= 0.1 }},
		{"Wasserstein >= 0.1 sigma", func(c comparison) bool {
			_, sd := moments(c.reference.Numbers)
			return c.results["wasserstein"].Value >= 0.1*sd
		}},
		{"KS p < 0.05", func(c comparison) bool { return *c.results["ks"].PValue < 0.05 }},
		{"KS p < 0.01", func(c comparison) bool { return *c.results["ks"].PValue < 0.01 }},
	}
}

// categoryRules are usual for categories: one bin each, of both sides.
func categoryRules() []rule {
	return []rule{
		{"PSI >= 0.1", func(c comparison) bool { return psiOf(c.categories(), 1e-4) >= 0.1 }},
		{"PSI >= 0.2", func(c comparison) bool { return psiOf(c.categories(), 1e-4) >= 0.2 }},
		{"JS distance >= 0.1", func(c comparison) bool { return jsOf(c.categories()) >= 0.1 }},
		{"chi2 p < 0.05", func(c comparison) bool { return chi2Of(c.categories()) < 0.05 }},
		{"L-infinity >= 0.1", func(c comparison) bool { return lInfinityOf(c.categories()) >= 0.1 }},
		{"a new category", func(c comparison) bool {
			return slices.ContainsFunc(c.categories(), func(b bin) bool { return b.r == 0 })
		}},
	}
}

// bin holds the counts of both sides.
type bin struct{ r, c float64 }

func totals(bins []bin) (r, c float64) {
	for _, b := range bins {
		r, c = r+b.r, c+b.c
	}
	return r, c
}

// categories returns a bin for each category that occurs on either side.
func (c comparison) categories() []bin {
	var bins []bin
	for i, n := range c.reference.Counts {
		if n+c.window.Counts[i] > 0 {
			bins = append(bins, bin{float64(n), float64(c.window.Counts[i])})
		}
	}
	return bins
}

// sturges returns bins of equal width by Sturges' rule over both samples
// together, or one for each value where there are at most twenty.
func (c comparison) sturges() []bin {
	if values := fewValues(c.reference.Numbers, c.window.Numbers); values != nil {
		return count(c, len(values), func(x float64) int {
			at, _ := slices.BinarySearch(values, x)
			return at
		})
	}
	least := min(slices.Min(c.reference.Numbers), slices.Min(c.window.Numbers))
	width := max(slices.Max(c.reference.Numbers), slices.Max(c.window.Numbers)) - least
	n := float64(len(c.reference.Numbers) + len(c.window.Numbers))
	k := int(math.Ceil(math.Log2(n) + 1))
	return count(c, k, func(x float64) int { return min(k-1, int((x-least)/width*float64(k))) })
}

// fewValues returns the distinct values of both samples in ascending order, nil
// if there are more than twenty.
func fewValues(samples ...[]float64) []float64 {
	values := []float64{}
	for _, s := range samples {
		for _, x := range s {
			if at, found := slices.BinarySearch(values, x); !found {
				if len(values) == 20 {
					return nil
				}
				values = slices.Insert(values, at, x)
			}
		}
	}
	return values
}

func count(c comparison, k int, at func(float64) int) []bin {
	bins := make([]bin, k)
	for _, x := range c.reference.Numbers {
		bins[at(x)].r++
	}
	for _, x := range c.window.Numbers {
		bins[at(x)].c++
	}
	return bins
}

// psiOf is the index with shares of 0 replaced by least.
func psiOf(bins []bin, least float64) float64 {
	r, c := totals(bins)
	sum := 0.0
	for _, b := range bins {
		p, q := b.r/r, b.c/c
		if p == 0 {
			p = least
		}
		if q == 0 {
			q = least
		}
		sum += (q - p) * math.Log(q/p)
	}
	return sum
}

// jsOf is the Jensen-Shannon distance with natural logarithms.
func jsOf(bins []bin) float64 {
	r, c := totals(bins)
	sum := 0.0
	for _, b := range bins {
		p, q := b.r/r, b.c/c
		m := (p + q) / 2
		if p > 0 {
			sum += p * math.Log(p/m) / 2
		}
		if q > 0 {
			sum += q * math.Log(q/m) / 2
		}
	}
	return math.Sqrt(max(0, sum))
}

// chi2Of is the p-value of Pearson's test of all categories, rare or not.
func chi2Of(bins []bin) float64 {
	r, c := totals(bins)
	x := 0.0
	for _, b := range bins {
		n := b.r + b.c
		er, ec := n*r/(r+c), n*c/(r+c)
		x += (b.r-er)*(b.r-er)/er + (b.c-ec)*(b.c-ec)/ec
	}
	if len(bins) < 2 || x <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(float64(len(bins)-1)/2, x/2)
}

func lInfinityOf(bins []bin) float64 {
	r, c := totals(bins)
	d := 0.0
	for _, b := range bins {
		d = max(d, math.Abs(b.r/r-b.c/c))
	}
	return d
}

// moments returns mean and standard deviation (ddof 0).
func moments(v []float64) (mean, sd float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x / n
	}
	sum := 0.0
	for _, x := range v {
		sum += (x - mean) * (x - mean) / n
	}
	return mean, math.Sqrt(sum)
}

// fixedReference is the size of the references that fixed thresholds are tried
// with.
const fixedReference = 5000

// fixed counts how often the usual rules fire.
type fixed struct {
	rules []rule
	count []Fired
}

// newFixed returns the counts of a part of the simulation; there are no rules
// where references have another size than the usual one.
func newFixed(population string, r, w int) *fixed {
	return &fixed{count: []Fired{{Population: population, Reference: r, Window: w}}}
}

func (f *fixed) add(c comparison) {
	proto := f.count[0]
	if proto.Reference != fixedReference {
		return
	}
	if f.rules == nil {
		f.start(c)
	}
	for i, r := range f.rules {
		f.count[i].Windows++
		if r.fires(c) {
			f.count[i].Fired++
		}
	}
}

func (f *fixed) start(c comparison) {
	f.rules = numberRules()
	if c.reference.Counts != nil {
		f.rules = categoryRules()
	}
	proto := f.count[0]
	f.count = nil
	for _, r := range f.rules {
		proto.Rule = r.name
		f.count = append(f.count, proto)
	}
}

func (f *fixed) fired() []Fired {
	if f.rules == nil {
		return nil
	}
	return f.count
}
