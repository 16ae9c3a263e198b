package slack

import (
	"fmt"
	"slices"
	"strings"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// Slack's limits, in characters, and ours: what is longer than maxLines is not
// read on a phone.
const (
	maxHeader  = 150
	maxSection = 3000
	maxLines   = 20
	maxLink    = 600 // longer ones are left out, so that a footer fits into its block
)

// payload makes the message that people see. It is the same for webhooks and
// for channels.
func payload(m alerting.Message) *api.WebhookMessage {
	title := notify.Title(m)
	lines := linesOf(m.Events)
	blocks := []api.Block{api.NewHeaderBlock(api.NewTextBlockObject(api.PlainTextType, notify.Clip(title, maxHeader), false, false))}
	for _, text := range pack(lines, maxSection) {
		blocks = append(blocks, api.NewSectionBlock(markdown(text), nil, nil))
	}
	blocks = append(blocks, api.NewContextBlock("", markdown(footer(m))))
	return webhookMessage(escape(notify.Clip(title, maxHeader))+"\n"+lines[0], blocks)
}

// webhookMessage is blocks, with the text that a notification on a locked phone
// shows.
func webhookMessage(text string, blocks []api.Block) *api.WebhookMessage {
	no := false
	return &api.WebhookMessage{
		Text:        text,
		Blocks:      &api.Blocks{BlockSet: blocks},
		UnfurlLinks: &no,
		UnfurlMedia: &no,
	}
}

// markdown is verbatim, so that a name like @here in the data calls nobody.
func markdown(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.MarkdownType, text, false, true)
}

// linesOf writes an alert a line, and below what is known of it, up to maxLines: the
// worst first.
func linesOf(events []rules.Event) []string {
	events = notify.WorstFirst(events)
	var lines []string
	named := len(slices.CompactFunc(slices.Clone(events), func(a, b rules.Event) bool { return a.Alert.Name == b.Alert.Name })) > 1
	for i, e := range events {
		next := []string{alertLine(&e.Alert, named)}
		next = append(next, notesOf(&e.Alert)...)
		if len(lines)+len(next) > maxLines {
			return append(lines, fmt.Sprintf("_and %d more_", len(events)-i))
		}
		lines = append(lines, next...)
	}
	return lines
}

// pack joins lines into as few texts of at most limit bytes as it can.
func pack(lines []string, limit int) []string {
	var out []string
	for _, l := range lines {
		if n := len(out); n > 0 && len(out[n-1])+1+len(l) <= limit {
			out[n-1] += "\n" + l
		} else {
			out = append(out, l)
		}
	}
	return out
}

// footer says which window it was and where to read on.
func footer(m alerting.Message) string {
	a := &m.Events[0].Alert
	start, end := a.WindowStart, a.WindowEnd
	for _, e := range m.Events {
		start, end = min(start, e.Alert.WindowStart), max(end, e.Alert.WindowEnd)
	}
	parts := []string{"Window " + notify.Span(start, end)}
	for i, u := range notify.Runbooks(m.Events) {
		name := "Runbook"
		if i > 0 {
			name = fmt.Sprintf("Runbook %d", i+1)
		}
		if l := link(u, name); len(l) <= maxLink {
			parts = append(parts, l)
		}
	}
	if l := link(m.URL, "Open in Driftwatch"); notify.IsWebURL(m.URL) && len(l) <= maxLink {
		parts = append(parts, l)
	}
	if m.Superseded > 0 {
		parts = append(parts, fmt.Sprintf("%d earlier changes of these alerts were overtaken before they could be sent", m.Superseded))
	}
	return strings.Join(parts, " · ")
}
