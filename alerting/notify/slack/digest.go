package slack

import (
	"fmt"
	"strings"

	api "github.com/slack-go/slack"

	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
)

// digestPayload makes the message of a digest: a block for each of its parts.
func digestPayload(d *summary.Digest) *api.WebhookMessage {
	title := notify.Clip(notify.DigestTitle(d), maxHeader)
	blocks := []api.Block{api.NewHeaderBlock(api.NewTextBlockObject(api.PlainTextType, title, false, false))}
	for _, p := range notify.DigestParts(d) {
		for _, text := range pack(partLines(&p), maxSection) {
			blocks = append(blocks, api.NewSectionBlock(markdown(text), nil, nil))
		}
	}
	blocks = append(blocks, api.NewContextBlock("", markdown(digestFooter(d))))
	return webhookMessage(escape(title), blocks)
}

func partLines(p *notify.Part) []string {
	lines := []string{bold(p.Heading)}
	for _, l := range p.Lines {
		var words []string
		if l.Mark != "" {
			words = append(words, l.Mark)
		}
		if l.Subject != "" {
			words = append(words, bold(l.Subject))
		}
		lines = append(lines, strings.Join(append(words, escape(l.Text)), " "))
		for _, n := range l.Notes {
			lines = append(lines, "> "+escape(n))
		}
	}
	if p.More > 0 {
		lines = append(lines, fmt.Sprintf("_and %d more_", p.More))
	}
	return lines
}

// bold makes text bold. A star in it would end that early.
func bold(text string) string { return "*" + escape(strings.ReplaceAll(text, "*", "∗")) + "*" }

// digestFooter says what time it is about, and where to read on.
func digestFooter(d *summary.Digest) string {
	parts := []string{escape(notify.DigestSpan(d))}
	if f := notify.DigestFooter(d); f != "" {
		parts = append(parts, escape(f))
	}
	if l := link(d.URL, "Open in Driftwatch"); notify.IsWebURL(d.URL) && len(l) <= maxLink {
		parts = append(parts, l)
	}
	return strings.Join(parts, " · ")
}
