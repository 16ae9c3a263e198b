package checks

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/profile"
)

// drawParams draws bins that do not depend on what a coarse profile forgets, and
// a smoothing.
func drawParams(t *rapid.T) Params {
	p := rapid.SampledFrom([]Params{
		{Binning: Width, Bins: 5}, {Binning: Width, Rule: Sturges}, {Edges: []float64{0}}, {Edges: []float64{-3.5, 0, 0.25, 2}},
	}).Draw(t, "params")
	p.Smoothing = rapid.SampledFrom([]string{"", Epsilon, None}).Draw(t, "smoothing")
	if p.Smoothing == Epsilon {
		p.Epsilon = 0.01
	}
	return p
}

// TestHonestBins: with edges inside the cells of coarse profiles, the exact value
// is between low and high.
func TestHonestBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64Range(-5, 5), rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return float64(i) }))
		r := rapid.SliceOfN(value, 1, 100).Draw(t, "reference")
		c := rapid.SliceOfN(value, 1, 100).Draw(t, "current")
		limit, params := rapid.SampledFrom([]int{2, 8, 32}).Draw(t, "buckets"), drawParams(t)
		exact := Input{Reference: numbers(r), Current: numbers(c), Params: params}
		coarse := Input{Reference: capped(r, limit), Current: capped(c, limit), Params: params}
		for _, name := range []string{"psi", "kl", "js", "hellinger"} {
			check, _ := Find(name)
			truth, got := check.Compute(exact), check.Compute(coarse)
			sane(t, name, truth)
			sane(t, name, got)
			if got.Skipped != "" || truth.Skipped != "" && params.Smoothing == None {
				continue // infinite
			}
			slack := 1e-9 * max(1, got.High)
			if truth.Skipped != "" || truth.Low != truth.High || truth.Value < got.Low-slack || truth.Value > got.High+slack {
				t.Errorf("%s with %+v: %+v is not in [%v, %v]", name, params, truth, got.Low, got.High)
			}
		}
	})
}

// TestBinThatMayBeNone: a bin between coarse values may be empty on both sides.
// Then nothing is added to it, and the two samples have the same shares.
func TestBinThatMayBeNone(t *testing.T) {
	r, c := []float64{1, 1.875, 0.125, -1, -1, -1}, []float64{-1}
	got := compute(t, "psi", Input{Reference: capped(r, 2), Current: capped(c, 2), Params: Params{Bins: 5, Binning: Width}})
	if got.Low != 0 {
		t.Errorf("psi is 0, at least %v", got.Low)
	}
}

// TestBinsOfValues counts by definition what the tables count.
func TestBinsOfValues(t *testing.T) {
	r, c := []float64{0, 0, 1, 2, 3, 4}, []float64{-1, 0, 1, 1, 4, 5, 9}
	for _, k := range []struct {
		name   string
		params Params
		edges  []float64
		r, c   []uint64
	}{
		{"edges are in the bin before", Params{Edges: []float64{0, 1, 7}}, []float64{0, 1, 7}, []uint64{2, 1, 3, 0}, []uint64{2, 2, 2, 1}},
		{"width: edges are in the bin after", Params{Binning: Width, Bins: 2}, []float64{0, 2, 4}, []uint64{3, 3, 0}, []uint64{3, 1, 3}},
		{"sturges: nothing is outside", Params{Binning: Width, Rule: Sturges}, []float64{-1, 1, 3, 5, 7, 9}, []uint64{2, 2, 2, 0, 0}, []uint64{2, 2, 1, 1, 1}},
		{"quantiles", Params{Bins: 3}, []float64{0, 2}, []uint64{2, 2, 2}, []uint64{2, 2, 3}},
	} {
		b, why := binNumbers(Input{Reference: numbers(r), Current: numbers(c), Params: k.params}, align(t, r, c))
		var gotR, gotC []uint64
		for _, bin := range b.table {
			gotR, gotC = append(gotR, bin.r), append(gotC, bin.c)
		}
		if why != "" || !slices.Equal(b.edges, k.edges) || !slices.Equal(gotR, k.r) || !slices.Equal(gotC, k.c) || !b.table.certain() {
			t.Errorf("%s: %s edges %v, counts %v and %v", k.name, why, b.edges, gotR, gotC)
		}
	}
}

// TestWidthBinsOfOddSpans: one value, and values whose difference is infinite.
func TestWidthBinsOfOddSpans(t *testing.T) {
	params := Params{Binning: Width}
	huge := numbers([]float64{-math.MaxFloat64, math.MaxFloat64})
	if r := compute(t, "psi", Input{Reference: huge, Current: huge, Params: params}); r.Skipped != tooLarge {
		t.Errorf("an infinite span: %+v", r)
	}
	one, other := numbers(repeat(50, 7)), numbers(repeat(30, 7, 20, 8))
	if r := compute(t, "psi", Input{Reference: one, Current: other, Params: params}); r.Bins != 2 || r.Value < 1 {
		t.Errorf("one value: %+v", r)
	}
	tiny := numbers([]float64{0, math.SmallestNonzeroFloat64})
	if r := compute(t, "psi", Input{Reference: tiny, Current: tiny, Params: params}); r.Value != 0 || r.Skipped != "" {
		t.Errorf("a span of one step: %+v", r)
	}
}

// TestSmoothing: nothing is added on request, which may be infinite.
func TestSmoothing(t *testing.T) {
	ref, empty := categories(map[string]int{"a": 5, "b": 5}), categories(map[string]int{"a": 10})
	for _, c := range []struct {
		check   string
		r, c    *profile.Profile
		skipped bool
		value   float64
	}{
		{"psi", ref, empty, true, 0},
		{"kl", empty, ref, true, 0},
		{"kl", ref, empty, false, math.Ln2},
		{"js", ref, empty, false, 0.557923}, // sqrt(1.5 - 0.75 log2 3)
	} {
		r := compute(t, c.check, Input{Reference: c.r, Current: c.c, Params: Params{Smoothing: None}})
		if (r.Skipped != "") != c.skipped {
			t.Errorf("%s: %+v", c.check, r)
		}
		near(t, c.check, r.Value, c.value, 1e-4)
	}
}

// TestDoane: the rule is that of numpy, also where rounding decides.
func TestDoane(t *testing.T) {
	v := make([]float64, 1000)
	for i := range v {
		v[i] = math.Exp(float64(i) / 100)
	}
	in := Input{Reference: numbers(v), Current: numbers(v), Params: Params{Rule: Doane}}
	if got := spanOf(in).bins(in); got != 17 {
		t.Errorf("%d bins", got)
	}
	in.Params.Rule = Sturges
	for n, want := range map[int]uint64{1: 1, 2: 3, 512: 11, 500: 11} { // of both samples together
		w := make([]float64, n)
		for i := range w {
			w[i] = float64(i)
		}
		in.Reference, in.Current = numbers(w), numbers(w)
		if got := spanOf(in).bins(in); got != want {
			t.Errorf("%d values twice: %d bins, want %d", n, got, want)
		}
	}
}
