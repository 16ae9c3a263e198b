package monitors

import (
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
)

func TestSeries(t *testing.T) {
	spec := Spec{
		MaxSegments: 3,
		Checks:      []Check{{Name: "nulls"}, {Name: "mean"}, {Name: "psi", Params: checks.Params{}}, {Name: "freshness"}, {Name: "unknown_fields"}},
		Fields: []Field{
			{Name: "x", Type: profile.Number},
			{Name: "c", Type: profile.Category, Allowed: []string{"BR", "PT"}},
		},
		UnknownFields: true,
	}
	verdict := func(name string) float64 {
		if c, _ := checks.Find(name); c.Floor > 0 {
			return 3
		}
		return 1
	}
	fields := 2*(verdict("nulls")+3) + 1 // psi has a verdict; only x has a mean
	each := 1 + verdict("unknown_fields")
	whole := each + verdict("freshness")
	if got := spec.Series(); got != whole+fields {
		t.Errorf("%v without segments, want %v", got, whole+fields)
	}
	spec.Segments = [][]string{{"c"}, {"c", "x"}} // BR, PT, three more and the rest; none of x is named
	if got, want := spec.Series(), whole+fields+(6+4)*(each+fields); got != want {
		t.Errorf("%v with segments, want %v", got, want)
	}
}
