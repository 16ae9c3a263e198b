//go:build integration

package deploy

import (
	"os/exec"
	"testing"
)

// TestPromtool lets Prometheus itself read the files and test the rules.
func TestPromtool(t *testing.T) {
	for _, args := range [][]string{
		{"check", "config", "prometheus/prometheus.yml"},
		{"check", "rules", "prometheus/driftwatch.rules.yml"},
		{"test", "rules", "prometheus/driftwatch.rules_test.yml"},
	} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
