package profile

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// quantile7 is numpy's default by its definition.
func quantile7(sorted []float64, q float64) float64 {
	at := float64(len(sorted)-1) * q
	i := int(math.Floor(at))
	return between(sorted[i], sorted[min(i+1, len(sorted)-1)], at-math.Floor(at))
}

func TestQuantileOfExactProfile(t *testing.T) {
	p := numberProfile(0, nil, []float64{1, 2, 3, 4, 10, 10, 7})
	for _, test := range []struct{ q, want float64 }{{0, 1}, {0.1, 1.6}, {0.25, 2.5}, {0.5, 4}, {0.9, 10}, {1, 10}} {
		e, ok := p.Quantile(test.q)
		v, low, high := e.Value, e.Low, e.High
		if !ok || math.Abs(v-test.want) > 1e-15 || low != v || high != v {
			t.Errorf("quantile %g: %g in [%g, %g], want %g", test.q, v, low, high, test.want)
		}
	}
}

func TestQuantileIsCertain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(drawNumber(), 0, 100).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		e, ok := numberProfile(rapid.IntRange(1, 30).Draw(t, "buckets"), nil, v).Quantile(q)
		value, low, high := e.Value, e.Low, e.High
		v = finite(v)
		if ok != (len(v) > 0) {
			t.Fatal("ok is wrong")
		}
		if !ok {
			return
		}
		slices.Sort(v)
		if want := quantile7(v, q); low > want || high < want || low > value || high < value || math.IsInf(value, 0) {
			t.Fatalf("%g in [%g, %g] does not hold %g", value, low, high, want)
		}
	})
}

func TestQuantileOutside(t *testing.T) {
	p := numberProfile(0, nil, []float64{1})
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		if _, ok := p.Quantile(q); ok {
			t.Errorf("a quantile %g", q)
		}
	}
}

func TestStatisticsOfNothing(t *testing.T) {
	for _, p := range []*Profile{
		New(Options{Kind: Number}), numberProfile(0, nil, []float64{math.NaN()}), categoryProfile(0, nil, categories(9, 3, 1)),
	} {
		for name, stat := range map[string]func() (float64, bool){"mean": p.Mean, "stddev": p.StdDev, "min": p.Min, "max": p.Max} {
			if v, ok := stat(); ok {
				t.Errorf("%v: %s is %g", p.Kind(), name, v)
			}
		}
		if _, ok := p.Quantile(0.5); ok {
			t.Errorf("%v: a median", p.Kind())
		}
	}
}

func TestMinMax(t *testing.T) {
	for _, limit := range []int{1, 3, 100} {
		p := numberProfile(limit, nil, []float64{3, -7, math.Copysign(0, -1), 1e300, 5, math.Inf(-1)})
		if least, greatest := mustStat(t, p.Min), mustStat(t, p.Max); least != -7 || greatest != 1e300 {
			t.Errorf("%d buckets: [%g, %g]", limit, least, greatest)
		}
	}
}

func TestDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 2048, 2049, 3000, 10_000, 100_000, 1_000_000} {
		p := New(Options{Kind: Text})
		for i := range n {
			p.ObserveCategory(strconv.AppendInt(nil, int64(i), 10))
		}
		got, exact := p.Distinct()
		if exact != (n <= DefaultBuckets) || exact && got != uint64(n) {
			t.Errorf("%d values: %d, exact %t", n, got, exact)
		}
		if e := math.Abs(float64(got)-float64(n)) / float64(max(n, 1)); e > 3*0.0115 {
			t.Errorf("%d values: %d is off by %.1f %%", n, got, 100*e)
		}
	}
}

// The error over many sets is that of the theory: 1.04/sqrt(8192) = 1.15 %.
func TestDistinctError(t *testing.T) {
	const sets, n = 60, 20_000
	var squares, sum float64
	for set := range uint64(sets) {
		var s hyperLogLog
		for i := range uint64(n) {
			s.add(set<<32 | i)
		}
		e := s.estimate()/n - 1
		sum += e
		squares += e * e
	}
	if rms := math.Sqrt(squares / sets); rms > 0.0145 || math.Abs(sum/sets) > 0.0045 {
		t.Errorf("root mean square error %.2f %%, bias %.2f %%", 100*rms, 100*sum/sets)
	}
}
