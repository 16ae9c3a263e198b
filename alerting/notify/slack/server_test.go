package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// server is Slack as its documentation says it is, as far as it concerns us: it
// refuses what Slack refuses and notes the rest.
type server struct {
	*httptest.Server
	*workspace
	mu     sync.Mutex
	bodies []string // of webhooks
	answer http.HandlerFunc
}

// workspace is Slack behind its API.
type workspace struct {
	t        *testing.T
	noFiles  bool // the token lacks files:write
	mu       sync.Mutex
	calls    []call
	messages map[string]bool    // by ts
	uploads  map[string]*upload // by the file's ID
}

type call struct{ Method, Channel, TS, Text, Blocks, Thread, Files string }

// upload is a file on its way: asked for, sent and shown.
type upload struct {
	length      int
	sent, shown bool
}

const (
	hookPath  = "/services/T000/B000/SECRETHOOK"
	token     = "xoxb-SECRET-TOKEN"
	channelID = "C123"
)

func newWorkspace(t *testing.T) *workspace {
	return &workspace{t: t, messages: map[string]bool{}, uploads: map[string]*upload{}}
}

func newServer(t *testing.T) *server {
	s := &server{workspace: newWorkspace(t)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	switch {
	case answer != nil:
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, r)
	case r.URL.Path == hookPath:
		s.hook(w, r)
	default:
		s.workspace.ServeHTTP(w, r)
	}
}

func (s *server) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("%s with %q: %v", r.Method, r.Header.Get("Content-Type"), err)
	}
	var m struct {
		Text   string
		Blocks json.RawMessage
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Text == "" {
		s.t.Errorf("not a message: %v: %s", err, body)
	}
	if problem := invalid(m.Blocks); problem != "" {
		s.t.Error(problem)
		http.Error(w, "invalid_blocks", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, string(body))
	_, _ = io.WriteString(w, "ok")
}

// invalid says what Slack's documentation of blocks forbids, or "".
func invalid(raw []byte) string {
	type text struct{ Type, Text string }
	var blocks []struct {
		Type     string
		Text     text
		Elements []text
	}
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return fmt.Sprintf("%v: %s", err, raw)
	}
	if len(blocks) == 0 || len(blocks) > 50 {
		return fmt.Sprintf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		texts, limit, kind := []text{b.Text}, 3000, "mrkdwn"
		switch b.Type {
		case "header":
			limit, kind = 150, "plain_text"
		case "context":
			texts = b.Elements
		case "section":
		default:
			return fmt.Sprintf("a block of type %q", b.Type)
		}
		for _, x := range texts {
			if n := utf8.RuneCountInString(x.Text); n == 0 || n > limit || x.Type != kind {
				return fmt.Sprintf("%s has %d characters of %s", b.Type, n, x.Type)
			}
		}
	}
	return ""
}

// ServeHTTP answers calls of the API, and takes files.
func (v *workspace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if id, ok := strings.CutPrefix(r.URL.Path, "/upload/v1/"); ok {
		v.take(w, r, v.uploads[id])
		return
	}
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		v.t.Errorf("%s with %q: %v", r.Method, r.Header.Get("Content-Type"), err)
	}
	f := r.PostForm.Get
	c := call{strings.TrimPrefix(r.URL.Path, "/api/"), f("channel") + f("channel_id"), f("ts"), f("text"), f("blocks"), f("thread_ts"), f("files")}
	answer := map[string]any{"ok": true}
	if refusal := v.call(r, &c, answer); refusal != "" {
		answer = map[string]any{"ok": false, "error": refusal}
		if refusal == "missing_scope" {
			answer["needed"], answer["provided"] = "files:write", "chat:write"
		}
	} else {
		v.calls = append(v.calls, c)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		v.t.Error(err)
	}
}

// call does what a call asks for, or says why not.
func (v *workspace) call(r *http.Request, c *call, answer map[string]any) string {
	switch {
	case !strings.HasPrefix(r.PostForm.Get("token"), "xoxb-"):
		return "invalid_auth"
	case c.Thread != "" && !v.messages[c.Thread]:
		return "thread_not_found"
	}
	switch c.Method {
	case "chat.postMessage", "chat.update":
		return v.chat(c, answer)
	case "files.getUploadURLExternal":
		return v.ticket(r, answer)
	case "files.completeUploadExternal":
		return v.show(c, answer)
	}
	return "unknown_method"
}

func (v *workspace) chat(c *call, answer map[string]any) string {
	post := c.Method == "chat.postMessage"
	switch {
	case c.Channel != channelID && (!post || c.Channel != "#ml"):
		return "channel_not_found"
	case !post && !v.messages[c.TS]:
		return "message_not_found"
	case c.Text == "" && c.Blocks == "":
		return "no_text"
	case utf8.RuneCountInString(c.Text) > 40_000:
		return "msg_too_long"
	}
	if c.Blocks != "" {
		if problem := invalid([]byte(c.Blocks)); problem != "" {
			v.t.Error(problem)
			return "invalid_blocks"
		}
	}
	ts := c.TS
	if post {
		ts = fmt.Sprintf("1700000000.%06d", len(v.messages)+1)
		v.messages[ts] = true
	}
	answer["channel"], answer["ts"], answer["text"] = channelID, ts, c.Text
	return ""
}

// ticket answers where a file may be sent to.
func (v *workspace) ticket(r *http.Request, answer map[string]any) string {
	f, length := r.PostForm.Get, 0
	if v.noFiles {
		return "missing_scope"
	}
	if _, err := fmt.Sscan(f("length"), &length); err != nil || length <= 0 || f("filename") == "" {
		return "invalid_arguments"
	}
	if utf8.RuneCountInString(f("alt_txt")) > 1000 {
		return "alt_txt_too_large"
	}
	id := fmt.Sprintf("F%03d", len(v.uploads)+1)
	v.uploads[id] = &upload{length: length}
	answer["upload_url"], answer["file_id"] = "http://"+r.Host+"/upload/v1/"+id, id
	return ""
}

// take receives the bytes of a file.
func (v *workspace) take(w http.ResponseWriter, r *http.Request, u *upload) {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		v.t.Error(err)
	case r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "token"):
		v.t.Error("a file was sent with the token")
	case r.ContentLength < 0:
		http.Error(w, "length required", http.StatusLengthRequired)
	case u == nil || u.sent:
		http.Error(w, "no such upload", http.StatusNotFound)
	case len(body) != u.length:
		http.Error(w, "another length was announced", http.StatusBadRequest)
	default:
		if _, err := png.Decode(bytes.NewReader(body)); err != nil {
			v.t.Errorf("not a picture: %v", err)
		}
		u.sent = true
		_, _ = fmt.Fprintf(w, "OK - %d", len(body))
	}
}

// show puts files into a channel.
func (v *workspace) show(c *call, answer map[string]any) string {
	var files []struct{ ID, Title string }
	switch err := json.Unmarshal([]byte(c.Files), &files); {
	case v.noFiles:
		return "missing_scope"
	case err != nil || len(files) == 0:
		return "invalid_arguments"
	case c.Channel != channelID:
		return "channel_not_found"
	}
	for _, f := range files {
		if u := v.uploads[f.ID]; u == nil || !u.sent || u.shown {
			return "file_not_found"
		}
	}
	for _, f := range files {
		v.uploads[f.ID].shown = true
	}
	answer["files"] = files
	return ""
}

// answers makes the server answer otherwise; nil lets it be Slack again.
func (s *server) answers(f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *server) seen() (hooks []string, calls []call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies, s.workspace.seen()
}

func (v *workspace) seen() []call {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.calls
}
