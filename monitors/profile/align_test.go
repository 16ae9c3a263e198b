package profile

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func finite(v []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// within counts by brute force.
func within(v []float64, c Cell) uint64 {
	var n uint64
	for _, x := range v {
		if x >= c.Least && x <= c.Greatest {
			n++
		}
	}
	return n
}

// checkCells checks all that Cell promises against the values.
func checkCells(t tester, cells []Cell, r, c []float64) {
	t.Helper()
	var sumR, sumC uint64
	for i, cell := range cells {
		if cell.Least > cell.Greatest || i > 0 && cells[i-1].Greatest >= cell.Least || cell.R+cell.C == 0 {
			t.Fatalf("cell %d of %v is empty or out of order", i, cells)
		}
		if nr, nc := within(r, cell), within(c, cell); nr != cell.R || nc != cell.C {
			t.Fatalf("cell %+v holds %d and %d values", cell, nr, nc)
		}
		sumR += cell.R
		sumC += cell.C
	}
	if sumR != uint64(len(r)) || sumC != uint64(len(c)) {
		t.Fatalf("the cells hold %d and %d values of %d and %d", sumR, sumC, len(r), len(c))
	}
}

func TestAlignAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few distinct values in many places: ends and edges coincide often.
		number := rapid.OneOf(drawNumber(), rapid.Map(rapid.IntRange(0, 40), func(i int) float64 { return 1 + float64(i)*0x1p-50 }))
		r := rapid.SliceOfN(number, 0, 120).Draw(t, "reference")
		c := rapid.SliceOfN(number, 0, 120).Draw(t, "current")
		p := numberProfile(rapid.IntRange(1, 40).Draw(t, "reference buckets"), nil, r)
		var g *Guide
		if rapid.Bool().Draw(t, "guided") {
			p = withGuide(t, p, r, nil)
			g, _ = p.Guide()
		}
		q := numberProfile(rapid.IntRange(1, 40).Draw(t, "current buckets"), g, c)
		if rapid.Bool().Draw(t, "guided by its own") { // as a window is that was judged against another file
			q = withGuide(t, q, c, nil)
		}
		cells, err := Align(p, q)
		if err != nil {
			t.Fatal(err)
		}
		checkCells(t, cells, finite(r), finite(c))
		checkCells(t, p.Cells(), finite(r), nil)
		checkCells(t, q.Cells(), finite(c), nil)
	})
}

func TestAlignOfExactProfilesIsValueByValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SliceOfN(drawNumber(), 0, 50).Draw(t, "reference")
		c := rapid.SliceOfN(drawNumber(), 0, 50).Draw(t, "current")
		cells, err := Align(numberProfile(0, nil, r), numberProfile(0, nil, c))
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells {
			if cell.Least != cell.Greatest {
				t.Fatalf("cell %+v is not a value", cell)
			}
		}
		checkCells(t, cells, finite(r), finite(c))
	})
}

func TestAlignRefusesOtherKinds(t *testing.T) {
	for _, kinds := range [][2]Kind{{Number, Timestamp}, {Category, Category}} {
		if _, err := Align(New(Options{Kind: kinds[0]}), New(Options{Kind: kinds[1]})); err == nil {
			t.Errorf("%v: no error", kinds)
		}
	}
	if _, _, err := AlignCategories(New(Options{Kind: Number}), New(Options{Kind: Number})); err == nil {
		t.Error("numbers aligned as categories")
	}
	if New(Options{Kind: Text}).Cells() != nil {
		t.Error("cells of text")
	}
}

// width is what order that is unknown can add to a Kolmogorov-Smirnov distance.
func width(cells []Cell, nr, nc int) float64 {
	w := 0.0
	for _, c := range cells {
		if c.Least != c.Greatest {
			w = max(w, min(float64(c.R)/float64(nr), float64(c.C)/float64(nc)))
		}
	}
	return w
}

func TestWidths(t *testing.T) {
	const nr, nc = 100_000, 20_000
	for i, s := range shapes {
		r, c := drawShape(i, nr, 1), drawShape(i, nc, 2)
		plain := numberProfile(0, nil, r)
		without, err := Align(plain, numberProfile(0, nil, c))
		if err != nil {
			t.Fatal(err)
		}
		guided := withGuide(t, plain, r, nil)
		g, _ := guided.Guide()
		with, err := Align(guided, numberProfile(0, g, c))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-26s %.5f without a grid, %.5f with", s.name, width(without, nr, nc), width(with, nr, nc))
		if w := width(without, nr, nc); s.smooth && w > 0.005 {
			t.Errorf("%s: width %g", s.name, w)
		}
		if w := width(with, nr, nc); w > 0.002 {
			t.Errorf("%s: width %g with a grid", s.name, w)
		}
	}
}

func TestAlignCategories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SliceOfN(drawCategory(), 0, 100).Draw(t, "reference")
		c := rapid.SliceOfN(drawCategory(), 0, 100).Draw(t, "current")
		p := categoryProfile(rapid.IntRange(1, 80).Draw(t, "reference buckets"), nil, r)
		var g *Guide
		if rapid.Bool().Draw(t, "guided") {
			p = withGuide(t, p, nil, r)
			g, _ = p.Guide()
		}
		q := categoryProfile(rapid.IntRange(1, 80).Draw(t, "current buckets"), g, c)
		if rapid.Bool().Draw(t, "guided by its own") {
			q = withGuide(t, q, nil, c)
		}
		cats, exact, err := AlignCategories(p, q)
		if err != nil {
			t.Fatal(err)
		}
		if exact != (p.Exact() && q.Exact()) {
			t.Fatal("exact is wrong")
		}
		checkCategories(t, cats, r, c, exact)
	})
}

func checkCategories(t *rapid.T, cats []CategoryCell, r, c [][]byte, exact bool) {
	countR, countC := byHash(r), byHash(c)
	var sumR, sumC uint64
	seen := map[uint64]bool{}
	for i, cat := range cats {
		if exact && i > 0 && cats[i-1].Hash >= cat.Hash || exact && cat.Joined || cat.R+cat.C == 0 {
			t.Fatalf("category %d of %+v is joined, empty or out of order", i, cats)
		}
		if !cat.Joined {
			if seen[cat.Hash] || cat.R != countR[cat.Hash] || cat.C != countC[cat.Hash] {
				t.Fatalf("category %+v occurs %d and %d times", cat, countR[cat.Hash], countC[cat.Hash])
			}
			seen[cat.Hash] = true
		}
		sumR += cat.R
		sumC += cat.C
	}
	if sumR != uint64(len(r)) || sumC != uint64(len(c)) {
		t.Fatalf("%d and %d values of %d and %d", sumR, sumC, len(r), len(c))
	}
}

func byHash(v [][]byte) map[uint64]uint64 {
	m := map[uint64]uint64{}
	for _, b := range v {
		m[hashOf(b)]++
	}
	return m
}
