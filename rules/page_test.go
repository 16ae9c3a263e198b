package rules

import (
	"testing"
	"time"

	"driftwatch/monitors/window"
)

func TestPathOfAlert(t *testing.T) {
	end := window.FromTime(time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC))
	for want, a := range map[string]Alert{
		"/monitors/a%2Fb/fields/x.%3F?check=psi&end=2026-01-02T03%3A00%3A00Z&segment=c%3DBR": {Monitor: "a/b", Field: "x.?", Segment: "c=BR", Check: "psi"},
		"/monitors/m/windows/2026-01-02T03:00:00Z":                                           {Monitor: "m", Check: "volume"},
		"/monitors/m/windows/2026-01-02T03:00:00Z?segment=c%3DBR":                            {Monitor: "m", Check: "share_of_fields", Segment: "c=BR"},
		"/monitors/m": {Monitor: "m", Check: NoData},
	} {
		a.WindowEnd = end
		if got := a.Path(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
