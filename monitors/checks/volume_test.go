package checks

import (
	"math"
	"testing"
	"time"

	"driftwatch/monitors/window"
)

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
