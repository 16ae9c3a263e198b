package email

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/rules"
)

var update = flag.Bool("update", false, "write the golden files")

// eachPart finds the parts of a body, in the parts of parts too. Pictures are
// found with their ID.
func eachPart(contentType string, body io.Reader, found func(kind, text string)) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := onePart(p, found); err != nil {
			return err
		}
	}
}

func onePart(p *multipart.Part, found func(kind, text string)) error {
	kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		return eachPart(p.Header.Get("Content-Type"), p, found)
	}
	var body io.Reader = p
	switch p.Header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(p)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, p)
	}
	b, err := io.ReadAll(body)
	text := string(b)
	if kind == "image/png" {
		kind += " " + p.Header.Get("Content-ID")
	} else {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	found(kind, text)
	return err
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

func TestDigestConformance(t *testing.T) {
	notifytest.RunDigests(t, notifytest.Subject{NoRetryAfter: true, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
		s := newServer(t, false)
		o := options(t, s)
		return digestServer{s}, func() alerting.Receiver { return receiver(t, o) }
	}})
}

// digestServer is a server that reads the names of digests.
type digestServer struct{ *server }

var digestSubject = regexp.MustCompile(`(?m)^Subject: Digest (\w+):`)

func (s digestServer) Accepted() (told []string) {
	for _, l := range s.received() {
		told = append(told, digestSubject.FindStringSubmatch(l)[1])
	}
	return told
}

// TestDigestLetter shows the letter of a digest, and that nothing from the data
// becomes markup.
func TestDigestLetter(t *testing.T) {
	s := newServer(t, false)
	if _, err := receiver(t, options(t, s)).(alerting.Digester).NotifyDigest(t.Context(), *notifytest.Digest()); err != nil {
		t.Fatal(err)
	}
	head, byType, err := parts(s.received()[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := head.Get("References"); got != "" {
		t.Errorf("it belongs to the thread %s", got)
	}
	if got := strings.ReplaceAll(byType["text/plain"], "\r\n", "\n"); strings.TrimSpace(got) != strings.TrimSpace(notify.DigestText(notifytest.Digest())) {
		t.Errorf("the text is\n%s", got)
	}
	golden(t, "testdata/digest.html", byType["text/html"])
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
		golden(t, path, byType[kind])
		if kind == "text/html" && strings.Contains(byType[kind], "<b>field") {
			t.Error("a field's name became markup")
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s", path, got)
	}
}

// TestPictures: the worst fields bring their pictures along, which the HTML names;
// ends, reminders and whoever wants none have none.
func TestPictures(t *testing.T) {
	for _, tc := range []struct {
		name  string
		state string
		spoil func(o *Options, m *alerting.Message)
		want  int
	}{
		{"firing", rules.Firing, func(*Options, *alerting.Message) {}, 1},
		{"end", rules.Resolved, func(*Options, *alerting.Message) {}, 0},
		{"reminder", rules.Firing, func(_ *Options, m *alerting.Message) { m.Repeat = true }, 0},
		{"off", rules.Firing, func(o *Options, _ *alerting.Message) { o.NoPlots = true }, 0},
		{"nothing to show", rules.Firing, func(_ *Options, m *alerting.Message) {
			m.Picture = func(context.Context, *rules.Alert) []byte { return nil }
		}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t, false)
			m, o := notify.Sample(time.Now(), tc.state), options(t, s)
			m.Picture = func(context.Context, *rules.Alert) []byte { return notifytest.Picture() }
			tc.spoil(&o, &m)
			if _, err := receiver(t, o).Notify(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			_, byType, err := parts(s.received()[0])
			if err != nil {
				t.Fatal(err)
			}
			got := byType["image/png <picture1@driftwatch>"]
			if n := strings.Count(byType["text/html"], `src="cid:picture1@driftwatch"`); n != tc.want || len(byType) != 2+tc.want {
				t.Errorf("the HTML names it %d times, of %d parts", n, len(byType))
			}
			if tc.want > 0 && got != string(notifytest.Picture()) {
				t.Errorf("the picture has %d bytes, of %q", len(got), slices.Sorted(maps.Keys(byType)))
			}
		})
	}
}
