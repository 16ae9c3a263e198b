package demo

import (
	"regexp"
	"testing"

	"driftwatch/internal/ruletest"
	"driftwatch/internal/yamlx"
)

// TestRules runs the tests of the demo's rules that its folder holds.
func TestRules(t *testing.T) {
	files := Files{Dir: t.TempDir(), Broker: "127.0.0.1:1", Listen: "127.0.0.1:2", Slack: "http://127.0.0.1:3/hook"}
	if err := files.writeConfig(); err != nil {
		t.Fatal(err)
	}
	f, problems := ruletest.Read(files.Dir + "/tests/churn.yaml")
	if f == nil {
		t.Fatal(yamlx.Write(t.Output(), "text", problems), problems)
	}
	outcomes := f.Run(t.Context(), regexp.MustCompile(""))
	if err := ruletest.WriteText(t.Output(), f, outcomes); err != nil {
		t.Fatal(err)
	}
	if len(outcomes) != 6 {
		t.Errorf("%d tests", len(outcomes))
	}
	for _, o := range outcomes {
		if len(o.Failures) > 0 {
			t.Fail()
		}
	}
}
