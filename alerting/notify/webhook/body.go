package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
	"driftwatch/rules"
)

// Content is what is posted, and what templates see.
type Content struct {
	Version    string            `json:"version"` // of this form
	Status     string            `json:"status"`  // firing while any of the alerts is, else resolved
	Title      string            `json:"title"`
	Receiver   string            `json:"receiver"`
	Group      map[string]string `json:"group"`
	Repeat     bool              `json:"repeat"`
	Superseded int               `json:"superseded"`
	URL        string            `json:"url"`
	Alerts     []rules.Alert     `json:"alerts"`
}

func contentOf(m alerting.Message) Content {
	c := Content{
		Version: "1", Status: rules.Resolved, Title: notify.Title(m), Receiver: m.Receiver, Group: map[string]string{},
		Repeat: m.Repeat, Superseded: m.Superseded, URL: m.URL,
	}
	for _, l := range m.Group {
		c.Group[l.Name] = l.Value
	}
	for _, e := range m.Events {
		c.Alerts = append(c.Alerts, e.Alert)
		if e.Alert.State == rules.Firing {
			c.Status = rules.Firing
		}
	}
	return c
}

// Alert is the first of the alerts, for templates of one.
func (c Content) Alert() rules.Alert { return c.Alerts[0] }

// DigestContent is what is posted of a digest.
type DigestContent struct {
	Version string          `json:"version"` // of this form
	Status  string          `json:"status"`  // "digest"
	Title   string          `json:"title"`
	Text    string          `json:"text"` // all of it, for people
	URL     string          `json:"url"`
	Digest  *summary.Digest `json:"digest"`
}

func digestOf(d *summary.Digest) DigestContent {
	return DigestContent{Version: "1", Status: "digest", Title: notify.DigestTitle(d), Text: notify.DigestText(d), URL: d.URL, Digest: d}
}

// body makes the JSON of messages.
type body struct{ template *template.Template } // nil: the content as it is

// newBody parses a template and tries it on samples, so that one that gives no
// JSON is found before it is needed.
func newBody(text string) (*body, error) {
	if text == "" {
		return &body{}, nil
	}
	t, err := template.New("template").Option("missingkey=zero").Funcs(template.FuncMap{
		"json": marshal, "join": strings.Join, "lower": strings.ToLower, "upper": strings.ToUpper,
	}).Parse(text)
	if err != nil {
		return nil, plainError(err)
	}
	b := &body{t}
	for _, state := range []string{rules.Firing, rules.Resolved} {
		m := notify.Sample(time.Unix(1_700_000_000, 0).UTC(), state)
		if _, err := b.of(m); err != nil {
			return nil, err
		}
		quote(&m.Events[0].Alert)
		if _, err := b.of(m); err != nil {
			return nil, fmt.Errorf("texts with quotes break it: %w", err)
		}
	}
	return b, nil
}

// quote puts what JSON must escape into the texts that come from rules and
// records: a template that writes them between quotes of its own would fail when
// an alert fires, or let a record's value add keys to the body.
func quote(a *rules.Alert) {
	const text = `a "quoted" \ text`
	a.Name, a.Field, a.Segment = text, text, "country="+text
	for _, texts := range []map[string]string{a.Labels, a.Annotations} {
		for name := range texts {
			texts[name] = text
		}
	}
}

// marshal writes any value as JSON, a text with its quotes.
func marshal(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func (b *body) of(m alerting.Message) ([]byte, error) {
	c := contentOf(m)
	if b.template == nil {
		return json.Marshal(c)
	}
	var out limited
	if err := b.template.Execute(&out, c); err != nil {
		return nil, plainError(err)
	}
	if !json.Valid(out.Bytes()) {
		return nil, fmt.Errorf("the template gives no JSON: %s (write values with json: {{ json .Title }})", notify.OneLine(out.String(), 200))
	}
	return out.Bytes(), nil
}

// plainError says what is wrong with a template in one line.
func plainError(err error) error {
	text := goType.ReplaceAllString(strings.TrimPrefix(err.Error(), "template: "), "")
	return errors.New(notify.OneLine(text, 300))
}

// goType is how the template engine names where a field is missing.
var goType = regexp.MustCompile(` in type \S+`)

// limited is a buffer that a template without end cannot fill.
type limited struct{ bytes.Buffer }

const maxBody = 1 << 20

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxBody {
		return 0, errors.New("the body is larger than 1 MiB")
	}
	return l.Buffer.Write(p)
}
