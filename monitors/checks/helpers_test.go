package checks

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"driftwatch/monitors/profile"
)

// numbers returns the profile of numbers with room for all of them.
func numbers(v []float64) *profile.Profile { return capped(v, profile.MaxBuckets) }

// capped returns the profile of numbers with a cap of buckets.
func capped(v []float64, buckets int) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Number, Buckets: buckets})
	p.AddRows(uint64(len(v)))
	p.ObserveNumbers(v)
	return p
}

// categories returns the profile of named counts.
func categories(counts map[string]int) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Category})
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		p.AddRows(uint64(counts[name]))
		for range counts[name] {
			p.ObserveCategory([]byte(name))
		}
	}
	return p
}

// listed returns the profile of categories a, b, c ... with the counts given.
func listed(counts ...int) *profile.Profile {
	m := map[string]int{}
	for i, n := range counts {
		m[fmt.Sprintf("c%03d", i)] = n
	}
	return categories(m)
}

func repeat(pairs ...float64) []float64 {
	var v []float64
	for i := 0; i < len(pairs); i += 2 {
		for range int(pairs[i]) {
			v = append(v, pairs[i+1])
		}
	}
	return v
}

func compute(t testing.TB, name string, in Input) Result {
	t.Helper()
	c, ok := Find(name)
	if !ok {
		t.Fatalf("no check %q", name)
	}
	return c.Compute(in)
}

func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s: got %v, want %v (relative error %.2g)", what, got, want, math.Abs(got-want)/math.Abs(want))
	}
}

func align(t *testing.T, r, c []float64) []profile.Cell {
	t.Helper()
	side := func(v []float64) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Number})
		p.ObserveNumbers(v)
		return p
	}
	cells, err := profile.Align(side(r), side(c))
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

func tableOf(r, c []uint64) table {
	t := make(table, len(r))
	for i := range r {
		t[i] = bin{r: r[i], c: c[i]}
	}
	return t
}

// sumOf is a divergence with the usual smoothing.
func sumOf(d divergence, t table) float64 { return t.measure(d, halves).value }
