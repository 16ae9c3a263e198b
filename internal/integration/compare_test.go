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

// claim is what a result says of the truth.
type claim int

const (
	isExact claim = iota
	hasBounds
	claimsNothing // a divergence that depends on what counts as one category
)

// claimOf returns what the program claims about a check of a field. Whatever has
// few distinct values is exact; beyond, order inside buckets is uncertain, and so
// is which categories are joined. Shares, moments and divergences over the bins
// of numbers are always exact.
func claimOf(check, kind string, few bool) claim {
	category := kind == "category"
	switch check {
	case "ks", "wasserstein", "quantile", "distinct", "unseen":
		if !few {
			return hasBounds
		}
	case "js", "hellinger":
		if !few && category {
			return hasBounds
		}
	case "psi", "kl", "chi2", "l_infinity":
		if !few && category {
			return claimsNothing
		}
	}
	return isExact
}

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
		switch claimOf(name, got.Type, want.exact()) {
		case isExact:
			c.exactly(at+" "+name, g, r, tolerance(name))
		case hasBounds:
			c.bounds(at, name, g, r)
		case claimsNothing:
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

// exactly compares a value that must be exact, and its p-value.
func (c *comparison) exactly(at string, got, want result, tolerance float64) {
	truth := *want.Value
	if c.values++; !near(*got.Value, truth, tolerance) || *got.Low != *got.Value || *got.High != *got.Value {
		c.t.Errorf("%s is %v in [%v, %v], want exactly %v", at, *got.Value, *got.Low, *got.High, truth)
	}
	if want.PValue == nil {
		return
	}
	if got.PValue == nil {
		c.t.Errorf("%s has no p-value, want %v", at, *want.PValue)
		return
	}
	p, truth := *got.PValue, max(leastP, *want.PValue)
	c.p++
	if err := math.Abs(p-truth) / truth; err > c.worstP {
		c.worstP, c.worstPOf = err, at
	}
	if !near(p, truth, nearly) {
		c.t.Errorf("%s: p-value %v, want %v", at, p, truth)
	}
}

// bounds looks for the truth between the bounds. The p-value of ks is that of
// the least that the value can be, so it is at least the true one.
func (c *comparison) bounds(at, check string, got, want result) {
	truth, low, high := *want.Value, *got.Low, *got.High
	c.bounded++
	slack := exactly * math.Abs(truth)
	if truth < low-slack || truth > high+slack || *got.Value < low || *got.Value > high {
		c.t.Errorf("%s: %s is %v in [%v, %v], the truth is %v", at, check, *got.Value, low, high, truth)
	}
	if check != "ks" {
		return
	}
	if width := high - low; width > c.widest {
		c.widest, c.widestOf = width, at
	}
	if p, least := got.PValue, max(leastP, *want.PValue)*(1-nearly); p == nil || *p < least {
		c.t.Errorf("%s: p-value %s is below the true %v", at, show(p), *want.PValue)
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
