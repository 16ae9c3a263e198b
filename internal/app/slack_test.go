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

// fakeSlack takes messages, their changes and pictures.
type fakeSlack struct {
	*httptest.Server
	pictures chan []byte
	changes  chan string // of the message, its text
}

func newFakeSlack(t *testing.T) *fakeSlack {
	s := &fakeSlack{pictures: make(chan []byte, 10), changes: make(chan string, 10)}
	mux := http.NewServeMux()
	var image []byte
	mux.HandleFunc("POST /api/chat.postMessage", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1.1"}`)
	})
	mux.HandleFunc("POST /api/chat.update", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("channel") == "C1" && r.FormValue("ts") == "1.1" {
			s.changes <- r.FormValue("text")
		}
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
			s.pictures <- image
		}
		_, _ = io.WriteString(w, `{"ok":true,"files":[{"id":"F1"}]}`)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// slackRig is a daemon, which can be started again, that tells Slack of values
// above 5 in windows of a minute.
type slackRig struct {
	slack *fakeSlack
	begin time.Time
	send  func(minute, value int)
	path  string
	d     *daemon
	stop  func()
	ended chan error
}

func newSlackRig(t *testing.T) *slackRig {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	r := &slackRig{slack: newFakeSlack(t), begin: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	r.path = filepath.Join(dir, "driftwatch.yaml")
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
`, brokers[0], r.slack.URL+"/api"),
		"m.yaml": "streams: [{name: s, topic: t}]\nmonitors: [{name: m, stream: s, window: {size: 1m}, reference: {offset: 1m}, fields: [{name: x, type: number}]}]\n",
		"r.yaml": "groups: [{name: g, monitor: m, rules: [{alert: High, fields: x, when: {check: max, above: 5}}]}]\n",
		"token":  "xoxb-1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.send = func(minute, value int) {
		t.Helper()
		kafkatest.Produce(t, cl, kafkatest.Record("t", 0, nil, fmt.Appendf(nil, `{"x":%d}`, value), r.begin.Add(time.Duration(minute)*time.Minute)))
	}
	return r
}

func (r *slackRig) start(t *testing.T) {
	t.Helper()
	d, g, err := newDaemon(Options{Config: r.path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx, g) }()
	r.d, r.ended, r.stop = d, ended, func() {
		t.Helper()
		cancel()
		if err := errors.Join(<-ended, d.store.Close()); err != nil {
			t.Error(err)
		}
	}
}

// await returns what comes from Slack.
func await[T any](t *testing.T, r *slackRig, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case err := <-r.ended:
		t.Fatalf("the daemon ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
	}
	return got
}

// TestPictureOfAnAlert: an alert brings the picture of the window in which it fired,
// which is the same later on; there is none of windows that are not kept, and none of
// what is redacted.
func TestPictureOfAnAlert(t *testing.T) {
	r := newSlackRig(t)
	r.start(t)
	for minute, value := range []int{1, 1, 9, 1} {
		r.send(minute, value)
	}
	sent := await(t, r, r.slack.pictures)
	if image, err := png.Decode(bytes.NewReader(sent)); err != nil || image.Bounds().Dx() != 1020 {
		t.Errorf("the picture is %v, %v", image, err)
	}
	r.send(4, 3)
	r.send(5, 4)
	end := window.FromTime(r.begin.Add(3 * time.Minute))
	fired := &rules.Alert{Monitor: "m", Field: "x", WindowStart: end.Add(-time.Minute), WindowEnd: end}
	if again, err := r.d.picture(t.Context(), fired); err != nil || !bytes.Equal(again, sent) {
		t.Errorf("later the picture is another one of %d bytes, %v", len(again), err)
	}
	other, gone, redacted := *fired, *fired, *fired
	other.WindowEnd = end.Add(time.Hour)
	gone.Field = "y"
	redacted.Redacted = true
	for _, a := range []*rules.Alert{&other, &gone, &redacted} {
		if image, err := r.d.picture(t.Context(), a); image != nil || err != nil {
			t.Errorf("%d bytes of what is not there or not shown, %v", len(image), err)
		}
	}
	r.stop()
}

// TestMessageChangesAfterRestart: the daemon that is started again, and one that
// loads its configuration anew, change the message that the first one posted.
func TestMessageChangesAfterRestart(t *testing.T) {
	for name, again := range map[string]func(*testing.T, *slackRig){
		"restart": func(t *testing.T, r *slackRig) { r.stop(); r.start(t) },
		"reload": func(t *testing.T, r *slackRig) {
			if err := r.d.reloader.Ask(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newSlackRig(t)
			r.start(t)
			for minute, value := range []int{1, 9, 9} {
				r.send(minute, value)
			}
			await(t, r, r.slack.pictures)
			again(t, r)
			r.send(3, 1)
			r.send(4, 1)
			if text := await(t, r, r.slack.changes); !strings.HasPrefix(text, "[RESOLVED:1]") {
				t.Errorf("the message says %q", text)
			}
			r.stop()
		})
	}
}

// TestSampleHasAPicture: trying a receiver tells whether it takes pictures.
func TestSampleHasAPicture(t *testing.T) {
	slack := newFakeSlack(t)
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
	if image, err := png.Decode(bytes.NewReader(<-slack.pictures)); err != nil || image.Bounds().Dx() != 1020 {
		t.Errorf("the picture is %v, %v", image, err)
	}
}
