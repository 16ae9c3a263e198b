package notify

import "testing"

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
