package checks

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"driftwatch/monitors/profile"
)

// law is a distribution and what is known of it.
type law struct {
	name     string
	mean, sd float64
	quantile func(q float64) float64
}

// laws: 60 % of the last one are 0, the others a square root.
func laws() []law {
	e := math.Exp(0.5)
	m := 0.4 * 2 / 3
	return []law{
		{"normal", 0, 1, distuv.UnitNormal.Quantile},
		{"lognormal", e, e * math.Sqrt(math.E-1), func(q float64) float64 { return math.Exp(distuv.UnitNormal.Quantile(q)) }},
		{"zeros", m, math.Sqrt(0.4*0.5 - m*m), func(q float64) float64 { return math.Sqrt(max(0, (q-0.6)/0.4)) }},
	}
}

func (l law) draw(rng *rand.Rand, n int, scale, shift float64) *profile.Profile {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale*l.quantile((float64(rng.Uint64()>>12)+0.5)/(1<<52)) + shift
	}
	return numbers(v)
}

// TestIntervalsOfChange: they hold the change between the distributions in at
// least 1 - alpha of the windows, with and without one.
func TestIntervalsOfChange(t *testing.T) {
	const alpha, draws = 0.05, 200
	limit := draws * (alpha + 3*math.Sqrt(alpha*(1-alpha)/draws))
	for _, l := range laws() {
		for _, size := range [][2]int{{50, 50}, {500, 50}, {50, 300}} {
			for _, scale := range []float64{1, 3} {
				const shift = 0.5
				rng := rand.New(rand.NewPCG(uint64(size[0]), uint64(scale)))
				truth := map[string]float64{
					"mean": l.mean*(scale-1) + shift, "stddev": l.sd * (scale - 1),
					"quantile": l.quantile(0.5)*(scale-1) + shift, "quantile_0.9": l.quantile(0.9)*(scale-1) + shift,
				}
				missed := map[string]int{}
				for range draws {
					in := Input{Reference: l.draw(rng, size[0], 1, 0), Current: l.draw(rng, size[1], scale, shift), Alpha: alpha}
					for key, change := range truth {
						if in.Params = (Params{}); key == "quantile_0.9" {
							in.Params.Q = 0.9
						}
						r := compute(t, BaseName(key), in)
						if r.ChangeLow != nil && change < *r.ChangeLow || r.ChangeHigh != nil && change > *r.ChangeHigh {
							missed[key]++
						}
					}
				}
				for key, n := range missed {
					if float64(n) > limit {
						t.Errorf("%s of %s, %v rows, scale %v: %d of %d intervals miss, at most %.0f should", key, l.name, size, scale, n, draws, limit)
					}
				}
			}
		}
	}
}

// TestIntervalsAreUseful: they are not wide for nothing.
func TestIntervalsAreUseful(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	l := laws()[0]
	in := Input{Reference: l.draw(rng, 20000, 1, 0), Current: l.draw(rng, 5000, 1, 1)}
	for check, change := range map[string]float64{"mean": 1, "stddev": 0, "quantile": 1} {
		r := compute(t, check, in)
		if !(*r.ChangeLow <= change && change <= *r.ChangeHigh && *r.ChangeHigh-*r.ChangeLow < 0.25) {
			t.Errorf("%s: %v in [%v, %v]", check, *r.Change, *r.ChangeLow, *r.ChangeHigh)
		}
		if r.Effect != nil || r.PValue != nil {
			t.Errorf("%s has a verdict: %+v", check, r)
		}
		near(t, check+" of the reference", *r.Reference, compute(t, check, Input{Current: in.Reference}).Value, 0)
		near(t, check+" changes", *r.Change, r.Value-*r.Reference, 0)
	}
}

// TestChangeOfCoarseProfiles: what a profile does not know makes the interval
// wider, never narrower.
func TestChangeOfCoarseProfiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	v, w := make([]float64, 2000), make([]float64, 500)
	for i := range v {
		v[i] = math.Exp(rng.NormFloat64())
	}
	for i := range w {
		w[i] = math.Exp(1.5 * rng.NormFloat64())
	}
	exact := Input{Reference: numbers(v), Current: numbers(w)}
	coarse := Input{Reference: capped(v, 16), Current: capped(w, 16)}
	for _, check := range []string{"mean", "stddev", "quantile"} {
		a, b := compute(t, check, exact), compute(t, check, coarse)
		if *b.ChangeLow > *a.ChangeLow+1e-9 || *b.ChangeHigh < *a.ChangeHigh-1e-9 {
			t.Errorf("%s: [%v, %v] of exact profiles, [%v, %v] of coarse ones", check, *a.ChangeLow, *a.ChangeHigh, *b.ChangeLow, *b.ChangeHigh)
		}
	}
}

// TestChangeWithoutInterval: nothing bounds what a side does not show.
func TestChangeWithoutInterval(t *testing.T) {
	one, many := numbers([]float64{3}), numbers([]float64{1, 2, 3, 4})
	for _, c := range []struct {
		check     string
		r, c      *profile.Profile
		q         float64
		low, high bool
	}{
		{"mean", one, many, 0, false, false},
		{"stddev", many, one, 0, false, false},
		{"min", many, many, 0, false, false},
		{"max", many, many, 0, false, false},
		{"quantile", many, many, 0, false, false}, // at 0.001 four values say nothing of the median
	} {
		r := compute(t, c.check, Input{Reference: c.r, Current: c.c, Params: Params{Q: c.q}})
		if r.Reference == nil || r.Change == nil || (r.ChangeLow != nil) != c.low || (r.ChangeHigh != nil) != c.high {
			t.Errorf("%s: %+v", c.check, r)
		}
	}
	r := compute(t, "distinct", Input{Reference: many, Current: one})
	if *r.Reference != 4 || r.Change != nil {
		t.Errorf("distinct: %+v", r)
	}
	huge := numbers([]float64{-math.MaxFloat64, math.MaxFloat64})
	for _, check := range []string{"mean", "stddev", "min", "max", "quantile"} {
		sane(t, check, compute(t, check, Input{Reference: huge, Current: huge}))
	}
}

// TestRanks: the exact ones, and that the approximation is never narrower.
func TestRanks(t *testing.T) {
	for _, c := range []struct {
		n         uint64
		q, alpha  float64
		low, high uint64
	}{
		{5, 0.5, 0.05, 0, 6}, {6, 0.5, 0.05, 1, 6}, {100, 0.5, 0.05, 40, 61}, {100, 0.9, 0.05, 84, 96}, {100, 0.99, 0.05, 97, 101}, {10, 1, 0.05, 10, 11},
	} {
		if low, high := ranks(c.n, c.q, c.alpha); low != c.low || high != c.high {
			t.Errorf("%+v: %d and %d", c, low, high)
		}
	}
	for _, n := range []uint64{50000, 1e6} {
		for _, q := range []float64{0.5, 0.9, 0.98} {
			low, high := ranks(n, q, 0.001)
			b := distuv.Binomial{N: float64(n), P: q}
			if below, above := b.CDF(float64(low)-1), 1-b.CDF(float64(high)-1); b.Variance() > 1e4 && (below > 0.0005 || above > 0.0005 || below < 0.0003) {
				t.Errorf("%d values, q %v: %v and %v", n, q, below, above)
			}
		}
	}
	if low, high := ranks(1<<40, 0.5, 0.001); low >= 1<<39 || high <= 1<<39 || high-low >= 1<<22 {
		t.Errorf("many values: %d and %d", low, high)
	}
}
