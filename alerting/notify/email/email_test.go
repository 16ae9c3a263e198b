package email

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/rules"
)

var update = flag.Bool("update", false, "write the golden files")

func eachPart(m *mail.Message, found func(kind, text string)) error {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			return err
		}
		var body io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		found(kind, strings.ReplaceAll(string(b), "\r\n", "\n"))
	}
}

var alertLine = regexp.MustCompile(`(?m)^(?:✅|🟠|🔵|🔴) (\w+): .*\n.*(since|fired)`)

// toldBy reads from a letter's text what people read.
func toldBy(letter string) (told []string) {
	_, byType, err := parts(letter)
	if err != nil {
		return []string{err.Error()}
	}
	for _, m := range alertLine.FindAllStringSubmatch(byType["text/plain"], -1) {
		told = append(told, m[1]+" "+map[string]string{"since": "firing", "fired": "resolved"}[m[2]])
	}
	return told
}

func passwordFile(t *testing.T, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func options(t *testing.T, s *server) Options {
	t.Helper()
	return Options{
		Server: s.address, CAFile: s.caFile, Username: user, PasswordFile: passwordFile(t, notifytest.Canary),
		From: "Driftwatch <driftwatch@example.com>", To: []string{"ml@example.com"}, Timeout: notifytest.Timeout,
	}
}

func receiver(t *testing.T, o Options) alerting.Receiver {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConformance(t *testing.T) {
	for name, implicit := range map[string]bool{StartTLS: false, Implicit: true} {
		t.Run(name, func(t *testing.T) {
			notifytest.Run(t, notifytest.Subject{NoRetryAfter: true, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
				s := newServer(t, implicit)
				o := options(t, s)
				o.TLS = name
				return s, func() alerting.Receiver { return receiver(t, o) }
			}})
		})
	}
}

func TestFailures(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spoil  func(t *testing.T, o *Options)
		kind   alerting.Kind
		reason string
	}{
		{"wrong password", func(t *testing.T, o *Options) { o.PasswordFile = passwordFile(t, notifytest.Canary+"x") }, alerting.Permanent, "auth"},
		{"unknown recipient", func(_ *testing.T, o *Options) { o.To = []string{"nobody@example.com"} }, alerting.Permanent, "refused"},
		{"no password", func(_ *testing.T, o *Options) { o.PasswordFile = "none" }, alerting.Permanent, "secret"},
		{"unknown authority", func(_ *testing.T, o *Options) { o.CAFile = "" }, alerting.Passing, "connection"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := options(t, newServer(t, false))
			tc.spoil(t, &o)
			_, err := receiver(t, o).Notify(t.Context(), notify.Sample(time.Now(), rules.Firing))
			e, ok := errors.AsType[*alerting.Error](err)
			if !ok || e.Kind != tc.kind || e.Reason != tc.reason || strings.Contains(err.Error(), notifytest.Canary) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLetter shows what fifty drifted fields look like, and that nothing from the
// data becomes markup.
func TestLetter(t *testing.T) {
	s := newServer(t, false)
	m := notify.Sample(time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC), rules.Firing)
	m.URL = "http://drift.example/monitors/sample"
	first := m.Events[0]
	m.Events = nil
	for i := range 50 {
		e := first
		e.Alert.Field = fmt.Sprintf("<b>field</b> %02d", i)
		m.Events = append(m.Events, e)
	}
	if _, err := receiver(t, options(t, s)).Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	letters := s.received()
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	head, byType, err := parts(letters[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := head.Get("Subject"); got != "[FIRING:50] sample: SampleAlert" {
		t.Errorf("subject %q", got)
	}
	if head.Get("References") == "" || head.Get("References") != head.Get("In-Reply-To") {
		t.Error("it belongs to no thread")
	}
	for kind, path := range map[string]string{"text/plain": "testdata/letter.txt", "text/html": "testdata/letter.html"} {
		if *update {
			if err := os.WriteFile(path, []byte(byType[kind]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if byType[kind] != string(want) {
			t.Errorf("%s is\n%s", path, byType[kind])
		}
		if kind == "text/html" && strings.Contains(byType[kind], "<b>field") {
			t.Error("a field's name became markup")
		}
	}
}
