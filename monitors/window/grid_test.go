package window

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestCalendar(t *testing.T) {
	for _, c := range []struct {
		name, zone     string
		days           int
		at, start, end string
	}{
		{"a plain day", "America/New_York", 1, "2026-01-02T12:00:00Z", "2026-01-02T05:00:00Z", "2026-01-03T05:00:00Z"},
		{"just before midnight", "America/New_York", 1, "2026-01-02T04:59:59.999Z", "2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"},
		{"23 hours", "Europe/Berlin", 1, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"25 hours", "Europe/Berlin", 1, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"a week begins on Monday", "Europe/Berlin", 7, "2026-03-26T12:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"midnight is skipped", "America/Sao_Paulo", 1, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"midnight comes twice", "America/Havana", 1, "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"the evening comes twice", "America/Sao_Paulo", 1, "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
		{"a date comes twice", "America/St_Johns", 1, "2006-10-29T03:00:00Z", "2006-10-29T02:30:00Z", "2006-10-30T03:30:00Z"},
		{"a date never comes", "Pacific/Apia", 1, "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
		{"before the epoch", "Asia/Tokyo", 1, "1969-07-20T20:17:00Z", "1969-07-20T15:00:00Z", "1969-07-21T15:00:00Z"},
		{"UTC", "UTC", 1, "2026-01-02T12:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := Grid{Size: time.Duration(c.days) * day, Zone: zone(t, c.zone)}
			if s, e := g.Start(at(c.at)), g.End(at(c.at)); s != at(c.start) || e != at(c.end) {
				t.Errorf("[%v, %v), want [%s, %s)", s, e, c.start, c.end)
			}
		})
	}
}

// In every zone each time lies in exactly one pane, and panes follow one another.
func TestCalendarTiles(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := Grid{
			Size: time.Duration(rapid.IntRange(1, 14).Draw(r, "days")) * day,
			Zone: zone(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"}).Draw(r, "zone")),
		}
		x := Time(rapid.Int64Range(int64(at("1950-01-01T00:00:00Z")), int64(at("2100-01-01T00:00:00Z"))).Draw(r, "time"))
		i := g.Index(x)
		if s, e := g.Border(i), g.Border(i+1); s > x || x >= e || g.Start(s) != s || g.Start(e) != e {
			r.Fatalf("%v lies in [%v, %v)", x, s, e)
		}
	})
}

func TestBack(t *testing.T) {
	g := Grid{Size: day, Zone: zone(t, "Europe/Berlin")}
	if got, want := g.Back(at("2026-03-29T22:00:00Z"), 7*day), at("2026-03-22T23:00:00Z"); got != want {
		t.Errorf("a week before is %v, want %v", got, want)
	}
	h := Grid{Size: time.Hour}
	if got, want := h.Back(at("2026-03-29T22:00:00Z"), 150*time.Minute), at("2026-03-29T20:00:00Z"); got != want {
		t.Errorf("two hours and a half before is %v, want %v", got, want)
	}
}
