package profile

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"pgregory.net/rapid"
)

// tester is a test, a benchmark or a rapid check.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// awkward numbers, which all tests over numbers draw from.
var awkward = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.1, 0.2, 0.3, 99, -999, 1e300, -1e300, math.MaxFloat64, -math.MaxFloat64,
	math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 2.5e-310, 0x1p-1022, 1 << 53, 1<<53 + 2,
	math.NaN(), math.Inf(1), math.Inf(-1),
}

func drawNumber() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.SampledFrom(awkward),
		rapid.Float64(),
		rapid.Float64Range(-1, 1),
		rapid.Map(rapid.IntRange(-20, 20), func(i int) float64 { return float64(i) }),
	)
}

// drawCategory has few distinct values, also ones that share a displayed name.
func drawCategory() *rapid.Generator[[]byte] {
	long := bytes.Repeat([]byte("ä"), 40)
	return rapid.OneOf(
		rapid.SampledFrom([][]byte{nil, []byte("a"), []byte("b"), {0xff}, {0xff, 0xfe}, []byte("�"), long, append(slices.Clone(long), 'x')}),
		rapid.Map(rapid.IntRange(0, 60), func(i int) []byte { return []byte{'c', byte('0' + i)} }),
		rapid.SliceOfN(rapid.Byte(), 0, 80),
	)
}

func encode(t tester, p *Profile) []byte {
	t.Helper()
	b, err := p.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func numberProfile(buckets int, g *Guide, v []float64) *Profile {
	p := New(Options{Kind: Number, Buckets: buckets, Guide: g})
	p.ObserveNumbers(v)
	p.AddRows(uint64(len(v)))
	return p
}

func categoryProfile(buckets int, g *Guide, v [][]byte) *Profile {
	p := New(Options{Kind: Category, Buckets: buckets, Guide: g})
	p.ObserveCategories(v)
	p.AddRows(uint64(len(v)))
	return p
}

// withGuide drives a builder to its end.
func withGuide(t tester, p *Profile, numbers []float64, categories [][]byte) *Profile {
	t.Helper()
	b := NewGuideBuilder(p)
	for passes := 0; b.NeedsPass(); passes++ {
		if passes > 8 {
			t.Fatal("the builder asks for more and more passes")
		}
		b.ObserveNumbers(numbers)
		for _, v := range categories {
			b.ObserveCategory(v)
		}
		if err := b.EndPass(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Profile()
}

// shapes of real fields, by name in a fixed order.
var shapes = []struct {
	name   string
	smooth bool
	draw   func(*rand.Rand) float64
}{
	{"normal", true, func(r *rand.Rand) float64 { return r.NormFloat64() }},
	{"lognormal", true, func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) }},
	{"uniform", true, func(r *rand.Rand) float64 { return r.Float64() }},
	{"N(1000,1)", false, func(r *rand.Rand) float64 { return 1000 + r.NormFloat64() }},
	{"N(100,1) and log-uniform", false, func(r *rand.Rand) float64 {
		if r.IntN(2) == 0 {
			return 100 + r.NormFloat64()
		}
		return math.Exp(40*r.Float64() - 20)
	}},
	{"city latitudes", false, func(r *rand.Rand) float64 {
		cities := [...]float64{-23.55, -22.91, 38.72, 40.71, 34.05, 51.51}
		return cities[r.IntN(len(cities))] + 0.05*r.NormFloat64()
	}},
	{"60 % zeros", true, func(r *rand.Rand) float64 {
		if r.IntN(10) < 6 {
			return 0
		}
		return math.Exp(r.NormFloat64())
	}},
	{"prices", false, func(r *rand.Rand) float64 {
		if r.IntN(3) == 0 {
			return 9.99
		}
		return math.Round(1e6*math.Exp(r.NormFloat64())) / 1e5
	}},
	{"any magnitude", false, func(r *rand.Rand) float64 {
		return math.Ldexp(2*r.Float64()-1, r.IntN(2000)-1000)
	}},
	{"timestamps", false, func(r *rand.Rand) float64 { return 1.76e9 + math.Floor(86400*1000*r.Float64())/1000 }},
}

func drawShape(shape int, n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	v := make([]float64, n)
	for i := range v {
		v[i] = shapes[shape].draw(r)
	}
	return v
}

func categories(n, distinct int, seed uint64) [][]byte {
	r := rand.New(rand.NewPCG(seed, 2))
	z := rand.NewZipf(r, 1.1, 1, uint64(distinct-1))
	v := make([][]byte, n)
	for i := range v {
		v[i] = []byte("category " + strconv.FormatUint(z.Uint64(), 10))
	}
	return v
}
