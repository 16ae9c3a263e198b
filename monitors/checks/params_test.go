package checks

import (
	"math"
	"slices"
	"strconv"
	"testing"
)

// example is a value of one of the forms of a parameter that is not its default.
func (p Param) example() Value {
	switch {
	case p.List:
		return Value{List: []float64{1, 2.5}}
	case p.Number != nil:
		return Value{Number: (p.Number.Least + min(1, p.Number.Greatest)*3) / 4}
	}
	i := slices.IndexFunc(p.Words, func(w string) bool { return w != p.Default })
	return Value{Word: p.Words[i]}
}

// TestParamsDescribeThemselves: each parameter says what it is, its default is one
// of its forms, and another value of it is in the name of the result.
func TestParamsDescribeThemselves(t *testing.T) {
	for _, c := range All() {
		for _, p := range c.Params {
			var params Params
			if p.Name == "bins" {
				p.Set(&params, Value{Number: 20})
			} else {
				p.Set(&params, p.example())
			}
			name := Key(c.Name, params)
			if p.Help == "" || p.Forms() == "" || name == c.Name || BaseName(name) != c.Name {
				t.Errorf("%s of %s: %q, %q, result %q of %q", p.Name, c.Name, p.Help, p.Forms(), name, BaseName(name))
			}
			v, err := strconv.ParseFloat(p.Default, 64)
			if p.Default != "" && !slices.Contains(p.Words, p.Default) && (err != nil || !p.Number.Holds(v)) {
				t.Errorf("%s of %s: the default %q is not %s", p.Name, c.Name, p.Default, p.Forms())
			}
			if err := params.Validate(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestRowsDescribeTheirValues: what odd profiles give is in the range that the
// table tells.
func TestRowsDescribeTheirValues(t *testing.T) {
	for kind, profiles := range oddProfiles(t) {
		for _, ref := range profiles {
			for name, cur := range profiles {
				for _, c := range All() {
					if !Fits(c, kind) {
						continue
					}
					r := c.Compute(Input{Reference: ref, Current: cur})
					if r.Skipped == "" && (r.Low < c.Range.Least || r.High > c.Range.Greatest) {
						t.Errorf("%s of %s: [%v, %v] is not in %v", c.Name, name, r.Low, r.High, c.Range)
					}
				}
			}
		}
	}
}

func TestNamesOfResults(t *testing.T) {
	for want, p := range map[string]Params{
		"psi":                             {Bins: 10},
		"psi_20":                          {Bins: 20},
		"psi_sturges_width_epsilon0.0001": {Rule: Sturges, Binning: Width, Smoothing: Epsilon, Epsilon: 1e-4},
		"psi_0,10,2.5e+06_none":           {Edges: []float64{0, 10, 2.5e6}, Smoothing: None},
		"psi_-1":                          {Edges: []float64{-1}},
		"psi_" + decimal(math.MaxFloat64): {Edges: []float64{math.MaxFloat64}},
	} {
		if got := Key("psi", p); got != want || BaseName(got) != "psi" {
			t.Errorf("%+v: %q of %q, want %q", p, got, BaseName(got), want)
		}
	}
	for name, want := range map[string]string{
		"unknown_fields": "unknown_fields", "l_infinity": "l_infinity", "ks_20": "ks_20", "psi_": "psi_", "quantile_0.99": "quantile",
	} {
		if got := BaseName(name); got != want {
			t.Errorf("%q is of %q, want %q", name, got, want)
		}
	}
}

func TestParamsThatContradict(t *testing.T) {
	for _, p := range []Params{{Edges: []float64{1}, Bins: 5}, {Edges: []float64{1}, Rule: Doane}, {Edges: []float64{1}, Binning: Width}} {
		if p.Validate() == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
}
