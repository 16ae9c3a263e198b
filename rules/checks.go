package rules

import (
	"slices"
	"strconv"
	"strings"

	"driftwatch/internal/yamlx"
)

// later are checks of the file format that are not computed yet.
var later = []string{"pattern", "unknown_fields", "distinct", "duplicates", "freshness", "mean", "stddev", "min", "max",
	"quantile", "kl", "js", "hellinger", "chi2", "l_infinity", "wasserstein"}

// baseCheck is the check that a result is of: the result of a check that is
// computed with several parameters is named quantile_0.99.
func baseCheck(result string) string {
	base, param, ok := cutLast(result, "_")
	if _, err := strconv.ParseFloat(param, 64); ok && err == nil {
		return base
	}
	return result
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

type info struct{ hasVerdict, hasP, fieldless bool }

func lookup(name string) (info, bool) {
	switch baseCheck(name) {
	case "psi", "ks", "nulls", "missing", "invalid", "range", "allowed", "unseen":
		return info{true, true, false}, true
	case "volume":
		return info{true, true, true}, true
	}
	return info{}, false
}

func fieldless(name string) bool { i, _ := lookup(name); return i.fieldless }

func reportUnknownCheck(at yamlx.Cursor, name string) {
	if slices.Contains(later, baseCheck(name)) {
		at.Unsupported("check " + name)
		return
	}
	at.Errorf("unknown-check", "unknown check %q%s", name, yamlx.DidYouMean(name, []string{"psi", "ks"}))
}
