package checks

import (
	"encoding/json"
	"os"
	"testing"

	"driftwatch/monitors/profile"
)

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

// expectation says which part of a check's result must meet what a case expects
// under a key.
type expectation struct{ name, key, part string }

// golden compares the results of a check with what the cases expect.
func golden(t *testing.T, check string, want []expectation) {
	t.Helper()
	for _, e := range want {
		c := goldenCases(t)[e.name]
		in := Input{Reference: c.side(t, c.Input.Reference), Current: c.side(t, c.Input.Current)}
		r := compute(t, check, in)
		what := e.name + ": " + check + " " + e.part
		if r.Skipped != "" {
			t.Errorf("%s: skipped: %s", what, r.Skipped)
			continue
		}
		switch e.part {
		case "value":
			near(t, what, r.Value, c.want(t, e.key), 1e-12)
		case "p":
			near(t, what, *r.PValue, c.want(t, e.key), 1e-9)
		case "effect":
			near(t, what, *r.Effect, c.want(t, e.key), 1e-12)
		default:
			t.Fatalf("%s: no such part", what)
		}
	}
}

// goldenCases reads the cases by name.
func goldenCases(t *testing.T) map[string]goldenCase {
	t.Helper()
	b, err := os.ReadFile("testdata/golden-checks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []goldenCase }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	byName := map[string]goldenCase{}
	for _, c := range file.Cases {
		byName[c.Name] = c
	}
	return byName
}
