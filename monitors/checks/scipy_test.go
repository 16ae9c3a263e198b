package checks

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

type scipyValues struct {
	Fisher []struct {
		Table [4]uint64
		P     float64
	}
	ChiSquare []struct {
		X, P float64
		DF   int
	} `json:"chi_square"`
	Student []struct{ T, Nu, P float64 }
	KS      []struct {
		Reference, Current []float64
		D, P, Wasserstein  float64
	}
	Kolmogorov  []struct{ N, D, P float64 }
	Contingency []struct {
		Table [2][]uint64
		X, P  float64
	}
}

func TestAgainstScipy(t *testing.T) {
	b, err := os.ReadFile("testdata/golden-scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var v scipyValues
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Fisher {
		near(t, fmt.Sprint("fisher ", c.Table), fisher(c.Table[0], c.Table[1], c.Table[2], c.Table[3]), max(c.P, leastP), 1e-9)
	}
	for _, c := range v.ChiSquare {
		near(t, fmt.Sprint("chi-square ", c.X, c.DF), chiSquareTail(c.X, c.DF), c.P, 1e-9)
	}
	for _, c := range v.Student {
		near(t, fmt.Sprint("student ", c.T, c.Nu), studentTwoSided(c.T, c.Nu), c.P, 1e-9)
	}
	for _, c := range v.KS {
		what := fmt.Sprintf("ks of %d and %d", len(c.Reference), len(c.Current))
		cells := align(t, c.Reference, c.Current)
		d := distance(cells)
		near(t, what, d.low, c.D, 1e-12)
		near(t, what+" p", d.pValue(), c.P, 1e-9)
		low, high := area(cells)
		near(t, what+" wasserstein", low, c.Wasserstein, 1e-12)
		near(t, what+" wasserstein", high, c.Wasserstein, 1e-12)
	}
	for _, c := range v.Kolmogorov {
		tolerance := 1e-9
		switch {
		case c.N < 140:
			tolerance = 1e-3 // scipy is exact there, the expansion is not
		case c.P > 1e-4 && c.P < 0.05:
			tolerance = 1e-5 // both sides pass d with a chance of about p^4
		}
		near(t, fmt.Sprintf("kolmogorov n=%v d=%v", c.N, c.D), kolmogorovTail(c.N, c.D), max(c.P, leastP), tolerance)
	}
	for _, c := range v.Contingency {
		var tab table
		for i := range c.Table[0] {
			tab = append(tab, bin{r: c.Table[0][i], c: c.Table[1][i]})
		}
		got := testCategories(tab)
		near(t, "contingency", got.pearson, c.X, 1e-12)
		near(t, "contingency p", got.p, c.P, 1e-9)
	}
}
