package ruletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"driftwatch/rules"
)

// differences says how the alerts that fire differ from those that are wanted. Why
// says why one of these does not fire, or "".
func differences(wanted []alert, firing map[string]rules.Alert, why func(*alert) string) (lines []string) {
	left := maps.Clone(firing)
	for i := range wanted {
		w := &wanted[i]
		id, found := w.find(left)
		if !found {
			line := fmt.Sprintf("%-9s %s", "missing", w.title())
			if reason := why(w); reason != "" {
				line += ": " + reason
			}
			lines = append(lines, line)
			continue
		}
		got := left[id]
		delete(left, id)
		for _, d := range w.compare(&got) {
			lines = append(lines, fmt.Sprintf("%-9s %s: %s", "differs", w.title(), d))
		}
	}
	rest := slices.SortedFunc(maps.Values(left), func(a, b rules.Alert) int { return strings.Compare(titleOf(&a), titleOf(&b)) })
	for i := range rest {
		lines = append(lines, fmt.Sprintf("%-9s %s", "unwanted", titleOf(&rest[i])+reasonOf(&rest[i])))
	}
	return lines
}

// find returns the alert that is meant.
func (w *alert) find(firing map[string]rules.Alert) (string, bool) {
	for id, a := range firing {
		if a.Name == w.name && a.Segment == w.segment && a.Field == w.field {
			return id, true
		}
	}
	return "", false
}

// compare returns what is other than it is wanted.
func (w *alert) compare(a *rules.Alert) (out []string) {
	if w.severity != "" && w.severity != a.Severity {
		out = append(out, fmt.Sprintf("severity is %s, wanted %s", a.Severity, w.severity))
	}
	for _, of := range []struct {
		kind        string
		want, given map[string]string
	}{{"label", w.labels, a.Labels}, {"annotation", w.annotations, a.Annotations}} {
		for _, name := range slices.Sorted(maps.Keys(of.want)) {
			got, there := of.given[name]
			switch {
			case !there:
				out = append(out, fmt.Sprintf("it has no %s %s", of.kind, name))
			case got != of.want[name]:
				out = append(out, fmt.Sprintf("%s %s\n              is     %q\n              wanted %q", of.kind, name, got, of.want[name]))
			}
		}
	}
	return out
}

func (w *alert) title() string { return title(w.name, w.field, w.segment) }

func titleOf(a *rules.Alert) string { return title(a.Name, a.Field, a.Segment) }

func title(name, field, segment string) string {
	if field != "" {
		name += " of " + field
	}
	if segment != "" {
		name += " in " + segment
	}
	return name
}

// reasonOf says why an alert fires.
func reasonOf(a *rules.Alert) string {
	if a.Result.Skipped != "" {
		return fmt.Sprintf(": %s, and %s was %s", a.When, a.Check, a.Result.Skipped)
	}
	return fmt.Sprintf(": %s, and %s was %v", a.When, a.Check, a.Result.Value)
}
