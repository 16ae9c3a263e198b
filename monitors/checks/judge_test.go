package checks

import (
	"strings"
	"testing"
)

func result(effect, p float64) *Result { return &Result{Effect: &effect, PValue: &p} }

func TestJudge(t *testing.T) {
	uncertain := result(0.2, 1e-9)
	uncertain.Uncertain = true
	broken := &Result{Violation: true}
	brokenToo := result(0, 1)
	brokenToo.Violation = true
	for _, c := range []struct {
		name    string
		floor   float64
		results []*Result
		want    string // of each: drift, no, or - without a verdict
	}{
		{"effect and significance", 0.1, []*Result{result(0.2, 1e-9)}, "d"},
		{"on the floor and on alpha", 0.1, []*Result{result(0.1, 0.001)}, "d"},
		{"a trifle", 0.1, []*Result{result(0.09, 1e-9)}, "n"},
		{"chance", 0.1, []*Result{result(0.9, 0.0011)}, "n"},
		{"many fields", 0.1, []*Result{result(0.9, 0.0009), result(0, 0.5), result(0, 0.7)}, "nnn"},
		{"many fields that drift", 0.1, []*Result{result(0.9, 0.0009), result(0.9, 0.0005), result(0.9, 1e-9)}, "ddd"},
		{"a trifle counts among the discoveries", 0.1, []*Result{result(0.9, 0.0009), result(0.01, 0.0005)}, "dn"},
		{"uncertain", 0.1, []*Result{uncertain}, "n"},
		{"violations", 0.01, []*Result{broken, brokenToo}, "dd"},
		{"no test", 0.1, []*Result{{Value: 3}, {Skipped: "no reference"}, result(0.9, 0.0009)}, "--d"},
		{"no floor", 0, []*Result{result(0.9, 1e-9)}, "-"},
		{"nothing", 0.1, nil, ""},
	} {
		Judge(c.floor, 0.001, c.results)
		var got strings.Builder
		for _, r := range c.results {
			switch {
			case r.Drift == nil:
				got.WriteByte('-')
			case *r.Drift:
				got.WriteByte('d')
			default:
				got.WriteByte('n')
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got.String(), c.want)
		}
	}
}

func TestBenjaminiHochberg(t *testing.T) {
	// The example of the paper, adjusted as R does.
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	want := []float64{.0015, .003, .0095, .035625, .0603, .06385714, .06385714, .0645, .0765, .486, .58118182, .714875, .75323077, .81321429, 1}
	for i, got := range benjaminiHochberg(p) {
		near(t, "adjusted", got, want[i], 1e-7)
	}
	reversed := make([]float64, len(p))
	for i := range p {
		reversed[len(p)-1-i] = p[i]
	}
	for i, got := range benjaminiHochberg(reversed) {
		near(t, "reversed", got, want[len(p)-1-i], 1e-7)
	}
}
