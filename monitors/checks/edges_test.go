package checks

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"driftwatch/monitors/profile"
)

// manyOf merges a profile with itself: its values 2^times over.
func manyOf(t testing.TB, p *profile.Profile, times int) *profile.Profile {
	t.Helper()
	for range times {
		if err := p.Merge(p.Clone()); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// oddProfiles are of one kind each; every pair of them must be comparable.
func oddProfiles(t testing.TB) map[profile.Kind]map[string]*profile.Profile {
	allNull := func(k profile.Kind) *profile.Profile {
		p := profile.New(profile.Options{Kind: k})
		p.AddRows(1 << 40)
		p.AddNull(1 << 40)
		return p
	}
	tiny := math.SmallestNonzeroFloat64
	spread := make([]float64, 300)
	for i := range spread {
		spread[i] = float64(i*i%97) - 40
	}
	return map[profile.Kind]map[string]*profile.Profile{
		profile.Number: {
			"empty":       numbers(nil),
			"all null":    allNull(profile.Number),
			"one row":     numbers([]float64{3}),
			"two rows":    numbers([]float64{3, 4}),
			"constant":    numbers(repeat(1000, 7)),
			"constant 0":  numbers(repeat(50, 0)),
			"greatest":    numbers(repeat(30, -math.MaxFloat64, 30, math.MaxFloat64, 30, 1)),
			"one huge":    numbers(repeat(60, math.MaxFloat64)),
			"subnormal":   numbers(repeat(30, tiny, 30, -tiny, 30, 3*tiny)),
			"spread":      numbers(spread),
			"coarse":      capped(spread, 2),
			"2^40 values": manyOf(t, numbers(repeat(1, 1, 2, 2, 1, 3.5)), 38),
			"2^41 others": manyOf(t, capped(spread[:256], 8), 33),
		},
		profile.Category: {
			"empty":         categories(nil),
			"all null":      allNull(profile.Category),
			"one":           categories(map[string]int{"a": 1}),
			"constant":      categories(map[string]int{"a": 500}),
			"unseen":        categories(map[string]int{"x": 300, "y": 200}),
			"empty string":  categories(map[string]int{"": 40, " ": 1}),
			"million of a":  manyOf(t, categories(map[string]int{"a": 1}), 20),
			"2^40 of four":  manyOf(t, categories(map[string]int{"a": 1, "b": 1, "c": 1, "x": 1}), 38),
			"ids":           ids(0, 5000),
			"other ids":     ids(5000, 9000),
			"each once":     ids(0, 100),
			"2^31 of joins": manyOf(t, ids(0, 4096), 19),
		},
	}
}

// ids returns the profile of values that occur once each.
func ids(from, to int) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Category})
	for i := from; i < to; i++ {
		p.AddRows(1)
		p.ObserveCategory(fmt.Appendf(nil, "id-%d", i))
	}
	return p
}

// TestOddPairs computes all checks of odd profiles, with odd parameters, against
// each other: whatever comes is a number or a sentence.
func TestOddPairs(t *testing.T) {
	for kind, profiles := range oddProfiles(t) {
		for rn, ref := range profiles {
			for cn, cur := range profiles {
				shared := map[string]*Shared{}
				for _, c := range All() {
					if !Fits(c, kind) {
						continue
					}
					for key, params := range oddParams(c) {
						if shared[key] == nil {
							shared[key] = &Shared{}
						}
						r := c.Compute(Input{Reference: ref, Current: cur, Params: params, Shared: shared[key]})
						Judge(c.Floor, 0.001, []*Result{&r})
						what := fmt.Sprintf("%s%s of %v %q against %q", c.Name, key, kind, cn, rn)
						sane(t, what, r)
						if strings.ContainsAny(r.Skipped, "%!") || strings.TrimSpace(r.Skipped) != r.Skipped {
							t.Errorf("%s: %q is no sentence", what, r.Skipped)
						}
						if rn == cn && r.Drift != nil && *r.Drift {
							t.Errorf("%s: drift from itself: %+v", what, r)
						}
					}
				}
			}
		}
	}
}

func oddParams(c Check) map[string]Params {
	out := map[string]Params{"": {}}
	for _, p := range c.Params {
		switch p.Name {
		case "binning":
			out[" width"] = Params{Binning: Width, Bins: 1000}
			out[" doane"] = Params{Binning: Width, Rule: Doane, Smoothing: None}
			out[" sturges"] = Params{Binning: Width, Rule: Sturges, Smoothing: Epsilon, Epsilon: 1e-9}
		case "edges":
			out[" edges"] = Params{Edges: []float64{-math.MaxFloat64, 0, math.SmallestNonzeroFloat64, math.MaxFloat64}}
		case "q":
			out[" 1"] = Params{Q: 1}
			out[" tiny"] = Params{Q: 1e-300}
		}
	}
	return out
}
