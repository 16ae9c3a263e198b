package slack

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// The most characters that parts of a line may have. Escaped, each may be five
// times as long, and a line must fit into a section of 3000.
const (
	maxName    = 80
	maxRule    = 160
	maxSummary = 300
)

// alertLine is like "🟠 *amount* psi 0.312 (rule: psi is above 0.2) · since
// 10:05 UTC". Where a message holds several rules each line names its own.
func alertLine(a *rules.Alert, named bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s *%s*", mark(a), escape(subject(a)))
	if a.Segment != "" {
		fmt.Fprintf(&b, " in %s", escape(clean(a.Segment, maxName)))
	}
	fmt.Fprintf(&b, " %s", escape(finding(a)))
	if named {
		fmt.Fprintf(&b, " · %s", escape(clean(a.Name, maxName)))
	}
	fmt.Fprintf(&b, " · %s", when(a))
	return b.String()
}

// notesOf are the lines below an alert: its summary, and while it fires what moved
// the most and the segment that explains it, unless the summary says so itself.
func notesOf(a *rules.Alert) []string {
	summary := clean(a.Annotations["summary"], maxSummary)
	notes := []string{summary}
	if a.State != rules.Resolved {
		if moved := clean(checks.MovedText(a.Moved[:min(shownMoves, len(a.Moved))]), maxSummary); moved != "" && !strings.Contains(summary, "→") {
			notes = append(notes, "moved: "+moved)
		}
		if a.ExplainedBy != nil && !strings.Contains(summary, a.ExplainedBy.Segment) {
			notes = append(notes, clean(a.ExplainedBy.String(), maxSummary))
		}
	}
	var lines []string
	for _, n := range notes {
		if n != "" {
			lines = append(lines, "> "+escape(n))
		}
	}
	return lines
}

// shownMoves is how many bins or categories have room on a phone.
const shownMoves = 3

func mark(a *rules.Alert) string {
	if a.State == rules.Resolved {
		return "✅"
	}
	switch a.Severity {
	case "critical":
		return "🔴"
	case "info":
		return "🔵"
	}
	return "🟠"
}

func subject(a *rules.Alert) string {
	if a.Field == "" {
		return "all records"
	}
	// A star would end the bold text that this is shown in.
	return strings.ReplaceAll(clean(a.Field, maxName), "*", "∗")
}

// finding is what the check said and what the rule asks of it.
func finding(a *rules.Alert) string {
	s := clean(a.Check, maxName)
	r := &a.Result
	if r.Skipped != "" {
		return s + " not known: " + clean(r.Skipped, maxName)
	}
	s += " " + amount(a.Check, r.Value)
	var notes []string
	if a.When != "" {
		notes = append(notes, "rule: "+clean(a.When, maxRule))
	}
	if r.PValue != nil && a.State == rules.Firing {
		notes = append(notes, "p "+probability(*r.PValue))
	}
	if len(notes) > 0 {
		s += " (" + strings.Join(notes, ", ") + ")"
	}
	return s
}

// amount writes a check's value as people say it: shares in per cent, counts as
// whole numbers.
func amount(check string, v float64) string {
	switch check {
	case "missing", "nulls", "invalid", "range", "allowed", "pattern", "unseen", "unknown_fields", "duplicates":
		return strconv.FormatFloat(100*v, 'g', 3, 64) + " %"
	case "volume", "distinct":
		return strconv.FormatFloat(v, 'f', 0, 64)
	case "freshness":
		if math.Abs(v) < float64(math.MaxInt64/time.Second) {
			return time.Duration(v * float64(time.Second)).Round(time.Second).String()
		}
	}
	if a := math.Abs(v); a >= 0.001 && a < 1e6 || a == 0 {
		return strconv.FormatFloat(v, 'f', decimals(a), 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// decimals leaves about three figures.
func decimals(a float64) int {
	switch {
	case a >= 100:
		return 0
	case a >= 10:
		return 1
	case a >= 1 || a == 0:
		return 2
	}
	return 3
}

func probability(p float64) string {
	if p < 1e-6 {
		return "< 0.000001"
	}
	return strconv.FormatFloat(p, 'g', 2, 64)
}

func when(a *rules.Alert) string {
	switch {
	case a.State == rules.Resolved && a.EndsAt != nil && a.Fired != nil:
		lasted := a.EndsAt.Time().Sub(a.Fired.Time())
		return fmt.Sprintf("fired %s, resolved %s (after %s)", clock(*a.Fired, *a.EndsAt), clock(*a.EndsAt, *a.EndsAt), short(lasted))
	case a.State == rules.Resolved:
		return "resolved " + clock(a.WindowEnd, a.WindowEnd)
	}
	return "since " + clock(a.Since, a.WindowEnd)
}

// clock writes t, with its date where it is not that of now.
func clock(t, now window.Time) string {
	if t == window.None {
		return "an unknown time"
	}
	at, layout := t.Time(), "15:04"
	if at.Second() != 0 {
		layout = "15:04:05"
	}
	if at.Format(time.DateOnly) != now.Time().Format(time.DateOnly) {
		layout = "2 Jan " + layout
	}
	return at.Format(layout) + " UTC"
}

func span(start, end window.Time) string {
	s := start.Time()
	if s.Year() != end.Time().Year() || s.YearDay() != end.Time().YearDay() {
		return s.Format("2 Jan 2006 15:04:05") + " to " + end.Time().Format("2 Jan 2006 15:04:05") + " UTC"
	}
	return s.Format("2 Jan 2006, 15:04:05") + " to " + end.Time().Format("15:04:05") + " UTC"
}

// short drops what a duration's text says with zeros: "2h0m0s" is "2h".
func short(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// escape makes text harmless in Slack's markup: these three characters begin
// links, mentions and entities.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// link escapes what would end a link early.
func link(url, text string) string {
	return "<" + strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C", " ", "%20").Replace(url) + "|" + text + ">"
}

// clean makes one line of printable characters, at most limit of them.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return clip(strings.Join(strings.Fields(s), " "), limit)
}

func clip(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
