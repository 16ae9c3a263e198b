package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// slackServer stands in for Slack: an incoming web hook on loopback that shows
// each message on the screen.
type slackServer struct {
	listener net.Listener
	server   *http.Server
	out      *screen
	render   func(payload []byte) (string, error)
	done     chan struct{}
}

const hookPath = "/services/demo"

// newSlack starts the server; close ends it.
func newSlack(out *screen, render func([]byte) (string, error)) (*slackServer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the stand-in for Slack: %w", err)
	}
	s := &slackServer{listener: l, out: out, render: render, done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+hookPath, s.receive)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(l) // always ends with an error: the one of close
	}()
	return s, nil
}

func (s *slackServer) url() string { return "http://" + s.listener.Addr().String() + hookPath }

// close lets messages that are under way arrive.
func (s *slackServer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.server.Close()
	}
	<-s.done
}

// receive answers as Slack does: "ok", or 400 and a word.
func (s *slackServer) receive(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	text, err := s.render(payload)
	if err != nil {
		s.out.note("A message for Slack that Slack would refuse: " + err.Error())
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	s.out.note(s.out.paint(dim, "Slack shows:") + "\n" + s.shown(text))
	_, _ = io.WriteString(w, "ok")
}

// shown fits a message to the screen and paints the bar beside it: red where
// something fires in it, else green.
func (s *slackServer) shown(text string) string {
	code := green
	if strings.Contains(text, "[FIRING") {
		code = red
	}
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\n"), bar)
		// The bar takes a column, and the signs that messages begin with take two.
		for _, part := range wrap(linkText.ReplaceAllString(line, "$1"), textWidth-2) {
			lines = append(lines, s.out.paint(code, bar)+part)
		}
	}
	return strings.Join(lines, "\n")
}

const bar = "┃"

// linkText is a line that is a link: Slack shows its text, not its address.
var linkText = regexp.MustCompile(`^( *[^:/]+): https?://\S+$`)
