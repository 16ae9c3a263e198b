package checks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"driftwatch/monitors/checks"
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

func compute(t testing.TB, name string, in checks.Input) checks.Result {
	t.Helper()
	c, ok := checks.Find(name)
	if !ok {
		t.Fatalf("no check %q", name)
	}
	return c.Compute(in)
}

func closeTo(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s: got %v, want %v (relative error %.2g)", what, got, want, math.Abs(got-want)/math.Abs(want))
	}
}

type goldenCase struct {
	Name  string
	Input struct{ Reference, Current json.RawMessage }
	Want  map[string]json.RawMessage `json:"expect"`
}

func (c goldenCase) want(t *testing.T, key string) float64 {
	t.Helper()
	var v float64
	if err := json.Unmarshal(c.Want[key], &v); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return v
}

// side builds a profile of what a case gives: numbers, named counts, counts in
// a list, or a sequence described in words.
func (c goldenCase) side(t *testing.T, raw json.RawMessage) *profile.Profile {
	t.Helper()
	described := map[string]func() []float64{
		"((7919*i) mod 10007)/10007 for i=0..4999": func() []float64 {
			v := make([]float64, 5000)
			for i := range v {
				v[i] = float64(7919*i%10007) / 10007
			}
			return v
		},
		"((104729*j+17) mod 1009)/1009*1.08 for j=0..299 (divide, then multiply)": func() []float64 {
			v := make([]float64, 300)
			for j := range v {
				v[j] = float64((104729*j+17)%1009) / 1009 * 1.08
			}
			return v
		},
		"200x0 120x1 80x2": func() []float64 { return repeat(200, 0, 120, 1, 80, 2) },
		"35x0 35x1 30x2":   func() []float64 { return repeat(35, 0, 35, 1, 30, 2) },
	}
	var words string
	if json.Unmarshal(raw, &words) == nil {
		return numbers(described[words]())
	}
	var counts map[string]int
	if json.Unmarshal(raw, &counts) == nil {
		return categories(counts)
	}
	var list []float64
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	switch c.Name {
	case "chi2_join_three", "cramers_v_unbalanced", "category_plain":
		ints := make([]int, len(list))
		for i, x := range list {
			ints[i] = int(x)
		}
		return listed(ints...)
	}
	return numbers(list)
}

// goldenChecks says which expectation of a case which check must meet.
var goldenChecks = map[string][]struct{ key, check, part string }{
	"ks_ties_exact":       {{"ks", "ks", "value"}, {"p_value", "ks", "p"}},
	"ks_above_1e6":        {{"ks", "ks", "value"}, {"p_value", "ks", "p"}},
	"number_10_bins":      {{"psi", "psi", "value"}, {"kl", "kl", "value"}, {"js", "js", "value"}, {"hellinger", "hellinger", "value"}, {"psi_effect", "psi", "effect"}, {"p_value", "psi", "p"}, {"p_value", "js", "p"}, {"wasserstein", "wasserstein", "value"}},
	"number_three_values": {{"psi", "psi", "value"}, {"kl", "kl", "value"}, {"js", "js", "value"}, {"hellinger", "hellinger", "value"}, {"psi_effect", "psi", "effect"}, {"p_value", "psi", "p"}, {"ks", "ks", "value"}},
	"category_empty_and_unseen": {
		{"l_infinity", "l_infinity", "value"}, {"unseen", "unseen", "value"}, {"psi", "psi", "value"}, {"kl", "kl", "value"}, {"js", "js", "value"}, {"hellinger", "hellinger", "value"},
	},
	"category_rare_group_below_5": {{"pearson_without_rare", "chi2", "value"}, {"p_value", "psi", "p"}, {"psi_effect", "psi", "effect"}},
	"chi2_join_three":             {{"pearson", "chi2", "value"}, {"p_value", "chi2", "p"}, {"effect_chi2_before_debiasing", "chi2", "V"}},
	"cramers_v_unbalanced":        {{"pearson", "chi2", "value"}, {"p_value", "chi2", "p"}, {"effect_chi2_before_debiasing", "chi2", "V"}},
	"wasserstein_small":           {{"wasserstein", "wasserstein", "value"}, {"effect_ddof0", "wasserstein", "effect"}, {"ks", "ks", "value"}, {"p_value", "ks", "p"}},
	"category_plain":              {{"psi", "psi", "value"}, {"kl", "kl", "value"}, {"js", "js", "value"}, {"hellinger", "hellinger", "value"}, {"l_infinity", "l_infinity", "value"}, {"pearson", "chi2", "value"}, {"p_value", "chi2", "p"}},
	"signed_zero":                 {{"ks", "ks", "value"}, {"p_value", "ks", "p"}, {"distinct", "distinct", "value"}},
}

func TestGolden(t *testing.T) {
	b, err := os.ReadFile("testdata/golden-checks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []goldenCase }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range file.Cases {
		if _, byProfiles := goldenChecks[c.Name]; !byProfiles {
			continue
		}
		seen++
		t.Run(c.Name, func(t *testing.T) {
			in := checks.Input{Reference: c.side(t, c.Input.Reference), Current: c.side(t, c.Input.Current)}
			for _, e := range goldenChecks[c.Name] {
				r := compute(t, e.check, in)
				want, what := c.want(t, e.key), e.check+" "+e.part
				if r.Skipped != "" {
					t.Errorf("%s: skipped: %s", what, r.Skipped)
					continue
				}
				switch e.part {
				case "value":
					closeTo(t, what, r.Value, want, 1e-12)
				case "p":
					closeTo(t, what, *r.PValue, want, 1e-9)
				case "effect":
					closeTo(t, what, *r.Effect, want, 1e-12)
				case "V": // the effect is what is left of it after b/4
					nr, nc := float64(in.Reference.Counts().Present), float64(in.Current.Counts().Present)
					k := 4.0
					if e.key == "effect_chi2_before_debiasing" && c.Name == "cramers_v_unbalanced" {
						k = 2
					}
					b := (k - 1) * (1/nr + 1/nc)
					closeTo(t, what, *r.Effect, math.Sqrt(want*want-b/4), 1e-12)
				}
			}
		})
	}
	if seen != len(goldenChecks) {
		t.Errorf("%d cases of %d are in the file", seen, len(goldenChecks))
	}
	t.Run("fisher_small", func(t *testing.T) { nullsCase(t, 5, 2000, 3, 50, 0.06, 0.0007019565298665207) })
	t.Run("fisher_large_reference", func(t *testing.T) {
		nullsCase(t, 1000, 1000000, 1, 30, 1.0/30, 0.029597722251734782)
	})
	t.Run("unseen_good_turing", unseenCase)
}

func nullsCase(t *testing.T, kr, nr, kc, nc uint64, value, p float64) {
	t.Helper()
	side := func(nulls, rows uint64) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Number})
		p.AddRows(rows)
		p.AddNull(nulls)
		return p
	}
	r := compute(t, "nulls", checks.Input{Reference: side(kr, nr), Current: side(kc, nc)})
	closeTo(t, "value", r.Value, value, 1e-12)
	closeTo(t, "p", *r.PValue, p, 1e-9)
}

// unseenCase: of 1,000 values 90 categories occur once and 40 twice; 60 of 500
// are in none of them.
func unseenCase(t *testing.T) {
	ref, cur := map[string]int{"common": 1000 - 90 - 80}, map[string]int{"common": 440, "new": 60}
	for i := range 90 {
		ref[fmt.Sprint("once", i)] = 1
	}
	for i := range 40 {
		ref[fmt.Sprint("twice", i)] = 2
	}
	r := compute(t, "unseen", checks.Input{Reference: categories(ref), Current: categories(cur)})
	closeTo(t, "value", r.Value, 0.12, 1e-12)
	closeTo(t, "effect", *r.Effect, 0.03, 1e-12)
	closeTo(t, "p", *r.PValue, 0.06244942914607252, 1e-9)
}
