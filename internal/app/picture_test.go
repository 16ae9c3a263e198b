package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// slackWithFiles takes messages and pictures.
func slackWithFiles(t *testing.T, pictures chan<- []byte) *httptest.Server {
	mux := http.NewServeMux()
	var image []byte
	mux.HandleFunc("POST /api/chat.postMessage", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1.1"}`)
	})
	mux.HandleFunc("POST /api/chat.update", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1.1"}`)
	})
	mux.HandleFunc("POST /api/files.getUploadURLExternal", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"ok":true,"upload_url":"http://%s/upload","file_id":"F1"}`, r.Host)
	})
	mux.HandleFunc("POST /upload", func(_ http.ResponseWriter, r *http.Request) {
		image, _ = io.ReadAll(r.Body) // what is missing is seen below
	})
	mux.HandleFunc("POST /api/files.completeUploadExternal", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("thread_ts") == "1.1" {
			pictures <- image
		}
		_, _ = io.WriteString(w, `{"ok":true,"files":[{"id":"F1"}]}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// TestPictureOfAnAlert: an alert brings the picture of the window in which it fired,
// which is the same later on; there is none of windows that are not kept, and none of
// what is redacted.
func TestPictureOfAnAlert(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	pictures := make(chan []byte, 10)
	slack := slackWithFiles(t, pictures)
	dir := t.TempDir()
	for name, content := range map[string]string{
		"driftwatch.yaml": fmt.Sprintf(`
kafka: {brokers: [%q]}
web: {listen: "127.0.0.1:0"}
monitors: [m.yaml]
rules: [r.yaml]
reload: {watch: off}
alerting:
  route: {receiver: team}
  receivers: [{name: team, slack: {token_file: token, channel: "#ml", api_url: %q}}]
`, brokers[0], slack.URL+"/api"),
		"m.yaml": "streams: [{name: s, topic: t}]\nmonitors: [{name: m, stream: s, window: {size: 1m}, reference: {offset: 1m}, fields: [{name: x, type: number}]}]\n",
		"r.yaml": "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: max, above: 5}}]}]\n",
		"token":  "xoxb-1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, g, err := newDaemon(Options{Config: filepath.Join(dir, "driftwatch.yaml"), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx, g) }()
	begin := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	send := func(minute, value int) {
		t.Helper()
		kafkatest.Produce(t, cl, kafkatest.Record("t", 0, nil, fmt.Appendf(nil, `{"x":%d}`, value), begin.Add(time.Duration(minute)*time.Minute)))
	}
	for minute, value := range []int{1, 1, 9, 1} {
		send(minute, value)
	}
	var sent []byte
	select {
	case sent = <-pictures:
	case err := <-ended:
		t.Fatalf("the daemon ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("no picture came")
	}
	if image, err := png.Decode(bytes.NewReader(sent)); err != nil || image.Bounds().Dx() != 1020 {
		t.Errorf("the picture is %v, %v", image, err)
	}
	send(4, 3)
	send(5, 4)
	end := window.FromTime(begin.Add(3 * time.Minute))
	fired := &rules.Alert{Monitor: "m", Field: "x", WindowStart: end.Add(-time.Minute), WindowEnd: end}
	if again, err := d.picture(ctx, fired); err != nil || !bytes.Equal(again, sent) {
		t.Errorf("later the picture is another one of %d bytes, %v", len(again), err)
	}
	other := *fired
	other.WindowEnd = end.Add(time.Hour)
	gone := *fired
	gone.Field = "y"
	redacted := *fired
	redacted.Redacted = true
	for _, a := range []*rules.Alert{&other, &gone, &redacted} {
		if image, err := d.picture(ctx, a); image != nil || err != nil {
			t.Errorf("%d bytes of what is not there or not shown, %v", len(image), err)
		}
	}
	cancel()
	if err := errors.Join(<-ended, d.store.Close()); err != nil {
		t.Error(err)
	}
}

// TestSampleHasAPicture: trying a receiver tells whether it takes pictures.
func TestSampleHasAPicture(t *testing.T) {
	pictures := make(chan []byte, 1)
	slack := slackWithFiles(t, pictures)
	dir := t.TempDir()
	path := filepath.Join(dir, "driftwatch.yaml")
	config := fmt.Sprintf("kafka: {brokers: [\"localhost:1\"]}\nalerting: {route: {receiver: team}, receivers: [{name: team, slack: {token_file: token, channel: \"#ml\", api_url: %q}}]}\n", slack.URL+"/api")
	if err := errors.Join(os.WriteFile(path, []byte(config), 0o600), os.WriteFile(filepath.Join(dir, "token"), []byte("xoxb-1"), 0o600)); err != nil {
		t.Fatal(err)
	}
	answers, err := NotifyTest(t.Context(), path, "team", false)
	if err != nil || strings.Join(answers, ", ") != "firing: ok, picture: ok" {
		t.Errorf("answers %q, %v", answers, err)
	}
	if image, err := png.Decode(bytes.NewReader(<-pictures)); err != nil || image.Bounds().Dx() != 1020 {
		t.Errorf("the picture is %v, %v", image, err)
	}
}
