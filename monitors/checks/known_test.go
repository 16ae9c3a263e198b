package checks

import (
	"math"
	"testing"
)

// TestPublished holds results that others publish.
func TestPublished(t *testing.T) {
	t.Run("scipy ks_2samp", func(t *testing.T) {
		d := distance(align(t,
			[]float64{38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0},
			[]float64{39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8}))
		near(t, "D", d.low, 0.625, 0)
		near(t, "p", d.pValue(), 0.08702408702408701, 1e-12) // the asymptotic one is 0.0493
	})
	t.Run("Deequ PSI", func(t *testing.T) {
		r := []uint64{428, 425, 414, 427, 440, 447, 380, 386, 444, 386}
		c := []uint64{426, 437, 429, 391, 469, 433, 360, 443, 371, 418}
		near(t, "psi", tableOf(r, c).psi(), 0.007406694184014186, 1e-12)
	})
	t.Run("Hopsworks PSI and KL", func(t *testing.T) {
		tab := tableOf([]uint64{4000, 6000}, []uint64{8000, 2000})
		near(t, "psi", tab.psi(), 0.7167, 1e-4)
		near(t, "kl", tab.kl(), 0.3348, 1e-3)
	})
	t.Run("scipy chi2_contingency", func(t *testing.T) {
		got := testCategories(tableOf([]uint64{10, 10, 20}, []uint64{20, 20, 20}))
		near(t, "x", got.pearson, 2.7777777777777777, 1e-12)
		near(t, "p", got.p, 0.24935220877729619, 1e-12)
	})
	t.Run("scipy wasserstein_distance", func(t *testing.T) {
		low, high := area(align(t, []float64{0, 1, 3}, []float64{5, 6, 8}))
		near(t, "low", low, 5, 1e-15)
		near(t, "high", high, 5, 1e-15)
	})
	t.Run("scipy jensenshannon", func(t *testing.T) {
		bits, _ := tableOf([]uint64{10, 0}, []uint64{5, 5}).jsd()
		near(t, "js", math.Sqrt(bits*math.Ln2), 0.46450140402245893, 1e-12)
	})
}

func tableOf(r, c []uint64) table {
	t := make(table, len(r))
	for i := range r {
		t[i] = bin{r: r[i], c: c[i]}
	}
	return t
}

func TestBenjaminiHochberg(t *testing.T) {
	// The example of the paper, adjusted as R does.
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	want := []float64{.0015, .003, .0095, .035625, .0603, .06385714, .06385714, .0645, .0765, .486, .58118182, .714875, .75323077, .81321429, 1}
	for i, got := range benjaminiHochberg(p) {
		near(t, "adjusted", got, want[i], 1e-7)
	}
	reversed := make([]float64, len(p))
	for i := range p {
		reversed[len(p)-1-i] = p[i]
	}
	for i, got := range benjaminiHochberg(reversed) {
		near(t, "reversed", got, want[len(p)-1-i], 1e-7)
	}
}

// TestSmirnovExpansion compares the expansion with the sum where one takes over
// from the other, for the p-values that occur.
func TestSmirnovExpansion(t *testing.T) {
	for _, d := range []float64{0.0014, 0.002, 0.003, 0.005, 0.01} {
		const n = smirnovMost
		near(t, "expansion", smirnovExpansion(n, d), smirnovTail(n, d), 1e-4)
	}
}

// TestLatticeByCounting compares the recursion with all paths of small lattices.
func TestLatticeByCounting(t *testing.T) {
	var outside, all int
	var walk func(i, j, n, m, h int, out bool)
	walk = func(i, j, n, m, h int, out bool) {
		d := i*m - j*n
		out = out || d >= h || -d >= h
		if i == n && j == m {
			all++
			if out {
				outside++
			}
			return
		}
		if i < n {
			walk(i+1, j, n, m, h, out)
		}
		if j < m {
			walk(i, j+1, n, m, h, out)
		}
	}
	for n := 1; n <= 6; n++ {
		for m := 1; m <= 5; m++ {
			for h := 1; h <= n*m; h++ {
				outside, all = 0, 0
				walk(0, 0, n, m, h, false)
				near(t, "p", latticeTail(n, m, h), max(leastP, float64(outside)/float64(all)), 1e-13)
			}
		}
	}
}

// TestTinyP shows that no p-value underflows to 0 and none takes long.
func TestTinyP(t *testing.T) {
	for name, p := range map[string]float64{
		"lattice":     latticeTail(3000, 3000, 9000000),
		"kolmogorov":  kolmogorovTail(1e6, 0.9),
		"fisher":      fisher(0, 1e6, 1e6, 0),
		"chi-square":  chiSquareTail(1e6, 9),
		"good-turing": second(goodTuring(1, 1e6, 0, 0, 1e6)),
	} {
		if p != leastP {
			t.Errorf("%s: got %v, want the least positive number", name, p)
		}
	}
}

func second(_, v float64) float64 { return v }
