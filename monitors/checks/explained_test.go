package checks

import "testing"

// TestBestExplanation: the one that leaves least, of those that are about alike
// the one of the fewest rows.
func TestBestExplanation(t *testing.T) {
	explained := func(segment, check string, without, rows float64) Explanation {
		return Explanation{Segment: segment, Check: check, Effect: 1, Without: without, rows: rows}
	}
	for name, tt := range map[string]struct {
		list []Explanation
		want string
	}{
		"none":      {nil, ""},
		"strongest": {[]Explanation{explained("a", "ks", 0.4, 0.1), explained("b", "ks", 0.05, 0.5)}, "b"},
		"smallest":  {[]Explanation{explained("c=BR", "ks", 0.02, 0.4), explained("c=BR,d=ios", "ks", 0.1, 0.1)}, "c=BR,d=ios"},
		"root":      {[]Explanation{explained("a", "psi", 0.09, 0.1), explained("b", "psi", 0, 0.5)}, "b"}, // 0.3 of the rows are left
		"by name":   {[]Explanation{explained("b", "ks", 0, 0.1), explained("a", "ks", 0, 0.1)}, "a"},
	} {
		got := ""
		if e := Best(tt.list); e != nil {
			got = e.Segment
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestWhatToExplain(t *testing.T) {
	yes, no := ptr(true), ptr(false)
	drift := Result{Drift: yes, Effect: ptr(0.3)}
	for name, tt := range map[string]struct {
		results map[string]Result
		want    string
	}{
		"psi first":      {map[string]Result{"ks": drift, "psi": drift}, "psi"},
		"in their order": {map[string]Result{"wasserstein": drift, "ks": drift, "psi": {Drift: no, Effect: ptr(0.3)}}, "ks"},
		"parameters":     {map[string]Result{"psi_20": drift}, "psi_20"},
		"quality only":   {map[string]Result{"nulls": drift}, ""},
		"nothing":        {map[string]Result{"psi": {Skipped: "no reference"}}, ""},
	} {
		if got := ToExplain(tt.results); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
