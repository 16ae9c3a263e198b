package checks

import (
	"math"
	"strings"
	"testing"
	"time"

	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
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

// TestPromises: what the user wrote is broken with and without a reference.
func TestPromises(t *testing.T) {
	cur := profile.New(profile.Options{Kind: profile.Number})
	cur.AddRows(100)
	cur.AddNull(5)
	cur.AddInvalid(1)
	cur.ObserveNumbers(make([]float64, 90))
	cur.AddOutOfRange(2)
	zero, some := 0.0, 0.05
	for _, c := range []struct {
		check     string
		limits    Limits
		value     float64
		violation bool
		skipped   string
	}{
		{"nulls", Limits{}, 0.05, false, ""},
		{"nulls", Limits{Nulls: &some}, 0.05, false, ""},
		{"nulls", Limits{Nulls: &zero}, 0.05, true, ""},
		{"missing", Limits{Missing: &zero}, 0.04, true, ""},
		{"missing", Limits{Missing: &some}, 0.04, false, ""},
		{"invalid", Limits{}, 0.01, false, ""},
		{"range", Limits{Min: &zero}, 0.02, true, ""},
		{"range", Limits{Max: &zero}, 0.02, true, ""},
		{"range", Limits{}, 0, false, "no min or max is declared"},
		{"allowed", Limits{}, 0, false, "no allowed values are declared"},
		{"allowed", Limits{Allowed: true}, 0, false, ""},
		{"pattern", Limits{}, 0, false, "no pattern is declared"},
		{"pattern", Limits{Pattern: true}, 0, false, ""},
	} {
		for _, ref := range []*profile.Profile{nil, cur} {
			check, _ := Find(c.check)
			r := check.Compute(Input{Reference: ref, Current: cur, Limits: c.limits})
			Judge(check.Floor, 0.001, []*Result{&r})
			if r.Value != c.value || r.Violation != c.violation || r.Skipped != c.skipped {
				t.Errorf("%s with %+v: got %+v", c.check, c.limits, r)
			}
			if drift := r.Drift != nil && *r.Drift; drift != c.violation {
				t.Errorf("%s with %+v: drift %v", c.check, c.limits, drift)
			}
			if tested := r.PValue != nil; tested != (ref != nil && c.skipped == "") {
				t.Errorf("%s with %+v: p-value known: %v", c.check, c.limits, tested)
			}
		}
	}
	if r := missing(Input{Current: profile.New(profile.Options{Kind: profile.Number})}); r.Skipped != "no rows in this window" {
		t.Errorf("an empty window: %+v", r)
	}
}

func TestUnknownFields(t *testing.T) {
	r := unknownFields(Input{Rows: 200, UnknownRows: 10})
	if r.Value != 0.05 || r.PValue != nil {
		t.Errorf("without a reference: %+v", r)
	}
	r = unknownFields(Input{Rows: 200, UnknownRows: 10, ReferenceRows: 5000})
	Judge(shareFloor, 0.001, []*Result{&r})
	if r.Drift == nil || !*r.Drift {
		t.Errorf("never seen before: %+v", r)
	}
}

// hourly returns windows of one hour that end before start, rows by their age in
// hours, newest last.
func hourly(start window.Time, n int, rows func(age int) uint64) []Past {
	var past []Past
	for age := n; age > 0; age-- {
		past = append(past, Past{start.Add(-time.Duration(age) * time.Hour), rows(age)})
	}
	return past
}

func TestVolume(t *testing.T) {
	start := window.FromTime(time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC))
	busyAtThree := func(age int) uint64 {
		if age%24 == 0 {
			return 10000 + uint64(age%7)*100
		}
		return 100
	}
	for _, c := range []struct {
		name    string
		days    int
		rows    uint64
		skipped bool
		drift   bool
	}{
		{"six days", 6, 10000, true, false},
		{"as every day", 7, 10200, false, false},
		{"the night's number at day", 7, 100, false, true},
		{"half is not enough", 20, 5400, false, false},
		{"less than half", 20, 4900, false, true},
		{"more than double", 20, 21000, false, true},
		{"no rows", 20, 0, false, true},
	} {
		r := volume(Input{Rows: c.rows, Start: start, History: hourly(start, c.days*24, busyAtThree)})
		Judge(volumeFloor, 0.001, []*Result{&r})
		if (r.Skipped != "") != c.skipped {
			t.Errorf("%s: skipped %q", c.name, r.Skipped)
			continue
		}
		if drift := r.Drift != nil && *r.Drift; drift != c.drift {
			t.Errorf("%s: drift %v, effect %v, p %v", c.name, drift, *r.Effect, *r.PValue)
		}
	}
}

// TestVolumePhase: the hour of the week is used as soon as it has seven windows,
// and no more than the last 28 are.
func TestVolumePhase(t *testing.T) {
	start := window.FromTime(time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC))
	weekly := func(age int) uint64 {
		if age%(24*7) == 0 {
			return 50000
		}
		return 1000
	}
	if got := samePhase(start, hourly(start, 24*7*7, weekly)); len(got) != 7 || got[0] != 50000 {
		t.Errorf("seven weeks: got %v", got)
	}
	if got := samePhase(start, hourly(start, 24*7*6, weekly)); len(got) != 28 {
		t.Errorf("six weeks: got %d windows, want the last 28 days", len(got))
	}
	if a, b := hourOf(-1, 24*time.Hour), hourOf(window.Time(23*time.Hour.Milliseconds()), 24*time.Hour); a != b {
		t.Errorf("the last hour of 1969 is hour %d of the day, not %d", a, b)
	}
}

func TestVolumeOfEmptyWindows(t *testing.T) {
	start := window.Time(0)
	none := hourly(start, 24*8, func(int) uint64 { return 0 })
	for rows, effect := range map[uint64]float64{0: 0, 5: 1} {
		r := volume(Input{Rows: rows, Start: start, History: none})
		if *r.Effect != effect || math.IsNaN(*r.PValue) {
			t.Errorf("%d rows after none: %+v", rows, r)
		}
	}
}

func TestDistancesNeedTwentyValues(t *testing.T) {
	nineteen, twenty := make([]float64, 19), make([]float64, 20)
	for i := range twenty {
		twenty[i] = float64(i)
	}
	copy(nineteen, twenty)
	for _, c := range []struct {
		r, c []float64
		test bool
	}{{twenty, twenty, true}, {nineteen, twenty, false}, {twenty, nineteen, false}} {
		got := testNumbers(align(t, c.r, c.c))
		if got.ok != c.test {
			t.Errorf("%d against %d values: tested %v", len(c.c), len(c.r), got.ok)
		}
	}
}

func TestTableNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		if seen[c.Name] || c.Summary == "" || c.Compute == nil {
			t.Errorf("%q stands twice or is incomplete", c.Name)
		}
		seen[c.Name] = true
	}
	for _, name := range Expand("schema") {
		if !seen[name] {
			t.Errorf("schema stands for %q, which is no check", name)
		}
	}
	if got := Expand("ks"); len(got) != 1 || got[0] != "ks" {
		t.Errorf("ks stands for %v", got)
	}
	for _, c := range []struct {
		name string
		p    Params
		want string
	}{
		{"quantile", Params{Q: 0.99}, "quantile_0.99"}, {"quantile", Params{Q: 0.5}, "quantile"}, {"quantile", Params{}, "quantile"},
		{"psi", Params{Bins: 20}, "psi_20"}, {"psi", Params{Bins: 10, Q: 0.9}, "psi"}, {"ks", Params{Bins: 20, Q: 0.9}, "ks"},
	} {
		if got := Key(c.name, c.p); got != c.want {
			t.Errorf("%s with %+v: got %q, want %q", c.name, c.p, got, c.want)
		}
	}
	for kind, want := range map[profile.Kind][2]string{
		profile.Number:   {"ks", "unseen"},
		profile.Category: {"chi2", "range"},
		profile.Boolean:  {"unseen", "pattern"},
		profile.Text:     {"pattern", "chi2"},
	} {
		names := strings.Join(Defaults(kind), " ") + " "
		if !strings.Contains(names, want[0]+" ") || strings.Contains(names, want[1]+" ") || strings.Contains(names, "volume") {
			t.Errorf("%v has %s by default", kind, names)
		}
	}
}
