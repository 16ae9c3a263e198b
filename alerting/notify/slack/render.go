package slack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	api "github.com/slack-go/slack"
)

// Render shows the body of a webhook's message as text for a terminal, much as
// Slack shows it: it reads what Slack would get and nothing else.
func Render(body []byte) (string, error) {
	var m api.WebhookMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return "", fmt.Errorf("read a slack message: %w", err)
	}
	var lines []string
	if m.Blocks == nil {
		lines = strings.Split(plain(m.Text), "\n")
	} else {
		for _, b := range m.Blocks.BlockSet {
			lines = append(lines, blockLines(b)...)
		}
	}
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(strings.TrimRight("┃ "+l, " ") + "\n")
	}
	return out.String(), nil
}

func blockLines(b api.Block) []string {
	switch b := b.(type) {
	case *api.HeaderBlock:
		return textLines(b.Text, "\n")
	case *api.SectionBlock:
		return textLines(b.Text, "\n")
	case *api.ContextBlock:
		var out []string
		for _, e := range b.ContextElements.Elements {
			if t, ok := e.(*api.TextBlockObject); ok {
				out = append(out, textLines(t, " · ")...)
			}
		}
		return out
	}
	return nil
}

func textLines(t *api.TextBlockObject, separator string) []string {
	switch {
	case t == nil:
		return nil
	case t.Type == api.PlainTextType:
		return []string{t.Text}
	}
	return strings.Split(plain(t.Text), separator)
}

// plain turns Slack's markup into text: a link shows its address, and the
// stars around bold words go.
func plain(s string) string {
	s = regexp.MustCompile(`<([^|>]+)\|([^>]*)>`).ReplaceAllString(s, "$2: $1")
	s = regexp.MustCompile(`(^|[\s])\*([^*\n]+)\*`).ReplaceAllString(s, "$1$2")
	s = regexp.MustCompile(`(?m)^_(.*)_$`).ReplaceAllString(s, "$1")
	s = regexp.MustCompile(`(?m)^> `).ReplaceAllString(s, "   ")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}
