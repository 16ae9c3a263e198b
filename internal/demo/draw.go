package demo

import (
	"math"
	"math/rand/v2"
)

// share is a category and how often it occurs; the shares of a list add up to
// one.
type share struct {
	name string
	p    float64
}

var (
	countries = []share{{"BR", 0.35}, {"PT", 0.22}, {"US", 0.2}, {"ES", 0.15}, {"MX", 0.08}}
	plans     = []share{{"basic", 0.45}, {"standard", 0.35}, {"premium", 0.2}}
	devices   = []share{{"android", 0.45}, {"ios", 0.38}, {"web", 0.16}, {"", 0.01}}
	prices    = map[string]float64{"basic": 29, "standard": 45, "premium": 69}
)

func pick(rng *rand.Rand, list []share) string {
	u := rng.Float64()
	for _, s := range list {
		if u -= s.p; u < 0 {
			return s.name
		}
	}
	return list[len(list)-1].name
}

// nullable returns v, or nil with probability p.
func nullable[T any](rng *rand.Rand, p float64, v T) *T {
	if rng.Float64() < p {
		return nil
	}
	return &v
}

// poisson draws a Poisson number by Knuth's product of uniforms, which is fine
// for small means.
func poisson(rng *rand.Rand, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for p := rng.Float64(); p > limit; p *= rng.Float64() {
		n++
	}
	return n
}

// failures is zero for nearly everyone and has a short tail.
func failures(rng *rand.Rand) int {
	if rng.Float64() < 0.9 {
		return 0
	}
	return 1 + poisson(rng, 0.6)
}

func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}
