package plot

import (
	"strings"
	"testing"
	"time"
)

// TestDates: labels of times stand at round times, and there are few of them.
func TestDates(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{"2026-01-02T10:00:00Z", "2026-01-02T21:00:00Z", "2 Jan 10:00, 2 Jan 12:00, 2 Jan 14:00, 2 Jan 16:00, 2 Jan 18:00, 2 Jan 20:00"},
		{"2026-01-02T10:00:07Z", "2026-01-02T10:00:17Z", "10:00:08, 10:00:10, 10:00:12, 10:00:14, 10:00:16"},
		{"2026-01-02T20:10:00Z", "2026-01-03T01:30:00Z", "2 Jan 21:00, 2 Jan 22:00, 2 Jan 23:00, 3 Jan 00:00, 3 Jan 01:00"},
		{"2026-01-02T10:00:00Z", "2026-01-06T09:00:00Z", "3 Jan 2026, 4 Jan 2026, 5 Jan 2026, 6 Jan 2026"},
		{"2026-01-02T10:00:00Z", "2026-02-01T09:00:00Z", "5 Jan 2026, 12 Jan 2026, 19 Jan 2026, 26 Jan 2026"}, // Mondays
		{"2025-10-02T10:00:00Z", "2026-02-01T09:00:00Z", "Nov 2025, Dec 2025, Jan 2026, Feb 2026"},
		{"2017-03-01T00:00:00Z", "2026-02-01T09:00:00Z", "2018, 2020, 2022, 2024, 2026"},
		{"1969-12-31T20:00:00Z", "1970-01-01T04:00:00Z", "31 Dec 20:00, 31 Dec 22:00, 1 Jan 00:00, 1 Jan 02:00, 1 Jan 04:00"},
		{"0001-01-01T00:00:00Z", "9000-01-01T00:00:00Z", "2000, 4000, 6000, 8000"},
	} {
		at := func(s string) float64 {
			v, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			return float64(v.Unix())
		}
		var got []string
		for _, tick := range (dates{}).Ticks(at(tc.from), at(tc.to)) {
			got = append(got, tick.Label)
			if tick.Value < at(tc.from) || tick.Value > at(tc.to) {
				t.Errorf("%s to %s: %s is outside", tc.from, tc.to, tick.Label)
			}
		}
		if s := strings.Join(got, ", "); s != tc.want {
			t.Errorf("%s to %s: %s, want %s", tc.from, tc.to, s, tc.want)
		}
	}
	if n := len((dates{}).Ticks(-1e300, 1e300)); n > 20 {
		t.Errorf("%d labels of no times", n)
	}
}
