package checks

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"driftwatch/monitors/profile"
)

// guided returns the profile of a reference file, with its grid.
func guided(t *testing.T, v []float64) *profile.Profile {
	t.Helper()
	b := profile.NewGuideBuilder(capped(v, profile.DefaultBuckets))
	for b.NeedsPass() {
		b.ObserveNumbers(v)
		if err := b.EndPass(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Profile()
}

// judgedBy returns the profile of a window that counts into a reference's grid.
func judgedBy(ref *profile.Profile, v []float64) *profile.Profile {
	g, _ := ref.Guide()
	p := profile.New(profile.Options{Kind: profile.Number, Guide: g})
	p.AddRows(uint64(len(v)))
	p.ObserveNumbers(v)
	return p
}

// ksOf is the statistic of two sorted samples, from its definition.
func ksOf(r, c []float64) float64 {
	d := 0.0
	for _, x := range slices.Concat(r, c) {
		d = max(d, math.Abs(shareUpTo(r, x)-shareUpTo(c, x)))
	}
	return d
}

func shareUpTo(v []float64, x float64) float64 {
	return float64(sort.Search(len(v), func(i int) bool { return v[i] > x })) / float64(len(v))
}

// psiOf is the index of two sorted samples over ten bins, none of which is empty.
func psiOf(r, c []float64) float64 {
	var edges []float64
	for i := 1; i < 10; i++ {
		edges = append(edges, r[(i*len(r)+9)/10-1])
	}
	edges = slices.Compact(edges)
	edges = slices.DeleteFunc(edges, func(e float64) bool { return e == r[len(r)-1] })
	sum, fr, fc := 0.0, 0.0, 0.0
	for _, e := range append(edges, math.Inf(1)) {
		nr, nc := shareUpTo(r, e), shareUpTo(c, e)
		p, q := nr-fr, nc-fc
		sum += (q - p) * math.Log(q/p)
		fr, fc = nr, nc
	}
	return sum
}

// TestGrid: with a reference's grid the bins of ten are exact beyond the cap of
// distinct values too, and ks is certain to 0.002.
func TestGrid(t *testing.T) {
	city := []float64{-33.4, -23.5, -22.9, 1.3, 19.1, 35.7, 40.4, 40.7, 48.9, 51.5}
	for _, shape := range []struct {
		name string
		draw func(r *rand.Rand) float64
	}{
		{"normal", (*rand.Rand).NormFloat64},
		{"lognormal", func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) }},
		{"far from zero", func(r *rand.Rand) float64 { return 1e9 + 1e3*r.NormFloat64() }},
		{"60 % zeros", func(r *rand.Rand) float64 { return max(0, r.Float64()-0.6) }},
		{"cities", func(r *rand.Rand) float64 { return city[r.IntN(len(city))] + 0.05*r.NormFloat64() }},
		{"prices", func(r *rand.Rand) float64 { return math.Round(100*math.Exp(3+2*r.NormFloat64())) / 100 }},
	} {
		t.Run(shape.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			draw := func(n int, scale float64) []float64 {
				v := make([]float64, n)
				for i := range v {
					v[i] = shape.draw(rng) * scale
				}
				return v
			}
			r := draw(50000, 1)
			ref := guided(t, r)
			slices.Sort(r)
			for _, scale := range []float64{1, 1.0000003, 1.1} {
				c := draw(5000, scale)
				in := Input{Reference: ref, Current: judgedBy(ref, c)}
				slices.Sort(c)
				got, want := compute(t, "ks", in), ksOf(r, c)
				if got.High-got.Low > 0.002 || want < got.Low-1e-12 || want > got.High+1e-12 {
					t.Errorf("scale %v: ks %v in [%v, %v]", scale, want, got.Low, got.High)
				}
				if shareUpTo(c, r[0]) < 1 { // the bins are not empty
					near(t, "psi", compute(t, "psi", in).Value, psiOf(r, c), 1e-9)
				}
			}
		})
	}
}
