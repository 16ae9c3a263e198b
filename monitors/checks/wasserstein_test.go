package checks

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestWassersteinGolden(t *testing.T) {
	golden(t, "wasserstein", []expectation{
		{"number_10_bins", "wasserstein", "value"},
		{"wasserstein_small", "wasserstein", "value"},
		{"wasserstein_small", "effect_ddof0", "effect"},
	})
}

// TestWassersteinPublished holds the example of scipy.
func TestWassersteinPublished(t *testing.T) {
	low, high := area(align(t, []float64{0, 1, 3}, []float64{5, 6, 8}))
	near(t, "low", low, 5, 1e-15)
	near(t, "high", high, 5, 1e-15)
}

// TestScale: the scale is the standard deviation of all values unless a few make
// up most of it.
func TestScale(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	draw := func(value func() float64, outliers ...float64) []float64 {
		v := outliers
		for len(v) < 10000 {
			v = append(v, value())
		}
		return v
	}
	for name, tt := range map[string]struct {
		values []float64
		own    bool // it is the standard deviation
	}{
		"normal":       {draw(rng.NormFloat64), true},
		"lognormal":    {draw(func() float64 { return math.Exp(rng.NormFloat64()) }), true},
		"zeros":        {draw(func() float64 { return max(0, rng.Float64()-0.6) }), true},
		"constant":     {repeat(1000, 7), true},
		"two values":   {[]float64{1, 2}, true},
		"one outlier":  {draw(rng.NormFloat64, 1e6), false},
		"two outliers": {draw(rng.NormFloat64, 1e6, -1e300), false},
	} {
		p := capped(tt.values, 256)
		sd, _ := p.StdDev()
		got := scaleOf(p, p.Cells())
		if own := got == sd; own != tt.own {
			t.Errorf("%s: %v, the standard deviation is %v", name, got, sd)
		}
		if !tt.own && math.Abs(got-1) > 0.05 {
			t.Errorf("%s: %v, not about 1", name, got)
		}
	}
}
