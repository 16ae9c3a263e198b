package checks_test

import (
	"encoding/json"
	"math"
	"testing"

	"driftwatch/monitors/checks"
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
		got, err := json.Marshal(checks.Summarize(c.p))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

func TestSummarizeHugeNumbers(t *testing.T) {
	s := checks.Summarize(numbers([]float64{-math.MaxFloat64, math.MaxFloat64, 1}))
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
}

// TestUncertain: two constants in one bucket may be the same or not. That is
// said, and is no alarm; two far apart are certain.
func TestUncertain(t *testing.T) {
	ks, _ := checks.Find("ks")
	spread := func(from float64) *profile.Profile {
		v := make([]float64, 500)
		for i := range v {
			v[i] = from + float64(i%100)/1000
		}
		return capped(v, 1)
	}
	for _, c := range []struct {
		name             string
		r, c             *profile.Profile
		uncertain, drift bool
	}{
		{"inside one bucket", spread(1), spread(1.03), true, false},
		{"far apart", spread(1), spread(1000), false, true},
	} {
		r := ks.Compute(checks.Input{Reference: c.r, Current: c.c})
		checks.Judge(ks.Floor, 0.001, []*checks.Result{&r})
		if r.Uncertain != c.uncertain || *r.Drift != c.drift {
			t.Errorf("%s: %v in [%v, %v], uncertain %v, drift %v", c.name, r.Value, r.Low, r.High, r.Uncertain, *r.Drift)
		}
	}
}

func TestResultJSON(t *testing.T) {
	effect, p, no := 0.5, 0.25, false
	for name, r := range map[string]checks.Result{
		`{"value":1,"low":1,"high":2,"uncertain":false}`: {Value: 1, Low: 1, High: 2},
		`{"skipped":"no reference"}`:                     {Skipped: "no reference"},
		`{"value":0,"low":0,"high":0,"effect":0.5,"effect_low":0.5,"p_value":0.25,"drift":false,"violation":true,"uncertain":true,"bins":10}`: {
			Effect: &effect, EffectLow: &effect, PValue: &p, Drift: &no, Violation: true, Uncertain: true, Bins: 10,
		},
	} {
		got, err := json.Marshal(r)
		if err != nil || string(got) != name {
			t.Errorf("got %s, %v, want %s", got, err, name)
		}
		var back checks.Result
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); string(again) != name {
			t.Errorf("read back as %s", again)
		}
	}
}
