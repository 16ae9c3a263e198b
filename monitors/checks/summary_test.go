package checks

import (
	"encoding/json"
	"math"
	"testing"

	"driftwatch/monitors/profile"
)

func TestSummarize(t *testing.T) {
	p := numbers([]float64{1, 2, 3, 4, 5})
	p.AddRows(4)
	p.AddNull(2)
	p.AddInvalid(1)
	for _, c := range []struct {
		name string
		p    *profile.Profile
		want string
	}{
		{"numbers", p, `{"rows":9,"present":5,"null":2,"missing":1,"invalid":1,"distinct":5,"mean":3,"stddev":1.4142135623730951,"min":1,"max":5,` +
			`"quantiles":{"0.01":1.04,"0.05":1.2,"0.25":2,"0.5":3,"0.75":4,"0.95":4.8,"0.99":4.96}}`},
		{"no numbers", numbers(nil), `{"rows":0,"present":0,"null":0,"missing":0,"invalid":0,"distinct":0}`},
		{"names", listed(3, 1), `{"rows":4,"present":4,"null":0,"missing":0,"invalid":0,"distinct":2}`},
	} {
		got, err := json.Marshal(Summarize(c.p))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

func TestSummarizeHugeNumbers(t *testing.T) {
	s := Summarize(numbers([]float64{-math.MaxFloat64, math.MaxFloat64, 1}))
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
}
