package notifytest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Server is the Peer of receivers that speak HTTP.
type Server struct {
	Address string // host:port
	t       *testing.T
	read    func(r *http.Request, body []byte) []string
	done    chan struct{}

	mu       sync.Mutex
	mode     Mode
	close    func()
	accepted []string
	tried    []time.Time
}

// NewServer starts a server; read says what a request tells: "amount firing".
func NewServer(t *testing.T, read func(r *http.Request, body []byte) []string) *Server {
	s := &Server{t: t, read: read, Address: "127.0.0.1:0", done: make(chan struct{})}
	s.listen()
	t.Cleanup(func() {
		close(s.done)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.close()
	})
	return s
}

// URL returns the server's address with a path.
func (s *Server) URL(path string) string { return "http://" + s.Address + path }

func (s *Server) listen() {
	l, err := net.Listen("tcp", s.Address)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.Address = l.Addr().String()
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	// A server that has not begun to serve does not know its listener.
	s.close = func() { _, _ = l.Close(), server.Close() }
	go func() { _ = server.Serve(l) }()
}

// Set implements Peer.
func (s *Server) Set(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m == Refused:
		s.close()
	case s.mode == Refused:
		s.listen()
	}
	s.mode = m
}

// Accepted implements Peer.
func (s *Server) Accepted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accepted)
}

// Tried implements Peer.
func (s *Server) Tried() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tried)
}

// ServeHTTP answers by the mode. What it says of failures repeats all that it
// was sent, secrets too, as some proxies do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	mode := s.mode
	s.tried = append(s.tried, time.Now())
	if mode == OK || mode == SlowBody || mode == Cut {
		s.accepted = append(s.accepted, s.read(r, body)...)
	}
	s.mu.Unlock()
	echo := fmt.Sprintf("%s %v %s", r.URL, r.Header, body)
	switch mode {
	case Busy:
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter.Seconds())))
		http.Error(w, echo, http.StatusTooManyRequests)
	case Broken:
		http.Error(w, echo, http.StatusInternalServerError)
	case Never:
		http.Error(w, echo, http.StatusBadRequest)
	case Silent:
		s.hang(r)
	case SlowBody:
		_, _ = io.WriteString(w, `{"ok":`)
		w.(http.Flusher).Flush()
		s.hang(r)
	case Cut:
		panic(http.ErrAbortHandler)
	default:
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"1700000000.000001"}`) // as Slack says it
	}
}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
}
