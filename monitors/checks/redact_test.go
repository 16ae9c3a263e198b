package checks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"driftwatch/monitors/profile"
)

// secretive is a window in which every part of a field tells a value.
func secretive() *Window {
	v, yes := 4242.0, true
	told := Result{Value: v, Low: v, High: v, Reference: &v, Change: &v, ChangeLow: &v, ChangeHigh: &v}
	judged := told
	judged.Drift, judged.Effect, judged.PValue = &yes, new(0.5), new(0.25)
	binned := Result{Value: 0.5, Low: 0.5, High: 0.5, Edges: []float64{v}, Bins: 7, Drift: &yes}
	side := Summary{Rows: 10, Distinct: 3, Mean: &v, StdDev: &v, Min: &v, Max: &v, Quantiles: map[string]float64{"0.5": v}}
	f := Field{
		Name: "salary", Current: side, Reference: &side, Moved: []Move{{Bin: "<= 4242"}, {Category: new("4242")}},
		Checks: map[string]Result{"mean": told, "quantile_0.99": told, "wasserstein": judged, "psi": binned, "not_a_check": told},
	}
	open := Field{Name: "age", Current: side, Checks: map[string]Result{"mean": told}, ExplainedBy: &Explanation{Segment: "salary=4242"}}
	return &Window{Segments: []Segment{{Fields: []Field{f, open}}, {Name: "salary=4242", Fields: []Field{f}}}}
}

func TestRedaction(t *testing.T) {
	w := secretive()
	before, _ := json.Marshal(w)
	shown := Redaction{"salary": true}.Window(w)
	if after, _ := json.Marshal(w); string(after) != string(before) {
		t.Error("the window itself was changed")
	}
	b, err := json.Marshal(shown.Whole().Fields[0])
	if err != nil || strings.Contains(string(b), "4242") {
		t.Errorf("a value is told: %s, %v", b, err)
	}
	f := shown.Whole().Fields[0]
	if f.Checks["psi"].Value != 0.5 || f.Checks["psi"].Bins != 7 || f.Current.Distinct != 3 || f.Reference.Rows != 10 {
		t.Errorf("more than values was taken out: %s", b)
	}
	if r := f.Checks["wasserstein"]; !*r.Drift || *r.Effect != 0.5 || *r.PValue != 0.25 || r.Skipped != Redacted {
		t.Errorf("the verdict was taken out: %+v", r)
	}
	if len(shown.Segments) != 1 || shown.Whole().Fields[1].ExplainedBy != nil || shown.Whole().Fields[1].Checks["mean"].Value != 4242 {
		t.Errorf("other fields and segments: %+v", shown)
	}
	var again Window
	if b, _ := json.Marshal(shown); json.Unmarshal(b, &again) != nil || !*again.Whole().Fields[0].Checks["wasserstein"].Drift {
		t.Error("a verdict does not survive its JSON")
	}
}

func TestRedactionOfNothing(t *testing.T) {
	w := secretive()
	if shown := (Redaction{"other": true}).Window(w); shown != w {
		t.Error("a window without redacted fields is copied")
	}
	w.Segments[0].Fields[0].Redacted = true // when it closed; since then the field has left the configuration
	if b, _ := json.Marshal(Redaction(nil).Window(w).Whole().Fields[0]); strings.Contains(string(b), "4242") {
		t.Errorf("a field that was redacted when its window closed tells a value: %s", b)
	}
}

// TestOnlyChecksInTheFieldsUnitTell: a check whose value moves with the values
// themselves, and not with how they are distributed, must have their unit: it is what
// redaction goes by.
func TestOnlyChecksInTheFieldsUnitTell(t *testing.T) {
	fill := func(base float64) *profile.Profile {
		var v []float64
		for i := range 5000 {
			v = append(v, base+float64(i%997))
		}
		return numbers(v)
	}
	for _, c := range All() {
		if !slices.Contains(c.Kinds, profile.Number) {
			continue
		}
		in := func(by float64) Input {
			return Input{
				Reference: fill(by), Current: fill(by + 3), Params: Params{Bins: 10, Q: 0.5}, Limits: Limits{Min: new(by), Max: new(by + 990)},
			}
		}
		a, b := c.Compute(in(0)), c.Compute(in(1<<20))
		if a.Skipped != "" || a.Value != b.Value && !Tells(c.Name) {
			t.Errorf("%s is %v of small values and %v of great ones, and redaction would show it %s", c.Name, a.Value, b.Value, a.Skipped)
		}
	}
}
