package calibration

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

// Shape is a sort of values that summaries find hard.
type Shape struct {
	Name   string
	Smooth bool // a density without gaps and peaks: the promise of the manual is about these
	Draw   func(*rand.Rand) float64
}

// Shapes returns those that the manual has a table of.
func Shapes() []Shape {
	cities := []float64{-33.87, -23.55, 1.35, 19.43, 28.61, 35.68, 40.71, 48.86, 51.51, 59.33}
	return []Shape{
		{"normal", true, (*rand.Rand).NormFloat64},
		{"lognormal", true, func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }},
		{"exponential", true, (*rand.Rand).ExpFloat64},
		{"uniform", true, (*rand.Rand).Float64},
		{"60 % zeros", false, func(r *rand.Rand) float64 { return max(0, r.Float64()-0.6) }},
		{"sentinel -999", false, func(r *rand.Rand) float64 { return oneOf(r, 0.1, -999, 50+10*r.NormFloat64()) }},
		{"price points", false, func(r *rand.Rand) float64 { return math.Floor(20*math.Exp(r.NormFloat64())) + 0.99 }},
		{"latitudes of cities", false, func(r *rand.Rand) float64 { return cities[r.IntN(len(cities))] + 0.05*r.NormFloat64() }},
		{"N(100,1) and log-uniform", false, func(r *rand.Rand) float64 {
			return oneOf(r, 0.5, 100+r.NormFloat64(), math.Pow(10, 6*r.Float64()-3))
		}},
		{"scores near 1", false, func(r *rand.Rand) float64 { return 1 - 1e-3*r.ExpFloat64() }},
		{"timestamps of a day", false, func(r *rand.Rand) float64 { return 1_772_000_000 + 86_400*r.Float64() }},
		{"normal, one of 1e300", false, func(r *rand.Rand) float64 { return oneOf(r, 1e-5, 1e300, r.NormFloat64()) }},
	}
}

// oneOf returns rare with probability p, else usual.
func oneOf(r *rand.Rand, p, rare, usual float64) float64 {
	if r.Float64() < p {
		return rare
	}
	return usual
}

// Width is how far apart the certain bounds of a shape's results are.
type Width struct {
	Shape    string
	Smooth   bool
	Values   int // on either side
	Grid     bool
	KS       float64 // high - low
	Quantile float64 // the greatest of the percentiles 1 to 99, as a share of the values between its bounds
	Area     float64 // of wasserstein, in standard deviations
	Honest   bool    // the exact statistics are within the bounds
}

// Widths draws a reference and a window of n values of each shape, the window a
// little shifted, and compares what the profiles say with what the values do.
func Widths(seed uint64, n int) []Width {
	var all []Width
	for _, s := range Shapes() {
		p := Plan{Seed: seed}
		rng := p.rng(s.Name, n)
		draw := func() []float64 {
			v := make([]float64, n)
			for i := range v {
				v[i] = s.Draw(rng)
			}
			return v
		}
		r, c := draw(), draw()
		for i := range c[:n/10] {
			c[i] += math.Abs(c[i]) / 100
		}
		for _, grid := range []bool{false, true} {
			w := measure(r, c, grid)
			w.Shape, w.Smooth = s.Name, s.Smooth
			all = append(all, w)
		}
	}
	return all
}

func measure(r, c []float64, grid bool) Width {
	ref := Sample{Numbers: r}.Profile(profile.Options{})
	if grid {
		ref = Sample{Numbers: r}.Reference()
	}
	cur := Sample{Numbers: c}.Window(ref)
	r, c = slices.Sorted(slices.Values(r)), slices.Sorted(slices.Values(c))
	in := checks.Input{Reference: ref, Current: cur, Shared: &checks.Shared{}}
	ks, area := segmentResult("ks", in), segmentResult("wasserstein", in)
	w := Width{Values: len(r), Grid: grid, KS: ks.High - ks.Low}
	d, a := ksOf(r, c), areaOf(r, c)
	w.Honest = within(d, ks, 1e-12)
	if area.Skipped == "" {
		_, sd := moments(r)
		w.Area = (area.High - area.Low) / sd
		w.Honest = w.Honest && within(a, area, 1e-9*max(a, area.High))
	}
	for q := 1; q < 100; q++ {
		e, _ := cur.Quantile(float64(q) / 100)
		truth := quantileOf(c, float64(q)/100)
		w.Honest = w.Honest && e.Low <= truth && truth <= e.High
		between := sort.SearchFloat64s(c, e.High) - sort.SearchFloat64s(c, e.Low)
		if e.Low < e.High {
			w.Quantile = max(w.Quantile, float64(between)/float64(len(c)))
		}
	}
	return w
}

func within(truth float64, r *checks.Result, slack float64) bool {
	return r.Low-slack <= truth && truth <= r.High+slack
}

// ksOf is the greatest difference of the distribution functions of two sorted
// samples.
func ksOf(r, c []float64) float64 {
	d, i, j := 0.0, 0, 0
	for i < len(r) || j < len(c) {
		x := math.Inf(1)
		if i < len(r) {
			x = r[i]
		}
		if j < len(c) {
			x = min(x, c[j])
		}
		for i < len(r) && r[i] == x {
			i++
		}
		for j < len(c) && c[j] == x {
			j++
		}
		d = max(d, math.Abs(float64(i)/float64(len(r))-float64(j)/float64(len(c))))
	}
	return d
}

// areaOf is the mean distance of the order statistics of two sorted samples of
// one size, which is the area between their distribution functions.
func areaOf(r, c []float64) float64 {
	sum := 0.0
	for i := range r {
		sum += math.Abs(r[i]-c[i]) / float64(len(r))
	}
	return sum
}

// quantileOf is the quantile of a sorted sample, type 7 (Hyndman and Fan 1996).
func quantileOf(v []float64, q float64) float64 {
	at := q * float64(len(v)-1)
	i := int(at)
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}
