package slack

import (
	"fmt"
	"strings"

	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// maxName is the most characters of a name. Escaped, each may be five times as
// long, and a line must fit into a section of 3000.
const maxName = 80

// alertLine is like "🟠 *amount* psi 0.312 (rule: psi is above 0.2) · since
// 10:05 UTC". Where a message holds several rules each line names its own.
func alertLine(a *rules.Alert, named bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", notify.Mark(a), bold(notify.Subject(a)))
	if a.Segment != "" {
		fmt.Fprintf(&b, " in %s", escape(notify.OneLine(a.Segment, maxName)))
	}
	fmt.Fprintf(&b, " %s", escape(notify.Finding(a)))
	if named {
		fmt.Fprintf(&b, " · %s", escape(notify.OneLine(a.Name, maxName)))
	}
	fmt.Fprintf(&b, " · %s", notify.When(a))
	return b.String()
}

// notesOf are the lines below an alert.
func notesOf(a *rules.Alert) []string {
	var lines []string
	for _, n := range notify.Notes(a) {
		lines = append(lines, "> "+escape(n))
	}
	return lines
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
