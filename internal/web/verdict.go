package web

import (
	"maps"
	"slices"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
)

// verdict is the worst that the checks of a field say, in words that are also
// the page's style classes.
type verdict string

const (
	drifted   verdict = "drift"
	violated  verdict = "violation" // of a limit that the user wrote
	uncertain verdict = "uncertain"
	steady    verdict = "steady"
	unknown   verdict = "unknown" // nothing could be judged
)

func verdictOfResult(r checks.Result) verdict { return wordOf(digest.Of(r)) }

func wordOf(v digest.Verdict) verdict {
	return [...]verdict{digest.Unknown: unknown, digest.Steady: steady, digest.Uncertain: uncertain, digest.Violation: violated, digest.Drift: drifted}[v]
}

// Words is what the page calls the verdict.
func (v verdict) Words() string {
	return map[verdict]string{
		drifted: "drift", violated: "outside a limit", uncertain: "uncertain", steady: "steady", unknown: "not judged",
	}[v]
}

// Sign tells verdicts apart without colours.
func (v verdict) Sign() string {
	return map[verdict]string{drifted: "▲", violated: "!", uncertain: "?", steady: "✓", unknown: "–"}[v]
}

// rank orders verdicts from the worst on.
func (v verdict) rank() int {
	return slices.Index([]verdict{drifted, violated, uncertain, steady, unknown}, v)
}

func verdictOf(results map[string]checks.Result) verdict {
	return wordOf(worstOf(results))
}

// worstOf is verdictOf in a form that is quick to compare: pages ask it of very many.
func worstOf(results map[string]checks.Result) digest.Verdict {
	worst := digest.Unknown
	for _, r := range results {
		worst = max(worst, digest.Of(r))
	}
	return worst
}

// checkOrder is the order in which people look at checks.
func checkOrder() []string {
	return []string{
		"psi", "ks", "js", "hellinger", "wasserstein", "kl", "chi2", "l_infinity",
		"nulls", "missing", "invalid", "range", "allowed", "pattern", "unseen",
		"volume", "freshness", "duplicates", "unknown_fields",
	}
}

// names returns the names of results: those of checkOrder in its order, then
// the others by name.
func names(results map[string]checks.Result) []string {
	order := checkOrder()
	return slices.SortedFunc(maps.Keys(results), func(a, b string) int {
		i, j := slices.Index(order, a), slices.Index(order, b)
		switch {
		case i < 0 && j < 0 && a < b, i >= 0 && (j < 0 || i < j):
			return -1
		}
		return 1
	})
}

// telling returns the check that explains a field's verdict: the first one that
// has it, or "".
func telling(results map[string]checks.Result) string {
	worst, first, at := worstOf(results), "", 0
	for name, r := range results {
		if digest.Of(r) != worst {
			continue
		}
		if rank := rankOf(name); first == "" || rank < at || rank == at && name < first {
			first, at = name, rank
		}
	}
	return first
}
