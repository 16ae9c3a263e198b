package web

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/rules"
)

// A stream of events tells of what pages show, not of what changes all the time, and
// ends with the server.
func TestEvents(t *testing.T) {
	var now atomic.Pointer[snapshot.Snapshot]
	now.Store(snapshottest.New())
	o := optionsOf(nil)
	o.Snapshot = now.Load
	ended := make(chan struct{})
	server := httptest.NewServer(Handler(o, ended))
	defer server.Close()
	client := server.Client()
	client.Timeout = time.Minute
	answer, err := client.Get(server.URL + "/api/v1/events")
	if err != nil || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(answer, err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	next := func() string {
		var text []string
		for lines.Scan() && lines.Text() != "" {
			text = append(text, lines.Text())
		}
		return strings.Join(text, " ")
	}
	change := func(fn func(*snapshot.Snapshot)) {
		s := snapshottest.New()
		fn(s)
		now.Store(s)
	}
	if got := next(); got != `event: progress data: {"churn":20}` {
		t.Fatalf("it begins with %q", got)
	}
	change(func(s *snapshot.Snapshot) {
		s.Streams[0].Records++ // nobody is told
		s.Monitors[0].Open.Watermark = s.Monitors[0].Open.Watermark.Add(10 * time.Minute)
	})
	if got := next(); got != `event: progress data: {"churn":35}` {
		t.Errorf("the watermark moves: %q", got)
	}
	change(func(s *snapshot.Snapshot) { s.Alerts[0].State = rules.Resolved })
	if got := next(); !strings.HasPrefix(got, "event: change ") {
		t.Errorf("an alert resolves: %q", got)
	}
	change(func(s *snapshot.Snapshot) { s.Monitors[0].WindowsTotal++ })
	if got := next(); !strings.HasPrefix(got, "event: change ") {
		t.Errorf("a window closes: %q", got)
	}
	close(ended)
	if got := next(); got != "" {
		t.Errorf("it ends with %q", got)
	}
	if w := call(Handler(o, ended), http.MethodPost, "/api/v1/events"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
