package checks

import (
	"math/rand/v2"
	"testing"

	"driftwatch/monitors/profile"
)

func normal(r *rand.Rand, n int, shift float64) *profile.Profile {
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64() + shift
	}
	p := profile.New(profile.Options{Kind: profile.Number})
	p.AddRows(uint64(n))
	p.ObserveNumbers(v)
	return p
}

func benchmark(b *testing.B, name string, nr, nc int, shift float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	in := Input{Reference: normal(rng, nr, 0), Current: normal(rng, nc, shift)}
	c, _ := Find(name)
	b.ReportAllocs()
	for b.Loop() {
		if r := c.Compute(in); r.Skipped != "" {
			b.Fatal(r.Skipped)
		}
	}
}

func BenchmarkKSExact(b *testing.B)           { benchmark(b, "ks", 10000, 1000, 0) }
func BenchmarkKSExactDrift(b *testing.B)      { benchmark(b, "ks", 10000, 1000, 0.5) }
func BenchmarkKSAsymptotic(b *testing.B)      { benchmark(b, "ks", 50000, 5000, 0) }
func BenchmarkKSSmirnov(b *testing.B)         { benchmark(b, "ks", 200000, 200000, 0.05) }
func BenchmarkPSI(b *testing.B)               { benchmark(b, "psi", 50000, 50000, 0) }
func BenchmarkWassersteinCoarse(b *testing.B) { benchmark(b, "wasserstein", 50000, 50000, 0) }

func BenchmarkFisher(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		fisher(1000, 999000, 60, 49940)
	}
}

func BenchmarkStdDevCoarse(b *testing.B)   { benchmark(b, "stddev", 50000, 50000, 0) }
func BenchmarkQuantileCoarse(b *testing.B) { benchmark(b, "quantile", 50000, 50000, 0) }

// BenchmarkField computes all checks of a field, as a window does.
func BenchmarkField(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	ref, cur := normal(rng, 50000, 0), normal(rng, 50000, 0.1)
	b.ReportAllocs()
	for b.Loop() {
		in := Input{Reference: ref, Current: cur, Shared: &Shared{}}
		for _, c := range All() {
			if Fits(c, profile.Number) {
				c.Compute(in)
			}
		}
	}
}
