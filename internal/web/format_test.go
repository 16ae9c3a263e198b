package web

import "testing"

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0 %", 0.0004: "< 0.1 %", 0.0312: "3.1 %", 0.09951: "10 %", 0.05: "5 %", 0.193: "19 %", 1: "100 %",
	} {
		if got := percent(v); got != want {
			t.Errorf("percent(%v) = %q, want %q", v, got, want)
		}
	}
}
