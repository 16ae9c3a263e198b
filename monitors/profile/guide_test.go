package profile

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// The guide and its counts are those of the values themselves, however coarse the
// plain profile was and in whatever order the passes went.
func TestGridIsThatOfTheValues(t *testing.T) {
	for i, s := range shapes {
		for _, n := range []int{1, 2, 7, 900, 5000, 60_000} {
			t.Run(fmt.Sprintf("%s/%d", s.name, n), func(t *testing.T) {
				v := drawShape(i, n, 3)
				p := withGuide(t, numberProfile(64, nil, v), v, nil)
				g, ok := p.Guide()
				if !ok {
					t.Fatal("no guide")
				}
				slices.Sort(v)
				checkGrid(t, p, g, v)
				slices.Reverse(v)
				again := withGuide(t, numberProfile(64, nil, v), v, nil)
				if !bytes.Equal(encode(t, again), encode(t, p)) {
					t.Error("another order gives another guide")
				}
				if direct := numberProfile(64, g, v); !bytes.Equal(encode(t, direct), encode(t, p)) {
					t.Error("counting with the guide gives other counts")
				}
			})
		}
	}
}

// checkGrid compares a grid with sorted values.
func checkGrid(t *testing.T, p *Profile, g *Guide, sorted []float64) {
	t.Helper()
	edges, n := g.Edges(), len(sorted)
	if len(edges) > gridSize || !slices.IsSorted(edges) {
		t.Fatalf("%d edges, sorted %t", len(edges), slices.IsSorted(edges))
	}
	for d := 1; d <= 10; d++ {
		for k := 1; k <= d; k++ {
			if at := sorted[(k*n+d-1)/d-1]; !slices.Contains(edges, at) {
				t.Errorf("the %d/%d quantile %g is not an edge", k, d, at)
			}
		}
	}
	below := 0
	for i, e := range edges {
		upTo := sort.Search(n, func(i int) bool { return sorted[i] > e })
		if count := upTo - below; !p.Exact() && p.tally[i] != uint64(count) {
			t.Fatalf("cell %d up to %g holds %d values, not %d", i, e, count, p.tally[i])
		}
		if count := upTo - below; 1000*count > 2*n+1000 && sorted[below] != sorted[upTo-1] {
			t.Errorf("cell %d up to %g holds %d of %d values, and more than one distinct", i, e, count, n)
		}
		below = upTo
	}
	if below != n {
		t.Errorf("%d values are beyond the last edge", n-below)
	}
}

func TestGridOfAwkwardNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(drawNumber(), 0, 150).Draw(t, "values")
		p := withGuide(t, numberProfile(rapid.IntRange(1, 20).Draw(t, "buckets"), nil, v), v, nil)
		g, ok := p.Guide()
		if len(finite(v)) == 0 {
			if ok {
				t.Fatal("a guide of nothing")
			}
			return
		}
		if !bytes.Equal(encode(t, numberProfile(p.Buckets(), g, v)), encode(t, p)) {
			t.Fatal("counting with the guide gives other counts")
		}
	})
}

func TestWatchListIsTheMostFrequent(t *testing.T) {
	for _, distinct := range []int{10, 1500, 5000, 300_000} {
		t.Run(fmt.Sprint(distinct), func(t *testing.T) {
			v := categories(400_000, distinct, 4)
			p := withGuide(t, categoryProfile(0, nil, v), nil, v)
			g, ok := p.Guide()
			if !ok {
				t.Fatal("no guide")
			}
			if want := mostFrequent(v); !slices.Equal(g.Names(), want) {
				t.Errorf("%d watched, want %d; or others", len(g.Names()), len(want))
			}
			if direct := categoryProfile(0, g, v); !bytes.Equal(encode(t, direct), encode(t, p)) {
				t.Error("counting with the guide gives other counts")
			}
			slices.Reverse(v)
			if again := withGuide(t, categoryProfile(0, nil, v), nil, v); !bytes.Equal(encode(t, again), encode(t, p)) {
				t.Error("another order gives another watch list")
			}
		})
	}
}

// mostFrequent returns the names of a watch list by counting them all.
func mostFrequent(v [][]byte) []string {
	counts := map[string]uint64{}
	for _, b := range v {
		counts[string(b)]++
	}
	var all []Named
	for name, n := range counts {
		if n > uint64(len(v))/(candidates+1) {
			all = append(all, Named{hashOf([]byte(name)), name, n})
		}
	}
	slices.SortFunc(all, func(a, b Named) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Hash, b.Hash))
	})
	all = all[:min(len(all), watchSize)]
	slices.SortFunc(all, func(a, b Named) int { return cmp.Compare(a.Hash, b.Hash) })
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.Name
	}
	return names
}

func TestBuilderRefusesOtherValues(t *testing.T) {
	numbers := drawShape(0, 5000, 1)
	b := NewGuideBuilder(numberProfile(16, nil, numbers))
	b.ObserveNumbers(numbers[1:])
	if err := b.EndPass(); err == nil {
		t.Error("numbers: no error")
	}
	names := categories(5000, 1000, 1)
	b = NewGuideBuilder(categoryProfile(16, nil, names))
	for _, v := range names[1:] {
		b.ObserveCategory(v)
	}
	if err := b.EndPass(); err == nil {
		t.Error("categories: no error")
	}
}

func TestBuilderLeavesTheProfile(t *testing.T) {
	v := drawShape(0, 5000, 1)
	p := numberProfile(16, nil, v)
	before := encode(t, p)
	withGuide(t, p, v, nil)
	if !bytes.Equal(encode(t, p), before) {
		t.Error("the profile changed")
	}
}

func TestPasses(t *testing.T) {
	tests := []struct {
		name string
		n    int
		want int
	}{{"exact", 16, 0}, {"small", 5000, 1}, {"large", 500_000, 1}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := drawShape(0, test.n, 1)
			b, passes := NewGuideBuilder(numberProfile(0, nil, v)), 0
			for ; b.NeedsPass(); passes++ {
				b.ObserveNumbers(v)
				if err := b.EndPass(); err != nil {
					t.Fatal(err)
				}
			}
			if passes > 2 || (passes == 0) != (test.want == 0) {
				t.Errorf("%d passes", passes)
			}
		})
	}
}
