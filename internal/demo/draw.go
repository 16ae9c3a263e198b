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
	countries = []share{{"BR", 0.36}, {"US", 0.22}, {"PT", 0.16}, {"MX", 0.15}, {"ES", 0.11}}
	plans     = []share{{"basic", 0.45}, {"standard", 0.35}, {"premium", 0.2}}
	devices   = []share{{"android", 0.47}, {"ios", 0.36}, {"web", 0.16}, {"", 0.01}}
	versions  = []share{{"8.1.2", 0.62}, {"8.1.1", 0.25}, {"8.0.5", 0.13}}
)

// priceLists are in dollars a month, by country and plan.
var priceLists = map[string]map[string]float64{
	"BR": {"basic": 5.99, "standard": 8.99, "premium": 13.99},
	"US": {"basic": 9.99, "standard": 14.99, "premium": 22.99},
	"PT": {"basic": 7.99, "standard": 11.99, "premium": 17.99},
	"ES": {"basic": 8.99, "standard": 12.99, "premium": 18.99},
	"MX": {"basic": 6.49, "standard": 9.49, "premium": 14.49},
}

// charge is what a customer pays in a month: the plan, channels that were added,
// films that were rented, less a discount that some have, in whole cents.
func charge(rng *rand.Rand, country, plan string) float64 {
	price := priceLists[country][plan]
	if rng.Float64() < 0.12 {
		price *= 0.8
	}
	price += 2.49 * float64(poisson(rng, 0.3))
	if rng.Float64() < 0.35 {
		price += math.Exp(0.9 + 0.6*rng.NormFloat64())
	}
	return round(price, 2)
}

// appVersion is that of the app that asks; the web site has none.
func appVersion(rng *rand.Rand, device string, rollout float64) string {
	switch u := rng.Float64(); {
	case device == "web":
		return "web"
	case u < rollout:
		return newVersion
	}
	return pick(rng, versions)
}

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
