package webhook

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/rules"
)

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
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
	read := func(_ *http.Request, body []byte) (told []string) {
		var c Content
		if err := json.Unmarshal(body, &c); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		for _, a := range c.Alerts {
			told = append(told, a.Field+" "+a.State)
		}
		return told
	}
	notifytest.Run(t, notifytest.Subject{AnswersCount: true, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
		s := notifytest.NewServer(t, read)
		o := Options{
			URLFile: file(t, s.URL("/hook/"+notifytest.Canary+"?key="+notifytest.Canary)), SecretFile: file(t, notifytest.Canary),
			Headers: map[string]notify.Value{"Authorization": {File: file(t, "Bearer "+notifytest.Canary)}}, Timeout: notifytest.Timeout,
		}
		return s, func() alerting.Receiver { return receiver(t, o) }
	}})
}

func TestDigestConformance(t *testing.T) {
	read := func(_ *http.Request, body []byte) []string {
		var c DigestContent
		if err := json.Unmarshal(body, &c); err != nil || c.Status != "digest" {
			t.Errorf("%v: %s", err, body)
		}
		return []string{c.Digest.Name}
	}
	notifytest.RunDigests(t, notifytest.Subject{Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
		s := notifytest.NewServer(t, read)
		o := Options{
			URLFile: file(t, s.URL("/hook/"+notifytest.Canary+"?key="+notifytest.Canary)), SecretFile: file(t, notifytest.Canary),
			Headers: map[string]notify.Value{"Authorization": {File: file(t, "Bearer "+notifytest.Canary)}}, Timeout: notifytest.Timeout,
		}
		return s, func() alerting.Receiver { return receiver(t, o) }
	}})
}

// The body of a digest holds all that it says, as facts and as text.
func TestDigestBody(t *testing.T) {
	want := notifytest.Digest()
	b, err := json.Marshal(digestOf(want))
	if err != nil {
		t.Fatal(err)
	}
	var got DigestContent
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != "1" || got.Status != "digest" || got.Title != notify.DigestTitle(want) || got.Text != notify.DigestText(want) || got.URL != want.URL {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(got.Digest, want) {
		t.Errorf("got %+v, want %+v", got.Digest, want)
	}
}

// post returns what one message makes of the options.
func post(t *testing.T, o Options, m alerting.Message) (head http.Header, body string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Error(err)
		}
		_, body, _ = strings.Cut(b.String(), "\r\n\r\n")
		head = r.Header
	}))
	defer s.Close()
	o.URL = s.URL
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.now = func() time.Time { return time.Unix(1_700_000_000, 0) }
	if _, err := r.Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return head, body
}

// TestSignature compares with what `printf '%s.%s' 1700000000 '{"a":1}' | openssl
// dgst -sha256 -hmac key` prints.
func TestSignature(t *testing.T) {
	head, body := post(t, Options{SecretFile: file(t, "key\n"), Template: `{"a":1}`}, notify.Sample(time.Now(), rules.Firing))
	const want = "t=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
	if got := head.Get(SignatureHeader); body != `{"a":1}` || got != want {
		t.Errorf("%s of %s, want %s", got, body, want)
	}
}

func TestDefaultBody(t *testing.T) {
	m := notify.Sample(time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC), rules.Firing)
	m.Receiver, m.URL = "retrain", "http://drift.example/monitors/sample"
	_, body := post(t, Options{}, m)
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	alert := got["alerts"].([]any)[0].(map[string]any)
	if got["status"] != "firing" || got["receiver"] != "retrain" || got["url"] != m.URL || got["version"] != "1" ||
		got["group"].(map[string]any)["monitor"] != "sample" || alert["alert"] != "SampleAlert" || alert["fired"] != "2026-01-02T10:00:00Z" {
		t.Errorf("%s", body)
	}
}

func TestTemplate(t *testing.T) {
	_, body := post(t, Options{Template: `{"event_type": "drift", "client_payload": {"monitor": {{ json .Alert.Monitor }},
"fields": [{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ json $a.Field }}{{ end }}], "team": {{ json .Alert.Labels.team }}, "none": {{ json .Alert.Labels.none }}}}`},
		notify.Sample(time.Now(), rules.Firing))
	var got struct {
		Payload struct {
			Monitor, Team, None string
			Fields              []string
		} `json:"client_payload"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Payload.Monitor != "sample" || got.Payload.Fields[0] != "amount" || got.Payload.Team != "sample" {
		t.Errorf("%v: %s", err, body)
	}
}

func TestBadTemplates(t *testing.T) {
	for _, tc := range []struct{ name, template, says string }{
		{"syntax", `{"a": {{ .Title }`, "unexpected"},
		{"no JSON", `{"a": {{ .Title }}}`, "gives no JSON"},
		{"unknown", `{"a": {{ .Colour }}}`, "can't evaluate field Colour"},
		{"field in quotes", `{"a": "{{ .Alert.Field }}"}`, "quotes break it"},
		{"segment in quotes", `{"a": "{{ .Alert.Segment }}"}`, "quotes break it"},
		{"annotation in quotes", `{"a": "{{ .Alert.Annotations.summary }}"}`, "quotes break it"},
		{"label in quotes", `{"a": "{{ .Alert.Labels.team }}"}`, "quotes break it"},
		{"environment", `{{ env "HOME" }}`, `"env" not defined`},
		{"file", `{{ readFile "/etc/passwd" }}`, `"readFile" not defined`},
		{"large", `[{{ range 300000 }}"aaaa",{{ end }}1]`, "larger than 1 MiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(Options{URL: "http://localhost", Template: tc.template})
			if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "Content") {
				t.Errorf("got %v", err)
			}
		})
	}
}
