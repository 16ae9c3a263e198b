package web

import (
	"math"
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// verdictWords says in a sentence what a result means.
func verdictWords(name string, r checks.Result) string {
	c, _ := checks.Find(checks.BaseName(name))
	switch verdictOfResult(r) {
	case unknown:
		if r.Skipped == checks.Redacted {
			return "the value is redacted"
		}
		return "not computed: " + r.Skipped
	case violated:
		return "outside the limit that you set"
	case drifted:
		return "drift: large enough to matter, and not by chance"
	case uncertain:
		return "uncertain: the profile is too coarse to tell"
	}
	switch {
	case r.Drift == nil:
		return "no verdict: a number to look at"
	case r.Effect != nil && *r.Effect >= c.Floor:
		return "steady: so few values may differ as much by chance"
	case r.PValue != nil && *r.PValue < 0.001:
		return "steady: not by chance, but too small to matter"
	}
	return "steady"
}

// valueText writes a value of a check in its unit.
func valueText(name, kind string, v float64) string {
	c, _ := checks.Find(checks.BaseName(name))
	stamp := kind == profile.Timestamp.String()
	switch {
	case isTime(name, kind):
		return clock(window.Time(v * 1000))
	case c.Unit == checks.Share:
		return checks.Percent(v)
	case c.Unit == checks.Rows, c.Unit == checks.Values:
		return count(uint64(max(0, v)))
	case c.Unit == checks.Seconds:
		return secondsText(v)
	case c.Unit == checks.OfField && stamp:
		return spanText(v)
	}
	return number(v)
}

// isTime reports whether the values of a check of a field are times: those of a
// timestamp, but not how far apart they are.
func isTime(name, kind string) bool {
	base := checks.BaseName(name)
	c, _ := checks.Find(base)
	return c.Unit == checks.OfField && kind == profile.Timestamp.String() && base != "stddev" && base != "wasserstein"
}

// intervalText is where the truth is, or "" where that is as exact as it is written.
func intervalText(name, kind string, r checks.Result) string {
	low, high := valueText(name, kind, r.Low), valueText(name, kind, r.High)
	if r.Skipped != "" || low == high {
		return ""
	}
	return low + " to " + high
}

// spanText is a span between times, in days where it has some.
func spanText(seconds float64) string {
	const day = 24 * 60 * 60
	if math.Abs(seconds) < 2*day {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
	}
	return number(seconds/day) + " days"
}

// knownNumber writes a number that may be missing.
func knownNumber(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}
