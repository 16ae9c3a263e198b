package window

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(s string) Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return FromTime(t)
}

var hourly = Shape{Grid: Grid{Size: time.Hour}, Panes: 1, Lateness: 5 * time.Minute, MaxOpen: 4}

func TestStart(t *testing.T) {
	for _, c := range []struct{ name, t, want string }{
		{"on a border", "2026-01-02T03:00:00Z", "2026-01-02T03:00:00Z"},
		{"just before one", "2026-01-02T02:59:59.999Z", "2026-01-02T02:00:00Z"},
		{"finer than a millisecond", "2026-01-02T02:59:59.9999Z", "2026-01-02T02:00:00Z"},
		{"before the epoch", "1969-12-31T23:59:59.999Z", "1969-12-31T23:00:00Z"},
		{"the year 2262", "2262-04-12T00:30:00Z", "2262-04-12T00:00:00Z"},
		{"the year 1", "0001-01-01T00:30:00Z", "0001-01-01T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := hourly.Start(at(c.t)); got != at(c.want) {
				t.Errorf("Start(%s) = %v, want %s", c.t, got, c.want)
			}
		})
	}
}

func TestSealed(t *testing.T) {
	for _, c := range []struct{ name, watermark, want string }{
		{"not past the lateness", "2026-01-02T03:04:59.999Z", "2026-01-02T02:00:00Z"},
		{"just past it", "2026-01-02T03:05:00Z", "2026-01-02T03:00:00Z"},
		{"far past it", "2026-01-02T09:59:00Z", "2026-01-02T09:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := hourly.Sealed(at(c.watermark)); got != at(c.want) {
				t.Errorf("Sealed(%s) = %v, want %s", c.watermark, got, c.want)
			}
		})
	}
	if got := hourly.Sealed(None); got != None {
		t.Errorf("Sealed(None) = %v", got)
	}
}

func TestHorizonAllowsMaxOpenPanesAhead(t *testing.T) {
	if got, want := hourly.Horizon(at("2026-01-02T03:30:00Z")), at("2026-01-02T08:00:00Z"); got != want {
		t.Errorf("Horizon = %v, want %v", got, want)
	}
}

func TestAhead(t *testing.T) {
	logged := at("2026-01-02T03:00:00Z")
	for _, c := range []struct {
		name, event string
		want        bool
	}{
		{"older", "2020-01-01T00:00:00Z", false},
		{"as far as allowed", "2026-01-02T04:00:00Z", false},
		{"further", "2026-01-02T04:00:00.001Z", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Ahead(at(c.event), logged, time.Hour); got != c.want {
				t.Errorf("Ahead = %v, want %v", got, c.want)
			}
		})
	}
}

// Every time lies in exactly one pane, and the border never passes a pane
// that the watermark has not left behind by the lateness.
func TestPanesTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Shape{
			Grid:     Grid{Size: time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "size")) * time.Millisecond},
			Lateness: time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "lateness")) * time.Millisecond,
		}
		x := Time(rapid.Int64Range(-1e14, 1e16).Draw(t, "time"))
		if s, e := w.Start(x), w.End(x); s > x || x >= e || e != s.Add(w.Size) || w.Start(s) != s || w.Start(e) != e {
			t.Fatalf("%v lies in [%v, %v)", x, s, e)
		}
		b := w.Sealed(x)
		if b.Add(w.Lateness) > x || b.Add(w.Size+w.Lateness) <= x {
			t.Fatalf("the watermark %v seals up to %v", x, b)
		}
	})
}

func TestTimeText(t *testing.T) {
	for _, s := range []string{"2026-01-02T03:00:00Z", "2026-01-02T03:00:00.5Z", "0001-01-01T00:00:00Z", "2300-01-01T00:00:00Z"} {
		var got Time
		if err := got.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if b, err := got.MarshalText(); err != nil || string(b) != s {
			t.Errorf("%s became %s, %v", s, b, err)
		}
	}
	if _, err := None.MarshalText(); err == nil {
		t.Error("the time of no record was written")
	}
	if None.String() != "never" {
		t.Errorf("None is %q", None.String())
	}
}
