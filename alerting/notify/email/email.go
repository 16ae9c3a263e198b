// Package email sends messages by SMTP: one text that any reader shows, and the
// same in HTML for a phone. A message and its later changes are one thread.
package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
)

// Options say by which server mail goes, and to whom.
type Options struct {
	Server       string // host:port
	TLS          string // starttls (default), tls from the first byte on, or none
	ServerName   string // in the certificate; "" for the server's host
	CAFile       string // of the authorities; "" for the system's
	Username     string // "" for no authentication
	PasswordFile string
	From         string
	To           []string
	NoPlots      bool          // letters have no pictures
	Timeout      time.Duration // of the whole conversation
}

// The ways to be safe on the wire.
const (
	StartTLS = "starttls"
	Implicit = "tls"
	Plain    = "none"
)

// Receiver sends mail to some people.
type Receiver struct{ o Options }

// New checks the options. It reads no files.
func New(o Options) (*Receiver, error) {
	if o.Server == "" || o.From == "" || len(o.To) == 0 {
		return nil, errors.New("email needs server, from and to")
	}
	if (o.Username == "") != (o.PasswordFile == "") {
		return nil, errors.New("email needs username and password_file together")
	}
	if o.Timeout == 0 {
		o.Timeout = notify.DefaultTimeout
	}
	return &Receiver{o}, nil
}

// Notify implements alerting.Receiver.
func (r *Receiver) Notify(ctx context.Context, m alerting.Message) (string, error) {
	return r.deliver(ctx, func(ctx context.Context) (*mail.Msg, error) { return r.letter(ctx, m) })
}

// NotifyDigest implements alerting.Digester.
func (r *Receiver) NotifyDigest(ctx context.Context, d summary.Digest) (string, error) {
	return r.deliver(ctx, func(context.Context) (*mail.Msg, error) { return r.digest(&d) })
}

// deliver sends what write writes.
func (r *Receiver) deliver(ctx context.Context, write func(context.Context) (*mail.Msg, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	password := ""
	if r.o.PasswordFile != "" {
		var err error
		if password, err = notify.Secret(r.o.PasswordFile); err != nil {
			return "", err
		}
	}
	letter, err := write(ctx)
	if err != nil {
		return "", &alerting.Error{Kind: alerting.Permanent, Reason: "config", Err: fmt.Errorf("email: %w", err)}
	}
	client, err := r.client(password)
	if err != nil {
		return "", err
	}
	if err := send(ctx, client, letter); err != nil && !letter.IsDelivered() {
		if ctx.Err() != nil {
			err = ctx.Err() // it ended the connection
		}
		return "", failure(err, password)
	}
	return letter.ServerResponse(), nil
}

// send holds one conversation, which ends with ctx.
func send(ctx context.Context, client *mail.Client, letter *mail.Msg) error {
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	return errors.Join(client.SendWithSMTPClient(conn, letter), client.CloseWithSMTPClient(conn))
}

func (r *Receiver) client(password string) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(r.o.Server)
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("email: the port is no number: %w", err)
	}
	config, err := r.tlsConfig(host)
	if err != nil {
		return nil, err
	}
	options := []mail.Option{mail.WithPort(n), mail.WithTimeout(r.o.Timeout), mail.WithTLSConfig(config), mail.WithoutNoop()}
	switch r.o.TLS {
	case Implicit:
		options = append(options, mail.WithSSL(), mail.WithTLSPolicy(mail.NoTLS))
	case Plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if r.o.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(r.o.Username), mail.WithPassword(password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, failure(err, password)
	}
	return client, nil
}

func (r *Receiver) tlsConfig(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if r.o.ServerName != "" {
		c.ServerName = r.o.ServerName
	}
	if r.o.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(r.o.CAFile)
	if err != nil {
		return nil, notify.BadSecret(err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, notify.BadSecret(fmt.Errorf("%s holds no certificate", r.o.CAFile))
	}
	return c, nil
}

// failure says what an error of the library means, by the server's code: 4xx
// passes, 5xx does not.
func failure(err error, secrets ...string) error {
	e := &alerting.Error{Reason: "connection"}
	code := codeOf(err)
	switch {
	case code == 421 || code >= 400 && code < 500:
		e.Reason = "server"
	case code == 530 || code == 534 || code == 535 || code == 538:
		e.Kind, e.Reason = alerting.Permanent, "auth"
	case code == 550 || code == 551 || code == 553 || code == 554:
		e.Kind, e.Reason = alerting.Permanent, "refused"
	case code >= 500:
		e.Kind, e.Reason = alerting.Rejected, "rejected"
	default:
		// Errors of sending do not say what they wrap.
		if strings.Contains(err.Error(), os.ErrDeadlineExceeded.Error()) {
			err = os.ErrDeadlineExceeded
		}
		if u := notify.Unreachable(err); u.Reason == "timeout" {
			e.Reason, err = u.Reason, u.Err
		}
	}
	e.Err = errors.New("email: " + notify.OneLine(notify.Redact(err.Error(), secrets...), 300))
	return e
}

// codeOf returns the server's code, or 0.
func codeOf(err error) int {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*mail.SendError](err); ok {
		return e.ErrorCode()
	}
	return 0
}
