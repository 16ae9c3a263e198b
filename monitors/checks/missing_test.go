package checks

import (
	"testing"

	"driftwatch/monitors/profile"
)

func TestMissingPromise(t *testing.T) {
	zero, some := 0.0, 0.05
	testPromises(t, "missing", []promise{
		{Limits{Missing: &zero}, 0.04, true, ""},
		{Limits{Missing: &some}, 0.04, false, ""},
	})
}

func TestMissingNeedsRows(t *testing.T) {
	if r := missing(Input{Current: profile.New(profile.Options{Kind: profile.Number})}); r.Skipped != "no rows in this window" {
		t.Errorf("an empty window: %+v", r)
	}
}
