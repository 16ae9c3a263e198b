package rules

import (
	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
)

// lookup finds the check that a result is of. The result of a check that is
// computed with a parameter is named quantile_0.99.
func lookup(result string) (checks.Check, bool) {
	return checks.Find(checks.BaseName(result))
}

// ReportUnknownCheck reports a name that is in no table of checks.
func ReportUnknownCheck(at yamlx.Cursor, name string) {
	if checks.BaseName(name) == "schema" {
		at.Errorf("unknown-check", "schema stands for several checks; name the one that is meant")
		return
	}
	known := make([]string, 0, 32)
	for _, c := range checks.All() {
		known = append(known, c.Name)
	}
	at.Errorf("unknown-check", "unknown check %q%s", name, yamlx.DidYouMean(name, known))
}
