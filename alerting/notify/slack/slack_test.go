package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"driftwatch/alerting"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		os.Exit(code)
	}))
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newReceiver(t *testing.T, o Options) *Receiver {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWebhookFileIsReadEachTime(t *testing.T) {
	s := newServer(t)
	path := write(t, filepath.Join(t.TempDir(), "hook"), s.URL+"/services/OLD\n")
	r := newReceiver(t, Options{WebhookURLFile: path})
	s.answers(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no_service", http.StatusNotFound) })
	if _, err := r.Notify(t.Context(), message()); err == nil {
		t.Fatal("an old webhook was accepted")
	}
	s.answers(nil)
	write(t, path, s.URL+hookPath+"\n")
	if _, err := r.Notify(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	if hooks, _ := s.seen(); len(hooks) != 1 {
		t.Errorf("%d messages", len(hooks))
	}
}

// TestFailures checks what each answer means for the next attempt and that no
// error says a secret.
func TestFailures(t *testing.T) {
	plain := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, code) }
	}
	refuse := func(code string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"ok":false,"error":%q,"needed":"chat:write"}`, code)
		}
	}
	limited := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	slowHeader := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	slowBody := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"ok":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for _, tc := range []struct {
		name   string
		token  bool
		answer http.HandlerFunc
		kind   alerting.Kind
		reason string
		after  time.Duration
		says   string
	}{
		{"429", false, limited, alerting.Passing, "rate_limit", 17 * time.Second, "too many"},
		{"429 without a time", false, plain(429, ""), alerting.Passing, "rate_limit", 30 * time.Second, ""},
		{"500", false, plain(500, "<html>"), alerting.Passing, "server", 0, "500 Internal Server Error"},
		{"no service", false, plain(404, "no_service"), alerting.Permanent, "gone", 0, "404 Not Found: no_service"},
		{"archived", false, plain(410, "channel_is_archived"), alerting.Permanent, "gone", 0, "channel_is_archived"},
		{"forbidden", false, plain(403, "action_prohibited"), alerting.Permanent, "auth", 0, "action_prohibited"},
		{"bad token", false, plain(400, "invalid_token"), alerting.Permanent, "auth", 0, "invalid_token"},
		{"bad message", false, plain(400, "invalid_blocks"), alerting.Rejected, "rejected", 0, "invalid_blocks"},
		{"echoed secret", false, plain(404, "no "+hookPath), alerting.Permanent, "gone", 0, "404 Not Found"},
		{"redirect", false, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
		}, alerting.Permanent, "gone", 0, "302"},
		{"time-out", false, slowHeader, alerting.Passing, "timeout", 0, "no answer in time"},
		{"cut", false, cut, alerting.Passing, "connection", 0, ""},

		{"API 429", true, limited, alerting.Passing, "rate_limit", 17 * time.Second, ""},
		{"API 503", true, plain(503, ""), alerting.Passing, "server", 0, "503"},
		{"API invalid_auth", true, refuse("invalid_auth"), alerting.Permanent, "auth", 0, "invalid_auth"},
		{"API scope", true, refuse("missing_scope"), alerting.Permanent, "auth", 0, "needs the scope chat:write"},
		{"API channel", true, refuse("channel_not_found"), alerting.Permanent, "channel", 0, "channel_not_found"},
		{"API blocks", true, refuse("invalid_blocks"), alerting.Rejected, "rejected", 0, ""},
		{"API ratelimited", true, refuse("ratelimited"), alerting.Passing, "rate_limit", 30 * time.Second, ""},
		{"API fatal_error", true, refuse("fatal_error"), alerting.Passing, "server", 0, ""},
		{"API unheard of", true, refuse("new_thing"), alerting.Passing, "other", 0, "new_thing"},
		{"API slow body", true, slowBody, alerting.Passing, "timeout", 0, ""},
		{"API not JSON", true, plain(200, "<html>"), alerting.Passing, "response", 0, "cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			s.answers(tc.answer)
			o := Options{WebhookURL: s.URL + hookPath}
			if tc.token {
				o = Options{
					TokenFile: write(t, filepath.Join(t.TempDir(), "token"), token), Channel: "#ml",
					APIURL: s.URL + "/api",
				}
			}
			if tc.reason == "timeout" {
				o.Timeout = 100 * time.Millisecond
			}
			_, err := newReceiver(t, o).Notify(t.Context(), message())
			var e *alerting.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Kind != tc.kind || e.Reason != tc.reason || e.After != tc.after || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %d %q after %v: %v", e.Kind, e.Reason, e.After, err)
			}
			for err := error(e); err != nil; err = errors.Unwrap(err) {
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "SECRET") {
					t.Errorf("the error tells the secret: %s", text)
				}
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	s := newServer(t)
	r := newReceiver(t, Options{WebhookURL: s.URL + hookPath})
	s.Close()
	_, err := r.Notify(t.Context(), message())
	var e *alerting.Error
	if !errors.As(err, &e) || e.Reason != "connection" || e.Kind != alerting.Passing || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	s := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newReceiver(t, Options{WebhookURL: s.URL + hookPath}).Notify(ctx, message())
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("got %v", err)
	}
}

// TestSlowBodyAfterOK: the webhook's status says that Slack has the message.
func TestSlowBodyAfterOK(t *testing.T) {
	s := newServer(t)
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "o")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	r := newReceiver(t, Options{WebhookURL: s.URL + hookPath, Timeout: 100 * time.Millisecond})
	if _, err := r.Notify(t.Context(), message()); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct{ name, path, says string }{
		{"missing", filepath.Join(dir, "none"), "no such file"},
		{"empty", write(t, filepath.Join(dir, "empty"), "\n"), "is empty"},
		{"not a URL", write(t, filepath.Join(dir, "bad"), "SECRET"), "does not hold an http or https URL"},
		{"control character", write(t, filepath.Join(dir, "ctl"), "https://hooks.example/SECRET\x01x"), "does not hold an http or https URL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := newReceiver(t, Options{WebhookURLFile: tc.path}).Notify(t.Context(), message())
			var e *alerting.Error
			if !errors.As(err, &e) || e.Kind != alerting.Permanent || e.Reason != "secret" {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNewErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		says string
	}{
		{"nothing", Options{}, "exactly one of"},
		{"two", Options{WebhookURL: "https://x.example/", WebhookURLFile: "y"}, "exactly one of"},
		{"no channel", Options{TokenFile: "t"}, "token_file and channel together"},
		{"channel alone", Options{WebhookURL: "https://x.example/", Channel: "#c"}, "token_file and channel together"},
		{"proxy of a webhook", Options{WebhookURL: "https://x.example/", APIURL: "https://p.example/"}, "api_url goes with token_file"},
		{"bad proxy", Options{TokenFile: "t", Channel: "c", APIURL: "p"}, `api_url "p" is not`},
		{"bad URL", Options{WebhookURL: "SECRET"}, "webhook_url is not an http or https URL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(tc.o)
			if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("got %v", err)
			}
		})
	}
}
