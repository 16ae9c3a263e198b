package checks

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/profile"
)

// sample draws numbers with ties, outliers and dense regions.
func sample() *rapid.Generator[[]float64] {
	value := rapid.OneOf(
		rapid.Float64Range(-10, 10),
		rapid.Map(rapid.IntRange(-5, 5), func(i int) float64 { return float64(i) }),
		rapid.Float64Range(0.999, 1.001),
		rapid.Float64Range(-1e300, 1e300),
	)
	return rapid.SliceOfN(value, 1, 200)
}

func sane(t interface{ Errorf(string, ...any) }, name string, r Result) {
	if r.Skipped != "" {
		return
	}
	if !(r.Low <= r.Value && r.Value <= r.High) {
		t.Errorf("%s: %v is not between %v and %v", name, r.Value, r.Low, r.High)
	}
	if r.PValue != nil && !(*r.PValue >= 0 && *r.PValue <= 1) {
		t.Errorf("%s: p-value %v", name, *r.PValue)
	}
	if r.Effect != nil && !(*r.Effect >= 0 && *r.EffectLow <= *r.Effect) {
		t.Errorf("%s: effect %v, at least %v", name, *r.Effect, *r.EffectLow)
	}
	if _, err := json.Marshal(r); err != nil { // NaN and the infinities have no JSON
		t.Errorf("%s: %v", name, err)
	}
}

// TestHonestIntervals: whatever coarse profiles say, the exact value is inside.
func TestHonestIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, c := sample().Draw(t, "reference"), sample().Draw(t, "current")
		limit := rapid.SampledFrom([]int{4, 16, 64}).Draw(t, "buckets")
		exact := Input{Reference: numbers(r), Current: numbers(c)}
		coarse := Input{Reference: capped(r, limit), Current: capped(c, limit)}
		for _, name := range []string{"ks", "wasserstein", "quantile", "min", "max", "mean"} {
			check, _ := Find(name)
			truth, got := check.Compute(exact), check.Compute(coarse)
			sane(t, name, truth)
			sane(t, name, got)
			if truth.Skipped != "" || got.Skipped != "" {
				continue
			}
			slack := 1e-9 * max(math.Abs(truth.Value), math.Abs(got.Low), math.Abs(got.High))
			if truth.Low != truth.High || truth.Value < got.Low-slack || truth.Value > got.High+slack {
				t.Errorf("%s: %v is not in [%v, %v]", name, truth.Value, got.Low, got.High)
			}
		}
	})
}

// TestHonestCategories: joined categories bound the distances without smoothing.
func TestHonestCategories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[a-z]{1,2}`)
		r := rapid.SliceOfN(value, 1, 200).Draw(t, "reference")
		c := rapid.SliceOfN(value, 1, 200).Draw(t, "current")
		exact := Input{Reference: words(r, 0), Current: words(c, 0)}
		coarse := Input{Reference: words(r, 8), Current: words(c, 8)}
		for _, name := range []string{"js", "hellinger", "unseen"} {
			check, _ := Find(name)
			truth, got := check.Compute(exact), check.Compute(coarse)
			sane(t, name, truth)
			sane(t, name, got)
			if got.Skipped != "" || truth.Skipped != "" { // too many values
				continue
			}
			if truth.Value < got.Low-1e-12 || truth.Value > got.High+1e-12 {
				t.Errorf("%s: %v is not in [%v, %v]", name, truth.Value, got.Low, got.High)
			}
		}
	})
}

func words(v []string, buckets int) *profile.Profile {
	p := profile.New(profile.Options{Kind: profile.Category, Buckets: buckets})
	p.AddRows(uint64(len(v)))
	for _, s := range v {
		p.ObserveCategory([]byte(s))
	}
	return p
}

// TestAgainstItself: nothing differs from itself, however coarse.
func TestAgainstItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := capped(sample().Draw(t, "values"), rapid.SampledFrom([]int{4, 64, 4096}).Draw(t, "buckets"))
		zeroAgainst(t, p)
		zeroAgainst(t, words(rapid.SliceOfN(rapid.StringMatching(`[a-d]{1,3}`), 1, 200).Draw(t, "names"), 16))
	})
}

func zeroAgainst(t *rapid.T, p *profile.Profile) {
	for _, c := range All() {
		if !Fits(c, p.Kind()) || c.Floor == 0 {
			continue
		}
		r := c.Compute(Input{Reference: p, Current: p})
		Judge(c.Floor, 0.001, []*Result{&r})
		sane(t, c.Name, r)
		if r.Value != 0 || r.Drift != nil && *r.Drift {
			t.Errorf("%s of a profile and itself: %+v", c.Name, r)
		}
		if r.PValue != nil && *r.PValue != 1 {
			t.Errorf("%s of a profile and itself: p %v", c.Name, *r.PValue)
		}
	}
}

// TestEveryPair computes all checks of odd profiles against each other.
func TestEveryPair(t *testing.T) {
	odd := map[string]*profile.Profile{
		"empty":      numbers(nil),
		"one row":    numbers([]float64{3}),
		"constant":   numbers(repeat(1000, 7)),
		"huge":       numbers([]float64{-math.MaxFloat64, math.MaxFloat64, math.MaxFloat64, 1, 2, 3}),
		"three":      numbers(repeat(300, 1, 400, 2, 500, 3)),
		"names":      listed(500, 300, 20, 3, 2, 1, 1, 1),
		"one name":   listed(1),
		"other":      words([]string{"x", "y", "z"}, 0),
		"no names":   words(nil, 0),
		"many names": listed(make([]int, 0)...),
	}
	nulls := profile.New(profile.Options{Kind: profile.Number})
	nulls.AddRows(500)
	nulls.AddNull(500)
	odd["all null"] = nulls
	for rn, r := range odd {
		for cn, cur := range odd {
			for _, c := range All() {
				if !Fits(c, cur.Kind()) {
					continue
				}
				for _, in := range []Input{{Current: cur}, {Reference: r, Current: cur}} {
					res := c.Compute(in)
					Judge(c.Floor, 0.001, []*Result{&res})
					sane(t, c.Name+" of "+cn+" against "+rn, res)
					if in.Reference == nil && c.NeedsReference != (res.Skipped == "no reference") {
						t.Errorf("%s of %s without a reference: %+v", c.Name, cn, res)
					}
				}
			}
		}
	}
}
