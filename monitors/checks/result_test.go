package checks

import (
	"encoding/json"
	"testing"
)

func TestResultJSON(t *testing.T) {
	effect, p, no := 0.5, 0.25, false
	for name, r := range map[string]Result{
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
		var back Result
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); string(again) != name {
			t.Errorf("read back as %s", again)
		}
	}
}
