package checks

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftwatch/monitors/profile"
)

func upTo(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i + 1)
	}
	return v
}

func TestMoved(t *testing.T) {
	for _, c := range []struct {
		name string
		r, c *profile.Profile
		want string
	}{
		{"equal", numbers(upTo(100)), numbers(upTo(100)), ""},
		{"one value", numbers(repeat(9, 3)), numbers(repeat(5, 3)), ""},
		{"one value and another", numbers(repeat(9, 3)), numbers(repeat(5, 4)), ""}, // one bin, open on both sides
		{"zeros", numbers(repeat(60, 0, 40, 1)), numbers(repeat(10, 0, 90, 1)), "= 0: 60 % → 10 %, = 1: 40 % → 90 %"},
		{"an upper end", numbers(upTo(100)), numbers(append(upTo(90), repeat(30, 95)...)), "> 90: 10 % → 25 %, <= 10: 10 % → 8.3 %, (10, 20]: 10 % → 8.3 %, (20, 30]: 10 % → 8.3 %, (30, 40]: 10 % → 8.3 %"},
		{"a lower end", numbers(upTo(100)), numbers(append(upTo(100), repeat(900, -7.25)...)), "<= 10: 10 % → 91 %, (10, 20]: 10 % → 1 %, (20, 30]: 10 % → 1 %, (30, 40]: 10 % → 1 %, (40, 50]: 10 % → 1 %"},
		{"categories", listed(50, 30, 20), listed(50, 10, 20, 20), "c003: 0 % → 20 %, c001: 30 % → 10 %"},
		{"no name", categories(map[string]int{"": 10, "a": 90}), categories(map[string]int{"": 50, "a": 50}), `"": 10 % → 50 %, a: 90 % → 50 %`},
		{"another type", numbers(upTo(10)), listed(1), ""},
		{"nothing", numbers(upTo(10)), numbers(nil), ""},
	} {
		if got := MovedText(Moved(Input{Reference: c.r, Current: c.c})); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
	if got := Moved(Input{Current: numbers(upTo(10))}); got != nil {
		t.Errorf("without a reference: %v", got)
	}
}

// More categories than a profile can name: those of the watch list are named,
// the others are one.
func TestMovedBeyondTheCap(t *testing.T) {
	many := func(common int) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Category, Buckets: 64})
		for i := range 1000 {
			p.ObserveCategory(fmt.Appendf(nil, "rare-%d", i))
		}
		for range common {
			p.ObserveCategory([]byte("common"))
		}
		p.AddRows(uint64(1000 + common))
		return p
	}
	if got := Moved(Input{Reference: many(1000), Current: many(3000)}); len(got) != 0 {
		t.Errorf("without any names: %v", got)
	}
	var values [][]byte
	for i := range 1000 {
		values = append(values, fmt.Appendf(nil, "rare-%d", i))
	}
	for range 1000 {
		values = append(values, []byte("common"))
	}
	b := profile.NewGuideBuilder(many(1000))
	for b.NeedsPass() {
		for _, v := range values {
			b.ObserveCategory(v)
		}
		if err := b.EndPass(); err != nil {
			t.Fatal(err)
		}
	}
	ref := b.Profile()
	guide, _ := ref.Guide()
	cur := profile.New(profile.Options{Kind: profile.Category, Buckets: 64, Guide: guide})
	for range 3000 {
		cur.ObserveCategory([]byte("common"))
	}
	for i := range 1000 {
		cur.ObserveCategory(fmt.Appendf(nil, "new-%d", i))
	}
	got := Moved(Input{Reference: ref, Current: cur})
	if text := MovedText(got); !strings.HasPrefix(text, "common: 50 % → 75 %") || !strings.Contains(text, OtherValues+": 0 % → 25 %") {
		t.Errorf("watched: %s", text)
	}
}

// What the names of bins say holds exactly: it is counted again from the values.
func TestMovedNamesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(
			rapid.Map(rapid.IntRange(-5, 15), func(i int) float64 { return float64(i) }),
			rapid.Float64Range(-1, 2), rapid.Float64Range(-1e300, 1e300),
		)
		r := rapid.SliceOfN(number, 1, 200).Draw(t, "reference")
		c := rapid.SliceOfN(number, 1, 200).Draw(t, "current")
		for _, m := range Moved(Input{Reference: numbers(r), Current: numbers(c)}) {
			if p, q := shareIn(t, m.Bin, r), shareIn(t, m.Bin, c); p != m.Reference || q != m.Current {
				t.Fatalf("%v holds %v and %v, not %v and %v", m.Bin, p, q, m.Reference, m.Current)
			}
		}
	})
}

// Where a coarse window is counted into the reference's grid, too.
func TestMovedNamesAreExactBeyondTheCap(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	r, c := make([]float64, 20000), make([]float64, 8000)
	for i := range r {
		r[i] = rng.NormFloat64()
	}
	for i := range c {
		c[i] = rng.NormFloat64() + 0.6
	}
	moves := Moved(Input{Reference: capped(r, 256), Current: capped(c, 256)})
	if len(moves) != movesMost {
		t.Fatalf("moves %v", moves)
	}
	for _, m := range moves {
		if p, q := shareIn(t, m.Bin, r), shareIn(t, m.Bin, c); p != m.Reference || q != m.Current {
			t.Errorf("%v holds %v and %v, not %v and %v", m.Bin, p, q, m.Reference, m.Current)
		}
	}
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// shareIn counts the values in a bin by its name.
func shareIn(t failer, name string, values []float64) float64 {
	t.Helper()
	parse := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("bin %q: %v", name, err)
		}
		return v
	}
	var least, greatest float64
	open := name[0] == '(' || strings.HasPrefix(name, "> ")
	ends := name[len(name)-1] == ')' || strings.HasPrefix(name, "< ")
	switch left, right, inner := strings.Cut(strings.Trim(name, "([])"), ", "); {
	case inner:
		least, greatest = parse(left), parse(right)
	case name[0] == '<':
		least, greatest = math.Inf(-1), parse(strings.TrimLeft(name, "<= "))
	case name[0] == '>':
		least, greatest = parse(strings.TrimLeft(name, ">= ")), math.Inf(1)
	default:
		least = parse(strings.TrimLeft(name, "= "))
		greatest = least
	}
	holds := func(v float64) bool {
		return v >= least && v <= greatest && !(open && v == least) && !(ends && v == greatest)
	}
	n := 0
	for _, v := range values {
		if holds(v) {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

func TestMovedTimes(t *testing.T) {
	times := func(v []float64) *profile.Profile {
		p := profile.New(profile.Options{Kind: profile.Timestamp})
		p.ObserveNumbers(v)
		return p
	}
	day := func(from float64) []float64 {
		v := upTo(100)
		for i := range v {
			v[i] = 1.7e9 + from + v[i]*60
		}
		return v
	}
	got := Moved(Input{Reference: times(day(0)), Current: times(day(90 * 60))})
	if want := "> 2023-11-14T23:43:20Z: 10 % → 100 %"; len(got) == 0 || got[0].String() != want {
		t.Errorf("got %v, want %s first", got, want)
	}
}

func TestMovedText(t *testing.T) {
	for bin, want := range map[string]string{
		"(17.384729384, 25]": "(17.385, 25]", "<= -0.00012345678": "<= -0.00012346", "> 123456.75": "> 123457", "= 191": "= 191",
		"< 1.2345678901e-20": "< 1.2346e-20", "(2023-11-14T23:43:20.123Z, 2023-11-14T23:43:20.5Z]": "(2023-11-14T23:43:20.123Z, 2023-11-14T23:43:20.5Z]",
	} {
		if got := (Move{Bin: bin, Current: 1}).String(); got != want+": 0 % → 100 %" {
			t.Errorf("%s is written %s", bin, got)
		}
	}
}

func TestMovedJSON(t *testing.T) {
	b, err := json.Marshal([]Move{{Bin: "> 3", Reference: 0.25, Current: 0.5}, {Category: ptr(""), Current: 0.5}})
	if want := `[{"bin":"\u003e 3","reference":0.25,"current":0.5},{"category":"","reference":0,"current":0.5}]`; err != nil || string(b) != want {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0 %", 0.0004: "< 0.1 %", 0.0312: "3.1 %", 0.09951: "10 %", 0.05: "5 %", 0.193: "19 %", 1: "100 %",
	} {
		if got := Percent(v); got != want {
			t.Errorf("Percent(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestShifted(t *testing.T) {
	drift := Result{Drift: ptr(true)}
	for _, c := range []struct {
		name    string
		results map[string]Result
		want    bool
	}{
		{"a distance drifts", map[string]Result{"psi_20": drift, "ks": {Drift: ptr(false)}}, true},
		{"uncertain", map[string]Result{"ks": {Drift: ptr(false), Uncertain: true}}, true},
		{"nothing drifts", map[string]Result{"ks": {Drift: ptr(false)}, "psi": {Skipped: "no reference"}}, false},
		{"nulls drift", map[string]Result{"nulls": drift}, false},
	} {
		if got := Shifted(c.results); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
