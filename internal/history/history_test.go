package history

import (
	"reflect"
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

func at(n window.Time) *window.Time { return &n }

func TestEntries(t *testing.T) {
	value := 0.31
	base := rules.Alert{
		Fingerprint: "f", Name: "Drift", Monitor: "churn", Segment: "country=BR", Field: "amount", Check: "psi", Severity: rules.Warning,
		Result: checks.Result{Value: value}, WindowEnd: 40,
	}
	alert := func(state string, fired *window.Time, v *float64) *Alert {
		return &Alert{
			Fingerprint: "f", Name: "Drift", Monitor: "churn", Segment: "country=BR", Field: "amount", Check: "psi", Severity: rules.Warning,
			State: state, Fired: fired, Value: v,
		}
	}
	for name, tc := range map[string]struct {
		change func(*rules.Alert)
		want   Entry
	}{
		"fire": {func(a *rules.Alert) { a.State, a.Fired = rules.Firing, at(40) }, Entry{End: 40, Alert: alert(rules.Firing, nil, &value)}},
		"fire that late records brought": {
			func(a *rules.Alert) { a.State, a.Fired = rules.Firing, at(20) }, Entry{End: 20, Alert: alert(rules.Firing, nil, &value)},
		},
		"end": {
			func(a *rules.Alert) { a.State, a.Fired, a.EndsAt = rules.Resolved, at(20), at(50) },
			Entry{End: 50, Alert: alert(rules.Resolved, at(20), &value)},
		},
		"no value": {
			func(a *rules.Alert) {
				a.State, a.Fired, a.Result = rules.Firing, at(40), checks.Result{Skipped: "empty"}
			},
			Entry{End: 40, Alert: alert(rules.Firing, nil, nil)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := base
			tc.change(&a)
			got := OfAlert(&a)
			if !reflect.DeepEqual(got, tc.want) {
				t.Fatalf("got %+v %+v, want %+v %+v", got, got.Alert, tc.want, tc.want.Alert)
			}
			b, err := got.Encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Decode("churn", 99, b)
			tc.want.At = 99
			if err != nil || !reflect.DeepEqual(again, tc.want) {
				t.Errorf("it was read as %+v %+v, %v", again, again.Alert, err)
			}
		})
	}
	if _, err := Decode("churn", 99, []byte("{")); err == nil {
		t.Error("half an entry was read")
	}
}

func TestDistinct(t *testing.T) {
	w := OfWindow
	a := func(fp, state string) Entry { return Entry{End: 7, Alert: &Alert{Fingerprint: fp, State: state}} }
	const f, r = rules.Firing, rules.Resolved
	got := Distinct([]Entry{w(1), a("a", f), a("b", f), w(1), a("a", f), a("b", f), w(2), a("a", r), w(2), a("a", r), a("a", f)})
	want := []Entry{w(1), a("a", f), a("b", f), w(2), a("a", r), a("a", f)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
