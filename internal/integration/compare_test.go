//go:build integration

package integration

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

const (
	// exactly is the relative error that floating point may leave of an exact result.
	exactly = 1e-12
	// rooted is that of distances that are the root of what small differences sum up to.
	rooted = 1e-8
	// nearly is that of p-values, which two programs compute in different ways.
	nearly = 1e-6
	// leastP stands for p-values that a normal float64 cannot hold.
	leastP = 0x1p-1022
	// gridWidth is the promise of a reference with a grid.
	gridWidth = 0.002
)

// uncertain are the checks that only fields of few distinct values have exact
// answers of. Shares, moments and divergences over the bins of numbers are always exact.
var uncertain = map[string]bool{"ks": true, "wasserstein": true, "quantile": true, "distinct": true}

// Of categories beyond the cap these have bounds, and divergences with
// smoothing, which depend on what counts as one category, claim nothing.
var (
	boundedOfMany   = map[string]bool{"js": true, "hellinger": true, "unseen": true, "distinct": true}
	unclaimedOfMany = map[string]bool{"psi": true, "kl": true, "chi2": true, "l_infinity": true}
)

// tolerance is the relative error of an exact result of a check.
func tolerance(check string) float64 {
	switch check {
	case "js", "hellinger":
		return rooted
	}
	return exactly
}

// comparison counts what was compared with the oracle.
type comparison struct {
	t         *testing.T
	checks    []string // to compare; empty: all
	counts    int
	values    int // exactly equal
	bounded   int // truth in [low, high]
	p         int
	widest    float64 // high - low
	widestOf  string
	worstP    float64 // relative error
	worstPOf  string
	found     int // drift verdicts where the stream drifts
	missed    int
	mistaken  int // drift verdicts where it does not
	undrifted int
}

// compare compares every window and field with the oracle: the given checks, or
// all of them.
func (o *oracle) compare(t *testing.T, got []apiWindow, checks ...string) {
	t.Helper()
	if len(got) != len(o.Windows) {
		t.Fatalf("%d windows, want %d", len(got), len(o.Windows))
	}
	c := &comparison{t: t, checks: checks}
	for i, want := range o.Windows {
		w := &got[i]
		if w.Start != want.Start || w.Rows != want.Rows {
			t.Errorf("window %v of %d rows, want %v of %d", w.Start, w.Rows, want.Start, want.Rows)
		}
		if v := w.Checks["unknown_fields"].Value; c.compared("unknown_fields") && (v == nil || !near(*v, want.Unknown, exactly)) {
			t.Errorf("window %v: unknown_fields is %s, want %v", w.Start, show(v), want.Unknown)
		}
		if len(w.Fields) != len(want.Fields) {
			t.Errorf("window %v has %d fields, want %d", w.Start, len(w.Fields), len(want.Fields))
		}
		for j := range w.Fields {
			f := want.Fields[w.Fields[j].Name]
			c.field(fmt.Sprintf("window %d, %s", i, w.Fields[j].Name), &w.Fields[j], &f)
		}
	}
	t.Logf("%d counts, %d values and %d p-values are those of scipy; %d more values lie in [low, high]", c.counts, c.values, c.p, c.bounded)
	if c.widest > gridWidth {
		t.Errorf("the greatest width of ks is %v, more than %v", c.widest, gridWidth)
	}
	t.Logf("greatest width of ks %.6f (%s); greatest relative error of a p-value %.1e (%s)", c.widest, c.widestOf, c.worstP, c.worstPOf)
	t.Logf("verdicts: %d of %d drifts found, %d of %d mistaken", c.found, c.found+c.missed, c.mistaken, c.undrifted)
}

func (c *comparison) field(at string, got *apiField, want *oracleField) {
	cur := &got.Current
	numbers := map[string][2]int{
		"rows": {cur.Rows, want.Rows}, "present": {cur.Present, want.Present}, "null": {cur.Null, want.Null},
		"missing": {cur.Missing, want.Missing}, "invalid": {cur.Invalid, want.Invalid},
	}
	if want.exact() {
		numbers["distinct"] = [2]int{cur.Distinct, want.Distinct}
	}
	for name, pair := range numbers {
		if c.counts++; pair[0] != pair[1] {
			c.t.Errorf("%s: %s is %d, want %d", at, name, pair[0], pair[1])
		}
	}
	for name, r := range want.Checks {
		if !c.compared(name) {
			continue
		}
		g, ok := got.Checks[name]
		if !ok || g.Skipped != "" {
			c.t.Errorf("%s: %s is not there: %s", at, name, g.Skipped)
			continue
		}
		many := !want.exact() && got.Type == "category"
		if many && unclaimedOfMany[name] {
			continue
		}
		exact := want.exact() || !uncertain[name] && !(many && boundedOfMany[name])
		c.value(at, name, g, r, exact)
		if !many || exact {
			c.pValue(at+" "+name, g, r, exact)
		}
		if r.Bins != 0 && r.Bins != g.Bins {
			c.t.Errorf("%s: %s has %d bins, want %d", at, name, g.Bins, r.Bins)
		}
	}
	for name, r := range got.Checks {
		if _, ok := want.Checks[name]; !ok && r.Value != nil {
			c.t.Errorf("%s: %s is %v, which the oracle does not expect", at, name, *r.Value)
		}
	}
	c.verdict(got, want)
}

func (c *comparison) compared(check string) bool {
	return len(c.checks) == 0 || slices.Contains(c.checks, check)
}

func (c *comparison) value(at, check string, got, want result, exact bool) {
	truth, low, high := *want.Value, *got.Low, *got.High
	if exact {
		if c.values++; !near(*got.Value, truth, tolerance(check)) || low != *got.Value || high != *got.Value {
			c.t.Errorf("%s: %s is %v in [%v, %v], want exactly %v", at, check, *got.Value, low, high, truth)
		}
		return
	}
	c.bounded++
	slack := exactly * math.Abs(truth)
	if truth < low-slack || truth > high+slack || *got.Value < low || *got.Value > high {
		c.t.Errorf("%s: %s is %v in [%v, %v], the truth is %v", at, check, *got.Value, low, high, truth)
	}
	if width := high - low; check == "ks" && width > c.widest {
		c.widest, c.widestOf = width, at
	}
}

// pValue compares p-values. Where the value is not known exactly the p-value is
// that of the least it can be, so it is an upper bound.
func (c *comparison) pValue(at string, got, want result, exact bool) {
	switch {
	case want.PValue == nil:
		return
	case got.PValue == nil:
		c.t.Errorf("%s has no p-value, want %v", at, *want.PValue)
		return
	}
	p, truth := *got.PValue, max(leastP, *want.PValue)
	if !exact {
		if p < truth*(1-nearly) {
			c.t.Errorf("%s: p-value %v is below the true %v", at, p, truth)
		}
		return
	}
	c.p++
	if err := math.Abs(p-truth) / truth; err > c.worstP {
		c.worstP, c.worstPOf = err, at
	}
	if !near(p, truth, nearly) {
		c.t.Errorf("%s: p-value %v, want %v", at, p, truth)
	}
}

func (c *comparison) verdict(got *apiField, want *oracleField) {
	drift := false
	for _, name := range []string{"ks", "psi"} {
		if d := got.Checks[name].Drift; d != nil && *d {
			drift = true
		}
	}
	switch {
	case want.Drifted && drift:
		c.found++
	case want.Drifted:
		c.missed++
	default:
		c.undrifted++
		if drift {
			c.mistaken++
			c.t.Errorf("%s drifts, they say, where nothing does", got.Name)
		}
	}
}

// near reports whether two numbers are equal but for a relative error.
func near(a, b, relative float64) bool {
	return math.Abs(a-b) <= relative*max(math.Abs(a), math.Abs(b))
}

func show(v *float64) string {
	if v == nil {
		return "not there"
	}
	return fmt.Sprint(*v)
}
