package notify

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"driftwatch/alerting"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// The most characters that parts of a text may have.
const (
	maxName     = 80
	maxRule     = 160
	maxSummary  = 300
	maxLink     = 500
	maxRunbooks = 3
	shownMoves  = 3 // bins or categories that have room on a phone
)

// Title is like "[FIRING:2] churn: FeatureDrift".
func Title(m alerting.Message) string {
	var firing, ended int
	var monitors, names []string
	for _, e := range m.Events {
		if e.Alert.State == rules.Firing {
			firing++
		} else {
			ended++
		}
		monitors, names = addNew(monitors, e.Alert.Monitor), addNew(names, e.Alert.Name)
	}
	var states []string
	if firing > 0 {
		states = append(states, fmt.Sprintf("FIRING:%d", firing))
	}
	if ended > 0 {
		states = append(states, fmt.Sprintf("RESOLVED:%d", ended))
	}
	title := fmt.Sprintf("[%s] %s: %s", strings.Join(states, ", "), shortList(monitors), shortList(names))
	if m.Repeat {
		title += " (reminder)"
	}
	return title
}

func addNew(list []string, s string) []string {
	if s = OneLine(s, maxName); slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func shortList(list []string) string {
	const most = 2
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// WorstFirst returns events in the order in which people should read them: what
// fires before what has ended, and the most severe first.
func WorstFirst(events []rules.Event) []rules.Event {
	ended := func(a *rules.Alert) int {
		if a.State == rules.Firing {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(events), func(a, b rules.Event) int {
		return cmp.Or(cmp.Compare(ended(&a.Alert), ended(&b.Alert)), cmp.Compare(rank(&b.Alert), rank(&a.Alert)))
	})
}

func rank(a *rules.Alert) int {
	return slices.Index([]string{rules.Info, rules.Warning, rules.Critical}, a.Severity)
}

// Runbooks returns the links of the alerts, each once.
func Runbooks(events []rules.Event) []string {
	var out []string
	for _, e := range events {
		for _, name := range []string{"runbook", "runbook_url"} {
			u := strings.TrimSpace(e.Alert.Annotations[name])
			if IsWebURL(u) && len(u) <= maxLink && !slices.Contains(out, u) && len(out) < maxRunbooks {
				out = append(out, u)
			}
		}
	}
	return out
}

// Mark is a sign that shows state and severity.
func Mark(a *rules.Alert) string {
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

// Subject is what an alert is about.
func Subject(a *rules.Alert) string {
	if a.Field == "" {
		return "all records"
	}
	return OneLine(a.Field, maxName)
}

// Notes are the lines below an alert: its summary, and while it fires what moved
// the most and the segment that explains it, unless the summary says so itself.
func Notes(a *rules.Alert) []string {
	summary := OneLine(a.Annotations["summary"], maxSummary)
	notes := []string{summary}
	if a.State != rules.Resolved {
		if moved := OneLine(checks.MovedText(a.Moved[:min(shownMoves, len(a.Moved))]), maxSummary); moved != "" && !strings.Contains(summary, "→") {
			notes = append(notes, "moved: "+moved)
		}
		if a.ExplainedBy != nil && !strings.Contains(summary, a.ExplainedBy.Segment) {
			notes = append(notes, OneLine(a.ExplainedBy.String(), maxSummary))
		}
	}
	return slices.DeleteFunc(notes, func(n string) bool { return n == "" })
}

// Finding is what the check said and what the rule asks of it.
func Finding(a *rules.Alert) string {
	s := OneLine(a.Check, maxName)
	r := &a.Result
	switch r.Skipped {
	case "":
		s += " " + found(a)
	case checks.Redacted:
		s += ": value redacted"
	default:
		return s + " not known: " + OneLine(r.Skipped, maxName)
	}
	var notes []string
	if a.When != "" {
		notes = append(notes, "rule: "+OneLine(a.When, maxRule))
	}
	if r.PValue != nil && a.State == rules.Firing {
		notes = append(notes, "p "+probability(*r.PValue))
	}
	if len(notes) > 0 {
		s += " (" + strings.Join(notes, ", ") + ")"
	}
	return s
}

// found is the value and, of a rule on change, what it was before.
func found(a *rules.Alert) string {
	r := &a.Result
	now := amount(a.Check, r.Value)
	if a.Against == "" || r.Reference == nil {
		return now
	}
	before, verb := amount(a.Check, *r.Reference), "stayed at"
	switch {
	case r.Value > *r.Reference:
		verb = "rose from " + before + " to"
	case r.Value < *r.Reference:
		verb = "fell from " + before + " to"
	}
	if *r.Reference != 0 && r.Value != *r.Reference && !strings.HasSuffix(now, "%") {
		now += " (" + relative(r.Value, *r.Reference) + ")"
	}
	return verb + " " + now + " against " + OneLine(a.Against, maxName)
}

// relative is a change in per cent of what was before.
func relative(now, before float64) string {
	p := 100 * (now - before) / math.Abs(before)
	if math.Abs(p) >= 10 {
		return fmt.Sprintf("%+.0f %%", p)
	}
	return fmt.Sprintf("%+.1f %%", p)
}

// amount writes a check's value as people say it: shares in per cent, counts as
// whole numbers.
func amount(check string, v float64) string {
	switch check {
	case "missing", "nulls", "invalid", "range", "allowed", "pattern", "unseen", "unknown_fields", "duplicates":
		return strconv.FormatFloat(100*v, 'g', 3, 64) + " %"
	case "volume", "distinct":
		return strconv.FormatFloat(v, 'f', 0, 64)
	case "freshness", rules.NoData:
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

// When says since when an alert fires, or how long it did.
func When(a *rules.Alert) string {
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

// Span is the time from start to end in words.
func Span(start, end window.Time) string {
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

// OneLine makes one line of printable characters, at most limit of them.
func OneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return Clip(strings.Join(strings.Fields(s), " "), limit)
}

// Clip shortens s to limit characters.
func Clip(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
