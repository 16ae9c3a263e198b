package rules

import (
	"strconv"
	"strings"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
)

// lookup finds the check that a result is of. The result of a check that is
// computed with a parameter is named quantile_0.99.
func lookup(result string) (checks.Check, bool) {
	return checks.Find(baseName(result))
}

func baseName(result string) string {
	if i := strings.LastIndexByte(result, '_'); i > 0 {
		if _, err := strconv.ParseFloat(result[i+1:], 64); err == nil {
			return result[:i]
		}
	}
	return result
}

// ReportUnknownCheck reports a name that is in no table of checks.
func ReportUnknownCheck(at yamlx.Cursor, name string) {
	switch base := baseName(name); {
	case base == "schema":
		at.Errorf("unknown-check", "schema stands for several checks; name the one that is meant")
	default:
		known := make([]string, 0, 32)
		for _, c := range checks.All() {
			known = append(known, c.Name)
		}
		at.Errorf("unknown-check", "unknown check %q%s", name, yamlx.DidYouMean(name, known))
	}
}
