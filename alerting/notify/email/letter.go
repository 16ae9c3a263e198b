package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"

	"github.com/wneessen/go-mail"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

//go:embed letter.html digest.html
var files embed.FS

// maxAlerts are shown one by one; the rest is counted.
const maxAlerts = 20

// letter makes the message. Mail readers show the messages of a group as one
// thread, by a first message that never was.
func (r *Receiver) letter(ctx context.Context, m alerting.Message) (*mail.Msg, error) {
	v := viewOf(m)
	if !r.o.NoPlots {
		v.draw(ctx, m)
	}
	l, err := r.envelope(v.Title, v.text(), "letter.html", v)
	if err != nil {
		return nil, err
	}
	thread := "<" + threadOf(m) + "@driftwatch>"
	l.SetGenHeader(mail.HeaderInReplyTo, thread)
	l.SetGenHeader(mail.HeaderReferences, thread)
	for _, p := range v.Pictures {
		if err := l.EmbedReader(p.file, bytes.NewReader(p.image), mail.WithFileContentID("<"+p.id+">"), mail.WithFileContentType("image/png")); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// envelope makes a mail of a text and of an HTML page, which shows content.
func (r *Receiver) envelope(subject, text, page string, content any) (*mail.Msg, error) {
	t, err := template.ParseFS(files, page)
	if err != nil {
		return nil, err
	}
	var html bytes.Buffer
	if err := t.Execute(&html, content); err != nil {
		return nil, err
	}
	l := mail.NewMsg()
	if err := l.From(r.o.From); err != nil {
		return nil, err
	}
	if err := l.To(r.o.To...); err != nil {
		return nil, err
	}
	l.Subject(notify.Clip(subject, 150))
	l.SetDate()
	l.SetMessageID()
	l.SetBulk()
	l.SetBodyString(mail.TypeTextPlain, text)
	l.AddAlternativeString(mail.TypeTextHTML, html.String())
	return l, nil
}

func threadOf(m alerting.Message) string {
	sum := sha256.Sum256(fmt.Append(nil, m.Receiver, m.Group))
	return hex.EncodeToString(sum[:12])
}

// view is what a letter says.
type view struct {
	Title    string
	Lines    []line
	More     int // alerts that are not shown
	Window   string
	Runbooks []string
	URL      string
	Overtook int
	Pictures []picture
}

// picture is one that the letter brings along.
type picture struct {
	Source   template.URL // by which the HTML names it
	Text     string
	id, file string
	image    []byte
}

// draw adds the pictures of a message.
func (v *view) draw(ctx context.Context, m alerting.Message) {
	for _, a := range notify.Pictured(m) {
		image := m.Picture(ctx, a)
		if image == nil {
			continue
		}
		id := fmt.Sprintf("picture%d@driftwatch", len(v.Pictures)+1)
		v.Pictures = append(v.Pictures, picture{
			Source: template.URL("cid:" + id), Text: notify.PictureText(a), id: id, file: notify.PictureFile(a), image: image, //nolint:gosec // made here
		})
	}
}

type line struct {
	Mark, Subject, Segment, Finding, Rule, When string
	Resolved                                    bool
	Notes                                       []string
}

func viewOf(m alerting.Message) view {
	v := view{Title: notify.Title(m), Runbooks: notify.Runbooks(m.Events), Overtook: m.Superseded}
	if notify.IsWebURL(m.URL) {
		v.URL = m.URL
	}
	start, end := window.Newest, window.None
	for i, e := range notify.WorstFirst(m.Events) {
		a := &e.Alert
		start, end = min(start, a.WindowStart), max(end, a.WindowEnd)
		if i >= maxAlerts {
			v.More++
			continue
		}
		v.Lines = append(v.Lines, line{
			Mark: notify.Mark(a), Subject: notify.Subject(a), Segment: notify.OneLine(a.Segment, 80), Finding: notify.Finding(a),
			Rule: notify.OneLine(e.Alert.Name, 80), When: notify.When(a), Resolved: a.State == rules.Resolved, Notes: notify.Notes(a),
		})
	}
	v.Window = notify.Span(start, end)
	return v
}

// text is the letter for readers that show no HTML.
func (v view) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", v.Title)
	for _, l := range v.Lines {
		in := ""
		if l.Segment != "" {
			in = " in " + l.Segment
		}
		fmt.Fprintf(&b, "%s %s%s: %s\n   %s, %s\n", l.Mark, l.Subject, in, l.Finding, l.Rule, l.When)
		for _, n := range l.Notes {
			fmt.Fprintf(&b, "   %s\n", n)
		}
	}
	if v.More > 0 {
		fmt.Fprintf(&b, "and %d more\n", v.More)
	}
	fmt.Fprintf(&b, "\nWindow %s\n", v.Window)
	for _, u := range v.Runbooks {
		fmt.Fprintf(&b, "Runbook: %s\n", u)
	}
	if v.URL != "" {
		fmt.Fprintf(&b, "Open in Driftwatch: %s\n", v.URL)
	}
	if v.Overtook > 0 {
		fmt.Fprintf(&b, "%d earlier changes of these alerts were overtaken before they could be sent.\n", v.Overtook)
	}
	return b.String()
}
