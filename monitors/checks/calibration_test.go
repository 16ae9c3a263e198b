package checks

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"driftwatch/monitors/profile"
)

// population draws profiles of n values.
type population struct {
	name string
	kind profile.Kind
	draw func(rng *rand.Rand, n int) *profile.Profile
}

func ofNumbers(name string, draw func(rng *rand.Rand) float64) population {
	return population{name, profile.Number, func(rng *rand.Rand, n int) *profile.Profile {
		v := make([]float64, n)
		for i := range v {
			v[i] = draw(rng)
		}
		p := profile.New(profile.Options{Kind: profile.Number, Buckets: 512})
		p.AddRows(uint64(n))
		p.ObserveNumbers(v)
		return p
	}}
}

func ofCategories(k int, weight func(i int) float64) population {
	names, upTo, sum := make([][]byte, k), make([]float64, k), 0.0
	for i := range k {
		sum += weight(i)
		names[i], upTo[i] = fmt.Append(nil, i), sum
	}
	return population{fmt.Sprint(k, " categories"), profile.Category, func(rng *rand.Rand, n int) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Category})
		p.AddRows(uint64(n))
		for range n {
			u, low, high := rng.Float64()*sum, 0, k-1
			for low < high {
				if mid := (low + high) / 2; upTo[mid] < u {
					low = mid + 1
				} else {
					high = mid
				}
			}
			p.ObserveCategory(names[low])
		}
		return p
	}}
}

func populations() []population {
	zipf := func(i int) float64 { return 1 / float64(i+1) }
	return []population{
		ofNumbers("normal", (*rand.Rand).NormFloat64),
		ofNumbers("lognormal", func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }),
		ofNumbers("60 % zeros", func(r *rand.Rand) float64 { return max(0, math.Floor(r.Float64()*10-6)+r.Float64()) }),
		ofNumbers("three values", func(r *rand.Rand) float64 { return float64(r.IntN(3)) }),
		ofCategories(2, func(int) float64 { return 1 }),
		ofCategories(20, zipf),
		ofCategories(100, zipf),
		ofCategories(5000, zipf),
	}
}

// verdict computes one check and judges it alone.
func verdict(t testing.TB, c Check, in Input, alpha float64) bool {
	t.Helper()
	r := c.Compute(in)
	Judge(c.Floor, alpha, []*Result{&r})
	return r.Drift != nil && *r.Drift
}

// TestFalseVerdicts draws both samples from the same population. At a higher
// alpha than the default a flaw needs fewer draws to be seen.
func TestFalseVerdicts(t *testing.T) {
	const alpha, draws = 0.01, 200
	sizes := []struct{ reference, current int }{{500, 30}, {500, 200}, {2000, 50}}
	limit := draws * (1.5*alpha + 3*math.Sqrt(alpha*(1-alpha)/draws))
	all, judged := 0, 0
	for _, pop := range populations() {
		for _, size := range sizes {
			rng := rand.New(rand.NewPCG(11, uint64(size.current)))
			alarms := map[string]int{}
			for range draws {
				in := Input{Reference: pop.draw(rng, size.reference), Current: pop.draw(rng, size.current)}
				for _, name := range []string{"ks", "psi", "js", "chi2", "unseen"} {
					c, _ := Find(name)
					if !Fits(c, pop.kind) {
						continue
					}
					judged++
					if verdict(t, c, in, alpha) {
						alarms[name]++
						all++
					}
				}
			}
			for name, n := range alarms {
				if float64(n) > limit {
					t.Errorf("%s of %s, %d against %d rows: %d false verdicts in %d windows, at most %.0f expected",
						name, pop.name, size.current, size.reference, n, draws, limit)
				}
			}
		}
	}
	if share := float64(all) / float64(judged); share > alpha {
		t.Errorf("%.4f of all windows have a false verdict, alpha is %v", share, alpha)
	}
}

// TestFalseShares draws nulls at a low rate against a great reference, where
// chi-square would give 3 % false verdicts.
func TestFalseShares(t *testing.T) {
	const alpha, draws = 0.01, 5000
	rng := rand.New(rand.NewPCG(5, 6))
	side := func(nulls, rows int) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Number})
		p.AddRows(uint64(rows))
		p.AddNull(uint64(nulls))
		return p
	}
	c, _ := Find("nulls")
	ref, alarms := side(1000, 1000000), 0
	for range draws {
		nulls := 0
		for range 30 {
			if rng.Float64() < 0.001 {
				nulls++
			}
		}
		if verdict(t, c, Input{Reference: ref, Current: side(nulls, 30)}, alpha) {
			alarms++
		}
	}
	if limit := draws * (alpha + 3*math.Sqrt(alpha/draws)); float64(alarms) > limit {
		t.Errorf("%d false verdicts in %d windows", alarms, draws)
	}
}

// TestPower: a shift of half a standard deviation is found in 1,000 rows, at the
// default alpha.
func TestPower(t *testing.T) {
	const alpha, draws = 0.001, 100
	rng := rand.New(rand.NewPCG(3, 4))
	shifted := ofNumbers("", func(r *rand.Rand) float64 { return r.NormFloat64() + 0.5 })
	ref := ofNumbers("", (*rand.Rand).NormFloat64).draw(rng, 5000)
	found := map[string]int{}
	names := []string{"ks", "psi", "js", "hellinger", "wasserstein"}
	for range draws {
		in := Input{Reference: ref, Current: shifted.draw(rng, 1000)}
		for _, name := range names {
			if c, _ := Find(name); verdict(t, c, in, alpha) {
				found[name]++
			}
		}
	}
	for _, name := range names {
		if found[name] < 99 {
			t.Errorf("%s found half a standard deviation in %d of %d windows", name, found[name], draws)
		}
	}
}

// TestOutlierHidesNothing: one value of 1e6 among 10,000 numbers, on either side,
// would make all others one bin of equal width, and a trifle of the standard
// deviation.
func TestOutlierHidesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	draw := func(shift float64, outlier bool) *profile.Profile {
		v := make([]float64, 10000)
		for i := range v {
			v[i] = rng.NormFloat64() + shift
		}
		if outlier {
			v[17] = 1e6
		}
		return capped(v, profile.DefaultBuckets)
	}
	for _, where := range []struct{ reference, window bool }{{true, false}, {false, true}, {true, true}} {
		ref := draw(0, where.reference)
		for _, name := range []string{"ks", "psi", "kl", "js", "hellinger", "wasserstein"} {
			c, _ := Find(name)
			if !verdict(t, c, Input{Reference: ref, Current: draw(0.5, where.window)}, 0.001) {
				t.Errorf("%s: the shift is not found with outliers %+v", name, where)
			}
			if verdict(t, c, Input{Reference: ref, Current: draw(0, where.window)}, 0.001) {
				t.Errorf("%s: a verdict without a shift with outliers %+v", name, where)
			}
		}
	}
}
