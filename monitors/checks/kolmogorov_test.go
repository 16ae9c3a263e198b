package checks

import (
	"testing"
)

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
