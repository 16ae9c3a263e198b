package summary

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/history"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// The time of the tests: from hour 0 on, with windows of an hour that are found
// to be over five minutes later.
var epoch = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const lag = 5 * time.Minute

func hour(n int) window.Time { return window.FromTime(epoch.Add(time.Duration(n) * time.Hour)) }

func clock(n int) time.Time { return epoch.Add(time.Duration(n) * time.Hour) }

// found gives an entry the time at which it is found.
func found(e history.Entry) history.Entry {
	e.At = e.End.Add(lag)
	return e
}

// tale makes a monitor's history: alerts by their fields.
type tale struct {
	Monitor
	fired map[string]window.Time
}

func newTale(name string, rs ...*rules.Rule) *tale {
	return &tale{
		Monitor: Monitor{Name: name, Rules: rs, Before: window.None, Known: clock(-100), Earlier: map[string]bool{}},
		fired:   map[string]window.Time{},
	}
}

func rule(name string) *rules.Rule {
	return &rules.Rule{Alert: name, Group: "g", Windows: rules.Windows{Need: 1, Of: 1}, Labels: map[string]string{"team": "risk"}}
}

func (m *tale) alert(name, field string, n int) rules.Alert {
	return rules.Alert{
		Fingerprint: name + "/" + field, Name: name, Monitor: m.Name, Field: field, Check: "psi", Severity: rules.Warning,
		WindowStart: hour(n - 1), WindowEnd: hour(n),
	}
}

func (m *tale) fire(name, field string, n int) *tale {
	a, at := m.alert(name, field, n), hour(n)
	a.State, a.Fired = rules.Firing, &at
	m.fired[a.Fingerprint] = at
	m.Firing = append(m.Firing, a)
	m.Changes = append(m.Changes, found(history.OfAlert(&a)))
	return m
}

func (m *tale) end(name, field string, n int) *tale {
	a, at := m.alert(name, field, n), hour(n)
	fired := m.fired[a.Fingerprint]
	a.State, a.Fired, a.EndsAt = rules.Resolved, &fired, &at
	m.Firing = slices.DeleteFunc(m.Firing, func(o rules.Alert) bool { return o.Fingerprint == a.Fingerprint })
	m.Changes = append(m.Changes, found(history.OfAlert(&a)))
	return m
}

// hours adds windows that end at the hours from first to last.
func (m *tale) hours(first, last int, rows uint64) *tale {
	for n := first; n <= last; n++ {
		m.Windows = append(m.Windows, Window{End: hour(n), Rows: rows})
	}
	return m
}

// input is the digest from one hour to another of what the tales have told.
func input(from, to int, ms ...*tale) Input {
	in := Input{Name: "week", From: clock(from), To: clock(to)}
	for _, m := range ms {
		v := m.Monitor
		v.Windows = nil
		for _, w := range m.Windows {
			switch at := w.End.Add(lag).Time(); {
			case at.Before(in.From):
				v.Before = w.End
			case at.Before(in.To):
				v.Windows = append(v.Windows, w)
			}
		}
		v.Changes = slices.DeleteFunc(slices.Clone(m.Changes), func(e history.Entry) bool {
			early := e.At.Time().Before(in.From)
			if early {
				v.Earlier[e.Alert.Name] = true
			}
			return early
		})
		in.Monitors = append(in.Monitors, v)
	}
	return in
}

func TestFired(t *testing.T) {
	story := func() *tale { return newTale("churn", rule("Drift")).hours(1, 60, 1000) }
	for name, tc := range map[string]struct {
		m    *tale
		want string // fired, alerts, hours, longest, where, firing
	}{
		"once":               {story().fire("Drift", "a", 12).end("Drift", "a", 15), "1 1 3 3 a 0"},
		"still":              {story().fire("Drift", "a", 20), "1 1 13 13 a 1"},
		"at the last window": {story().fire("Drift", "a", 33), "1 1 0 0 a 1"},
		"before, and ended":  {story().fire("Drift", "a", 2).end("Drift", "a", 15), "0 1 6 6 a 0"},
		"before, and still":  {story().fire("Drift", "a", 2), "0 1 24 24 a 1"},
		"ends after":         {story().fire("Drift", "a", 30).end("Drift", "a", 40), "1 1 3 3 a 1"},
		"longer than it":     {story().fire("Drift", "a", 2).end("Drift", "a", 50), "0 1 24 24 a 1"},
		"fires after":        {story().fire("Drift", "a", 40), ""},
		"comes after":        {story().fire("Drift", "a", 40).end("Drift", "a", 41), ""},
		"was before":         {story().fire("Drift", "a", 2).end("Drift", "a", 4), ""},
		"found after":        {story().fire("Drift", "a", 34).end("Drift", "a", 36), ""},
		"two that overlap": {
			story().fire("Drift", "a", 12).fire("Drift", "b", 13).end("Drift", "a", 15).end("Drift", "b", 18), "2 2 6 5 b 0",
		},
		"again": {
			story().fire("Drift", "a", 12).end("Drift", "a", 13).fire("Drift", "a", 20).end("Drift", "a", 24).fire("Drift", "a", 40), "2 1 5 4 a 0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			// A digest at hour 34 knows of the window that ended at 33; so did that of hour 10.
			d := Make(input(10, 34, tc.m))
			got := ""
			for _, r := range d.Rules.Top {
				got = fmt.Sprintf("%d %d %v %v %s %d", r.Fired, r.Alerts, r.Seconds/3600, r.Longest/3600, r.Where.Field, r.Firing)
			}
			if got != tc.want || len(d.Rules.Top) > 1 {
				t.Errorf("got %q in %d rules, want %q", got, len(d.Rules.Top), tc.want)
			}
			if quiet := tc.want == ""; quiet != (len(d.Quiet.Top) == 1) {
				t.Errorf("rules that did not fire: %v", d.Quiet.Top)
			}
		})
	}
}

// Digests of neighbouring times say everything once, however the alerts are.
func TestNeighboursAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		m := newTale("churn", rule("Drift")).hours(1, 99, 1000)
		open := map[string]bool{}
		for n := 1; n < 99; n++ {
			f := string(rune('a' + rng.IntN(3)))
			switch {
			case rng.IntN(4) > 0:
			case open[f]:
				m.end("Drift", f, n)
				open[f] = false
			default:
				m.fire("Drift", f, n)
				open[f] = true
			}
		}
		whole := Make(input(0, 100, m))
		var parts Totals
		seconds, from := 0.0, 0
		for _, to := range []int{1 + rng.IntN(40), 45 + rng.IntN(40), 100} {
			d := Make(input(from, to, m))
			parts.Windows += d.Totals.Windows
			parts.Rows += d.Totals.Rows
			parts.Fired += d.Totals.Fired
			parts.Firing = d.Totals.Firing
			for _, r := range d.Rules.Top {
				seconds += r.Seconds
			}
			from = to
		}
		want := whole.Totals
		if parts.Windows != want.Windows || parts.Rows != want.Rows || parts.Fired != want.Fired || parts.Firing != want.Firing {
			t.Fatalf("parts %+v, whole %+v", parts, want)
		}
		if len(whole.Rules.Top) > 0 && seconds != whole.Rules.Top[0].Seconds {
			t.Fatalf("the parts have %v seconds, the whole %v", seconds, whole.Rules.Top[0].Seconds)
		}
	}
}

// Silence is of the clock: it goes on when no window closes.
func TestSilenceOfAMonitor(t *testing.T) {
	noData := rule("Silence")
	noData.When.NoData = time.Hour
	m := newTale("churn", noData).hours(1, 5, 10)
	a, at := m.alert("Silence", "", 20), hour(20)
	a.State, a.Fired, a.Check = rules.Firing, &at, rules.NoData
	m.Firing = append(m.Firing, a)
	m.Changes = append(m.Changes, found(history.OfAlert(&a)))
	d := Make(input(10, 34, m))
	if len(d.Rules.Top) != 1 || d.Rules.Top[0].Seconds != 14*3600 || d.Rules.Top[0].Firing != 1 {
		t.Errorf("rules %+v", d.Rules.Top)
	}
	if len(d.Silent.Top) != 1 || d.Silent.Top[0].Last == nil || *d.Silent.Top[0].Last != hour(5) {
		t.Errorf("monitors without windows %+v", d.Silent.Top)
	}
}

func TestDrifted(t *testing.T) {
	m := newTale("churn").hours(1, 20, 50)
	for i := range m.Windows {
		w := &m.Windows[i]
		w.Drift, w.Broken = i%2 == 0, i == 3
		if w.Drift {
			w.Fields = []string{"amount", "tenure"}
		}
		if i < 5 {
			w.Fields = append(w.Fields, "age", "country", "device", "os", "city")
		}
		if w.Broken {
			w.Breaking = []string{"amount", "nulls"}
		}
	}
	calm, stopped := newTale("fraud").hours(1, 20, 7), newTale("pricing").hours(1, 3, 7)
	d := Make(input(10, 16, m, calm, stopped, newTale("unborn")))
	// Windows 10 to 15 were found in that time.
	want := []Drifted{{Monitor: "churn", Windows: 6, Drifted: 3, Rows: 300, Fields: []Field{{"amount", 3}, {"tenure", 3}}}}
	if !reflect.DeepEqual(d.Monitors.Top, want) {
		t.Errorf("got %+v, want %+v", d.Monitors.Top, want)
	}
	if d.Totals.Monitors != 4 || d.Totals.Drifted != 1 || d.Totals.Windows != 12 || d.Totals.Rows != 342 {
		t.Errorf("totals %+v", d.Totals)
	}
	if len(d.Silent.Top) != 2 || d.Silent.Top[0].Monitor != "pricing" || d.Silent.Top[1].Last != nil {
		t.Errorf("monitors without windows %+v", d.Silent.Top)
	}
	d = Make(input(0, 10, m))
	if got := d.Monitors.Top[0]; got.Broken != 1 || len(got.Fields) != maxFields || got.More != 3 || got.Fields[0] != (Field{"amount", 6}) {
		t.Errorf("the first hours: %+v", got)
	}
}

func TestTooOften(t *testing.T) {
	flap := func(m *tale, times, length, every int) *tale {
		for n := range times {
			m.fire("Drift", "a", 1+n*every).end("Drift", "a", 1+n*every+length)
		}
		return m
	}
	resolving := rule("Drift")
	resolving.Resolve, resolving.Windows = &rules.Threshold{}, rules.Windows{Need: 2, Of: 3}
	small := newTale("churn", rule("Drift")).hours(1, 168, 3000)
	for n := range 20 {
		small.Windows[n*5].Rows = 100
	}
	for name, tc := range map[string]struct {
		m    *tale
		to   int
		want string
	}{
		"each second window":      {flap(newTale("churn", rule("Drift")).hours(1, 168, 9), 50, 1, 2), 169, "flaps a 50 50 50/168 windows: {m: 2, of: 3}"},
		"for two windows":         {flap(newTale("churn", rule("Drift")).hours(1, 168, 9), 30, 2, 4), 169, "flaps a 30 0 60/168 resolve windows: {m: 2, of: 3}"},
		"in spite of resolve":     {flap(newTale("churn", resolving).hours(1, 168, 9), 30, 2, 4), 169, "flaps a 30 0 60/168 windows: {m: 3, of: 4}"},
		"in small windows":        {flap(small, 20, 1, 5), 169, "flaps a 20 20 20/168 min_rows: 1500"},
		"a tenth of the windows":  {flap(newTale("churn", rule("Drift")).hours(1, 168, 9), 16, 1, 2), 169, ""},
		"above that":              {flap(newTale("churn", rule("Drift")).hours(1, 168, 9), 17, 1, 2), 169, "flaps a 17 17 17/168 windows: {m: 2, of: 3}"},
		"three in a day":          {flap(newTale("churn", rule("Drift")).hours(1, 24, 9), 3, 1, 2), 25, ""},
		"four in a day":           {flap(newTale("churn", rule("Drift")).hours(1, 24, 9), 4, 1, 2), 25, "flaps a 4 4 4/24 windows: {m: 2, of: 3}"},
		"half of the time":        {newTale("churn", rule("Drift")).hours(1, 80, 9).fire("Drift", "a", 41), 81, ""},
		"more than half":          {newTale("churn", rule("Drift")).hours(1, 80, 9).fire("Drift", "a", 40), 81, "always  0 0 41/80 "},
		"more than half of a day": {newTale("churn", rule("Drift")).hours(1, 24, 9).fire("Drift", "a", 2), 25, ""},
		"more than half, of few":  {newTale("churn", rule("Drift")).hours(77, 80, 9).fire("Drift", "a", 77), 81, ""},
		"two fields after another": {
			newTale("churn", rule("Drift")).hours(1, 80, 9).fire("Drift", "a", 1).end("Drift", "a", 27).fire("Drift", "b", 20).end("Drift", "b", 53), 81,
			"always  0 0 52/80 ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, o := range Make(input(0, tc.to, tc.m)).TooOften.Top {
				got += fmt.Sprintf("%s %s %d %d %d/%d %s", o.Reason, o.Where.Field, o.Fired, o.OneWindow, o.Firing, o.Windows, strings.Join(o.Try, " "))
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestQuietRules(t *testing.T) {
	a, b, c, gone := rule("A"), rule("B"), rule("C"), rule("Gone")
	noData := rule("Silence")
	noData.When.NoData = time.Hour
	churn := newTale("churn", a, b, c).hours(1, 20, 9).fire("A", "x", 15).fire("C", "x", 2).end("C", "x", 3)
	fraud := newTale("fraud", a, b, noData).hours(1, 20, 9).fire("Gone", "x", 15)
	still := newTale("still", gone, b, noData) // without windows
	d := Make(input(10, 21, churn, fraud, still))
	want := []QuietRule{{"g", "B", 2, false}, {"g", "Silence", 2, false}, {"g", "C", 1, true}}
	if !reflect.DeepEqual(d.Quiet.Top, want) || d.Totals.Rules != 5 || d.Totals.Quiet != 3 {
		t.Errorf("got %+v of %+v, want %+v", d.Quiet.Top, d.Totals, want)
	}
	i := slices.IndexFunc(d.Rules.Top, func(f Fired) bool { return f.Alert == "Gone" })
	if i < 0 || !d.Rules.Top[i].Gone || len(d.Rules.Top) != 2 {
		t.Errorf("a rule that is no longer in use: %+v", d.Rules.Top)
	}
	if d.Known == nil || !d.Known.Equal(clock(-100)) {
		t.Errorf("known since %v", d.Known)
	}
}

func TestSilences(t *testing.T) {
	m := newTale("churn", rule("Drift")).hours(1, 40, 9).
		fire("Drift", "a", 12).end("Drift", "a", 14).fire("Drift", "b", 20).fire("Drift", "c", 2).fire("Other", "a", 20)
	byTeam := func(a *rules.Alert) bool { return a.Labels["team"] == "risk" }
	all := []Silence{
		{ID: "during a", StartsAt: clock(13), EndsAt: clock(18), Match: byTeam},
		{ID: "all", StartsAt: clock(-9), EndsAt: clock(99), Match: byTeam},
		{ID: "before", StartsAt: clock(1), EndsAt: clock(10), Match: byTeam},
		{ID: "after", StartsAt: clock(30), EndsAt: clock(99), Match: byTeam},
		{ID: "others", StartsAt: clock(11), EndsAt: clock(18), Match: func(a *rules.Alert) bool { return a.Monitor != "churn" }},
	}
	for _, some := range []bool{false, true} {
		in := input(10, 30, m)
		in.Silences, in.Some = all, some
		got := ""
		for _, s := range Make(in).Silences.Top {
			got += fmt.Sprintf("%s %d%s; ", s.ID, s.Matched, s.Alerts)
		}
		want := "all 3[Drift of churn]; during a 2[Drift of churn]; "
		if !some {
			want += "others 0[]; "
		}
		if got != want {
			t.Errorf("some %v: got %q, want %q", some, got, want)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	var ms []*tale
	for n := range most + 7 {
		m := newTale(fmt.Sprintf("m%03d", n), rule("Drift")).hours(1, 9, 9).fire("Drift", "a", 2)
		m.Windows[3].Drift = true
		ms = append(ms, m)
	}
	d := Make(input(0, 10, ms...))
	if len(d.Monitors.Top) != most || d.Monitors.More != 7 || len(d.Rules.Top) != most || d.Rules.More != 7 || d.Totals.Drifted != most+7 {
		t.Errorf("%d and %d monitors, %d and %d rules, %+v", len(d.Monitors.Top), d.Monitors.More, len(d.Rules.Top), d.Rules.More, d.Totals)
	}
	if !reflect.DeepEqual(d, Make(input(0, 10, ms...))) {
		t.Error("the same input gives another digest")
	}
}

func TestReceivers(t *testing.T) {
	in := input(0, 10)
	in.Receivers = []Receiver{{Name: "fine"}, {Name: "pager", Problem: "timeout"}, {Name: "mail", Dropped: 3}}
	if got := Make(in).Troubled; len(got) != 2 || got[0].Name != "pager" || got[1].Name != "mail" {
		t.Errorf("got %+v", got)
	}
}
