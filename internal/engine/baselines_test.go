package engine

import (
	"fmt"
	"testing"

	"driftwatch/monitors"
)

// TestBaselines: those that were asked for last stay, and each is its monitor's.
func TestBaselines(t *testing.T) {
	var b baselines
	for i := range baselinesKept {
		b.put("m", &monitors.Baseline{Hash: fmt.Sprint(i)})
	}
	if b.get("other", "0") != nil || b.get("m", "0") == nil {
		t.Error("a reference is not found by its monitor")
	}
	b.put("m", &monitors.Baseline{Hash: "new"})
	for hash, want := range map[string]bool{"0": true, "1": false, "2": true, "new": true} {
		if got := b.get("m", hash); (got != nil) != want || got != nil && got.Hash != hash {
			t.Errorf("%s: %v", hash, got)
		}
	}
	if len(b.list) != baselinesKept {
		t.Errorf("%d are kept", len(b.list))
	}
}
