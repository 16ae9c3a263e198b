package email

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"driftwatch/alerting/notify/notifytest"
)

const user = "driftwatch"

// server is a mail server that takes mail of whoever knows the password, over
// TLS.
type server struct {
	t        *testing.T
	address  string
	implicit bool
	cert     tls.Certificate
	caFile   string
	done     chan struct{}

	mu      sync.Mutex
	mode    notifytest.Mode
	smtp    *smtp.Server
	close   func()
	letters []string
	tried   []time.Time
}

func newServer(t *testing.T, implicit bool) *server {
	t.Helper()
	s := &server{t: t, address: "127.0.0.1:0", implicit: implicit, done: make(chan struct{})}
	s.cert, s.caFile = certificate(t)
	s.listen()
	t.Cleanup(func() {
		close(s.done)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.close()
	})
	return s
}

// certificate makes a certificate for loopback that is its own authority.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func (s *server) listen() {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.address = l.Addr().String()
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	s.smtp.Domain, s.smtp.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{s.cert}}
	s.smtp.ErrorLog = discard{}
	if s.implicit {
		l = tls.NewListener(l, s.smtp.TLSConfig)
	}
	server := s.smtp
	s.close = func() { _, _ = l.Close(), server.Close() }
	go func() { _ = server.Serve(l) }()
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// Set implements notifytest.Peer.
func (s *server) Set(m notifytest.Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m == notifytest.Refused:
		s.close()
	case s.mode == notifytest.Refused:
		s.listen()
	}
	s.mode = m
}

// Accepted implements notifytest.Peer: from the lines of the texts.
func (s *server) Accepted() (told []string) {
	for _, l := range s.received() {
		told = append(told, toldBy(l)...)
	}
	return told
}

func (s *server) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

// Tried implements notifytest.Peer.
func (s *server) Tried() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tried)
}

// session is one conversation.
type session struct {
	server *server
	conn   *smtp.Conn
	known  bool // who talks has said the password
}

// AuthMechanisms implements smtp.AuthSession.
func (c *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession. What it says of a wrong password repeats it.
func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != user || password != notifytest.Canary {
			return &smtp.SMTPError{Code: 535, Message: "wrong password " + password}
		}
		c.known = true
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (c *session) Mail(string, *smtp.MailOptions) error {
	s := c.server
	s.mu.Lock()
	mode := s.mode
	s.tried = append(s.tried, time.Now())
	s.mu.Unlock()
	switch {
	case !c.known:
		return smtp.ErrAuthRequired
	case mode == notifytest.Busy:
		return &smtp.SMTPError{Code: 421, Message: "too busy for " + notifytest.Canary}
	case mode == notifytest.Broken:
		return &smtp.SMTPError{Code: 451, Message: "local error, password " + notifytest.Canary}
	case mode == notifytest.Silent:
		<-s.done
	}
	return nil
}

// Rcpt implements smtp.Session.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody") {
		return &smtp.SMTPError{Code: 550, Message: "no such user"}
	}
	return nil
}

// Data implements smtp.Session.
func (c *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s := c.server
	s.mu.Lock()
	mode := s.mode
	if mode == notifytest.OK || mode == notifytest.Cut {
		s.letters = append(s.letters, string(b))
	}
	s.mu.Unlock()
	switch mode {
	case notifytest.Never:
		return &smtp.SMTPError{Code: 552, Message: "too large, " + notifytest.Canary}
	case notifytest.SlowBody:
		<-s.done
	case notifytest.Cut:
		_ = c.conn.Conn().Close()
	}
	return nil
}

// Reset implements smtp.Session.
func (c *session) Reset() {}

// Logout implements smtp.Session.
func (c *session) Logout() error { return nil }

// parts splits a letter into its header and the text of its parts, by type.
func parts(letter string) (head mail.Header, byType map[string]string, err error) {
	m, err := mail.ReadMessage(strings.NewReader(letter))
	if err != nil {
		return nil, nil, err
	}
	byType = map[string]string{}
	err = eachPart(m.Header.Get("Content-Type"), m.Body, func(kind, text string) { byType[kind] = text })
	if len(byType) == 0 && err == nil {
		err = errors.New("no parts")
	}
	return m.Header, byType, err
}
