package checks

import (
	"strconv"
	"testing"

	"driftwatch/monitors/profile"
)

// observeIDs counts n ids of which the first are all different and the others
// repeat what pick says.
func observeIDs(different, repeated int, pick func(i int) int) *profile.IDCounts {
	var ids profile.IDs
	var b []byte
	observe := func(i int) {
		b = strconv.AppendInt(append(b[:0], "request-"...), int64(i), 10)
		ids.Observe(b)
	}
	for i := range different {
		observe(i)
	}
	for i := range repeated {
		observe(pick(i))
	}
	c := ids.Counts()
	return &c
}

func TestDuplicates(t *testing.T) {
	const million = 1_000_000
	spread := func(i int) int { return i * 7 }
	one := func(int) int { return 42 }
	for _, c := range []struct {
		name          string
		ids           *profile.IDCounts
		rows          uint64
		value, within float64 // relative
		low, high     float64 // the widest that they may be
		exact         bool
	}{
		{name: "none", ids: observeIDs(100, 0, nil), rows: 100, exact: true},
		{name: "exact", ids: observeIDs(90, 10, spread), rows: 100, value: 0.1, exact: true},
		{name: "rows without an id", ids: observeIDs(90, 10, spread), rows: 200, value: 0.05, exact: true},
		{name: "no row has an id", ids: &profile.IDCounts{Exact: true}, rows: 50, exact: true},
		{name: "none in a million", ids: observeIDs(million, 0, nil), rows: million, low: 0, high: 0.06},
		{name: "2 % in a million", ids: observeIDs(million, 20_408, spread), rows: million + 20_408, value: 0.02, within: 0.2, low: 0.01, high: 0.08},
		{name: "one id in 30 % of the rows", ids: observeIDs(700_000, 300_000, one), rows: million, value: 0.3, within: 0.1, low: 0.25, high: 0.34},
		{name: "every id twice", ids: observeIDs(200_000, 200_000, func(i int) int { return i }), rows: 400_000, value: 0.5, within: 0.001, low: 0.44, high: 0.55},
		{name: "a few more than are counted", ids: observeIDs(profile.IDsKept+1, 500, func(i int) int { return i }), rows: profile.IDsKept + 501, value: 500. / (profile.IDsKept + 501), within: 0.05, low: 0.07, high: 0.16},
	} {
		r := duplicates(Input{Rows: c.rows, IDs: c.ids})
		near(t, c.name, r.Value, c.value, c.within)
		if r.Low > c.value || c.value > r.High || r.Low > r.Value || r.Value > r.High {
			t.Errorf("%s: %v is not between %v and %v", c.name, c.value, r.Low, r.High)
		}
		if c.exact != (r.Low == r.High) {
			t.Errorf("%s: exact %v, between %v and %v", c.name, c.exact, r.Low, r.High)
		}
		if !c.exact && (r.Low < c.low || r.High > c.high) {
			t.Errorf("%s: between %v and %v, which is wider than %v to %v", c.name, r.Low, r.High, c.low, c.high)
		}
	}
}

func TestDuplicatesNeedIDs(t *testing.T) {
	if r := duplicates(Input{Rows: 5}); r.Skipped != "no ids" {
		t.Errorf("without ids: %+v", r)
	}
	if r := duplicates(Input{IDs: &profile.IDCounts{Exact: true}}); r.Skipped != "no rows in this window" {
		t.Errorf("without rows: %+v", r)
	}
}

// The value and the bounds of streams of which each id is new, or repeats with a
// chance of 3 %, hold in all of many windows: four standard errors are rarely
// passed.
func TestDuplicatesBounds(t *testing.T) {
	for window := range 40 {
		for _, share := range []int{0, 3} {
			const n = 20_000
			repeated := n * share / 100
			ids := observeIDs(0, n, func(i int) int {
				if i < n-repeated {
					return i + 1_000_000*window
				}
				return 5*(i-n+repeated) + 1_000_000*window
			})
			r, truth := duplicates(Input{Rows: n, IDs: ids}), float64(share)/100
			if r.Low > truth || truth > r.High {
				t.Errorf("window %d: %v is not between %v and %v", window, truth, r.Low, r.High)
			}
			if share == 0 && r.Value != 0 {
				t.Errorf("window %d: %v of duplicates where there are none", window, r.Value)
			}
		}
	}
}
