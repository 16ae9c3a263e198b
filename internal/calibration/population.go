package calibration

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"

	"driftwatch/monitors/profile"
)

// Population is what samples are drawn from: numbers, or categories with shares.
type Population struct {
	Name   string
	Number func(*rand.Rand) float64 // nil for categories
	Shares []float64                // of categories, summing up to 1; nil for numbers
}

// Populations returns those that verdicts are calibrated on.
func Populations() []Population {
	return []Population{
		{Name: "normal", Number: (*rand.Rand).NormFloat64},
		{Name: "lognormal", Number: func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }},
		{Name: "60 % zeros", Number: func(r *rand.Rand) float64 { return max(0, r.Float64()-0.6) }},
		{Name: "three values", Number: func(r *rand.Rand) float64 { return float64(r.IntN(3)) }},
		{Name: "2 categories", Shares: Zipf(2)},
		{Name: "20 categories", Shares: Zipf(20)},
		{Name: "100 categories", Shares: Zipf(100)},
		{Name: "5000 categories", Shares: Zipf(5000)},
	}
}

// Zipf returns k shares, the i-th in proportion to 1/i.
func Zipf(k int) []float64 {
	s, sum := make([]float64, k), 0.0
	for i := range s {
		s[i] = 1 / float64(i+1)
		sum += s[i]
	}
	for i := range s {
		s[i] /= sum
	}
	return s
}

// Kind returns the type of the field that holds the population's values.
func (p Population) Kind() profile.Kind {
	if p.Number != nil {
		return profile.Number
	}
	return profile.Category
}

// Sample is what was drawn: numbers in the order drawn, or counts of categories.
type Sample struct {
	Numbers []float64
	Counts  []uint64
	names   [][]byte
}

// Draw returns a sample of n values.
func (p Population) Draw(rng *rand.Rand, n int) Sample {
	if p.Number == nil {
		return Sample{Counts: multinomial(rng, n, p.Shares), names: namesOf(len(p.Shares))}
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = p.Number(rng)
	}
	return Sample{Numbers: v}
}

// multinomial returns how often each category occurs among n draws. Where there
// are many draws a category, it draws the counts one after another, each of them
// binomial in what the ones before left.
func multinomial(rng *rand.Rand, n int, shares []float64) []uint64 {
	counts := make([]uint64, len(shares))
	if n < 20*len(shares) {
		upTo, sum := make([]float64, len(shares)), 0.0
		for i, s := range shares {
			sum += s
			upTo[i] = sum
		}
		for range n {
			at, _ := slices.BinarySearch(upTo, rng.Float64()*sum)
			counts[min(at, len(shares)-1)]++
		}
		return counts
	}
	left, rest := float64(n), 1.0
	for i, s := range shares[:len(shares)-1] {
		if p := min(1, s/rest); left > 0 && p > 0 {
			x := distuv.Binomial{N: left, P: p, Src: rng}.Rand()
			counts[i], left = uint64(x), left-x
		}
		rest -= s
	}
	counts[len(counts)-1] = uint64(left)
	return counts
}

func namesOf(k int) [][]byte {
	names := make([][]byte, k)
	for i := range names {
		names[i] = strconv.AppendInt([]byte("c"), int64(i), 10)
	}
	return names
}

// Reference returns the profile of a reference file that holds the sample, with
// its grid or watch list.
func (s Sample) Reference() *profile.Profile {
	b := profile.NewGuideBuilder(s.Profile(profile.Options{}))
	for b.NeedsPass() {
		b.ObserveNumbers(s.Numbers)
		for i, n := range s.Counts {
			for range n {
				b.ObserveCategory(s.names[i])
			}
		}
		if err := b.EndPass(); err != nil {
			panic(err) // the same values twice: it cannot
		}
	}
	return b.Profile()
}

// Window returns the profile of a window that is judged against ref.
func (s Sample) Window(ref *profile.Profile) *profile.Profile {
	guide, _ := ref.Guide()
	return s.Profile(profile.Options{Guide: guide})
}

// Profile returns the profile of the sample; the kind is set by the sample.
func (s Sample) Profile(o profile.Options) *profile.Profile {
	if s.Counts == nil {
		o.Kind = profile.Number
		p := profile.New(o)
		p.AddRows(uint64(len(s.Numbers)))
		p.ObserveNumbers(s.Numbers)
		return p
	}
	o.Kind = profile.Category
	return s.doubled(o)
}

// doubled returns the profile of counts of categories, bit by bit from the
// highest: double what there is, then add the categories that have the bit. The
// profile of a multiset does not depend on the way it was put together, so it is
// the same as that of its values one by one.
func (s Sample) doubled(o profile.Options) *profile.Profile {
	p := profile.New(o)
	most := slices.Max(s.Counts)
	for bit := 63; bit >= 0; bit-- {
		if most>>bit == 0 {
			continue
		}
		if err := p.Merge(p); err != nil {
			panic(err) // a profile merges with itself
		}
		for i, n := range s.Counts {
			if n>>bit&1 == 1 {
				p.AddRows(1)
				p.ObserveCategory(s.names[i])
			}
		}
	}
	return p
}
