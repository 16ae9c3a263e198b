package notify

import (
	"testing"

	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

func TestAmount(t *testing.T) {
	for _, tc := range []struct {
		check string
		v     float64
		want  string
	}{
		{"psi", 0.31249, "0.312"}, {"psi", 0, "0.00"}, {"psi", 1.5, "1.50"}, {"psi", 0.00001, "1e-05"},
		{"nulls", 0.0832, "8.32 %"}, {"nulls", 1, "100 %"}, {"volume", 5407, "5407"},
		{"freshness", 3725, "1h2m5s"}, {"mean", -123456.7, "-123457"}, {"wasserstein", 12.34, "12.3"}, {"mean", 5e9, "5e+09"},
	} {
		if got := amount(tc.check, tc.v); got != tc.want {
			t.Errorf("%s %v: got %q, want %q", tc.check, tc.v, got, tc.want)
		}
	}
}

// TestFindingOfChanges: what a rule on change found is said with what was before.
func TestFindingOfChanges(t *testing.T) {
	for _, tc := range []struct {
		check       string
		now, before float64
		against     string
		want        string
	}{
		{"mean", 12, 41.2, "the same window 1d before", "mean fell from 41.2 to 12.0 (-71 %) against the same window 1d before"},
		{"mean", 12, -4, "the window before", "mean rose from -4.00 to 12.0 (+400 %) against the window before"},
		{"mean", 12.3, 12, "the window before", "mean rose from 12.0 to 12.3 (+2.5 %) against the window before"},
		{"volume", 0, 0, "the window before", "volume stayed at 0 against the window before"},
		{"volume", 9, 0, "the window before", "volume rose from 0 to 9 against the window before"},
		{"nulls", 0.5, 0.125, "the mean of the 10 windows before", "nulls rose from 12.5 % to 50 % against the mean of the 10 windows before"},
		{"mean", 12, 41.2, "", "mean 12.0"},
	} {
		a := rules.Alert{Check: tc.check, Against: tc.against, Result: checks.Result{Value: tc.now, Reference: &tc.before}}
		if got := Finding(&a); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	a := rules.Alert{Check: "mean", When: "mean is above 5", Redacted: true, Result: checks.Result{Skipped: checks.Redacted}}
	if got := Finding(&a); got != "mean: value redacted (rule: mean is above 5)" {
		t.Errorf("of a redacted field: %q", got)
	}
}
