package web

import (
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// TestAlertValue: the row of an alert of a rule on change says what was before.
func TestAlertValue(t *testing.T) {
	r := checks.Result{Value: 12, Reference: new(41.2)}
	for _, tc := range []struct {
		alert rules.Alert
		want  string
	}{
		{rules.Alert{Result: r, Against: "the window before"}, "12, from 41.2 in the window before"},
		{rules.Alert{Result: r}, "12"},
		{rules.Alert{Result: checks.Result{Skipped: checks.Redacted}, Against: "the window before"}, "–"},
	} {
		if got := alertValue(&tc.alert); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
