package notifytest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is the Peer of receivers that speak HTTP.
type Server struct {
	Address string       // host:port
	Answer  http.Handler // of what is accepted; nil: nothing more is said
	t       *testing.T
	read    func(r *http.Request, body []byte) []string
	done    chan struct{}

	mu       sync.Mutex
	mode     Mode
	close    func()
	accepted []string
	tried    []time.Time
	busy     string                 // a call that is refused once
	calls    map[string][]time.Time // by the call, the end of a path
}

// NewServer starts a server; read says what a request tells: "amount firing".
func NewServer(t *testing.T, read func(r *http.Request, body []byte) []string) *Server {
	s := &Server{t: t, read: read, Address: "127.0.0.1:0", done: make(chan struct{}), calls: map[string][]time.Time{}}
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

// Busy implements Caller.
func (s *Server) Busy(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = call
}

// Asked implements Caller.
func (s *Server) Asked(call string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls[call])
}

// note returns how a request is answered.
func (s *Server) note(r *http.Request, body []byte) Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	mode, now := s.mode, time.Now()
	s.tried = append(s.tried, now)
	parts := strings.Split(r.URL.Path, "/")
	for i := range parts {
		s.calls[parts[i]] = append(s.calls[parts[i]], now)
		if parts[i] == s.busy && s.busy != "" {
			s.busy, mode = "", Busy
		}
	}
	if mode == OK || mode == SlowBody || mode == Cut {
		s.accepted = append(s.accepted, s.read(r, body)...)
	}
	return mode
}

// ServeHTTP answers by the mode. What it says of failures repeats all that it
// was sent, secrets too, as some proxies do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	echo := fmt.Sprintf("%s %v %s", r.URL, r.Header, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch s.note(r, body) {
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
		s.answer(httptest.NewRecorder(), r)
		_, _ = io.WriteString(w, `{"ok":`)
		w.(http.Flusher).Flush()
		s.hang(r)
	case Cut:
		s.answer(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		s.answer(w, r)
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	if s.Answer != nil {
		s.Answer.ServeHTTP(w, r)
	}
}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
}
