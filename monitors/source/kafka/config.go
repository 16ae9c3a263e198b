package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Config says how a cluster is reached and read. Only Brokers is required.
type Config struct {
	Brokers  []string // host:port; any of them leads to the whole cluster
	ClientID string   // shown in the brokers' logs and quotas; default "driftwatch"
	TLS      *TLS     // nil: plain connections
	SASL     *SASL    // nil: no authentication
	Log      *slog.Logger

	// MaxWait is how long a broker holds a fetch that has nothing to send,
	// and so how long Fetch waits at the end of the log. Default 500 ms.
	MaxWait time.Duration

	// MaxBytes bounds the compressed size of one fetch. A batch that is larger
	// than this is still read, whole and alone. Default 1 MiB.
	MaxBytes int

	// Timeout is for one answer of a broker, beyond MaxWait. Default 15 s.
	Timeout time.Duration

	// Poll is how often topics are looked at for new partitions. Default 3 s.
	Poll time.Duration

	// MaxBackoff caps the pause between two tries. Default 3 s.
	MaxBackoff time.Duration
}

// TLS encrypts connections. An empty CAFile means the system's roots; CertFile
// and KeyFile are for brokers that ask for a client certificate.
type TLS struct {
	CAFile, CertFile, KeyFile string
	ServerName                string // the name expected of every broker; default its host
}

// SASL authenticates connections. The password is the file's content without
// the line end.
type SASL struct {
	Mechanism    string // plain | scram-sha-256 | scram-sha-512
	Username     string
	PasswordFile string
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	c.ClientID = cmp.Or(c.ClientID, "driftwatch")
	c.MaxWait = cmp.Or(c.MaxWait, 500*time.Millisecond)
	c.MaxBytes = cmp.Or(c.MaxBytes, 1<<20)
	c.Timeout = cmp.Or(c.Timeout, 15*time.Second)
	c.Poll = cmp.Or(c.Poll, 3*time.Second)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, 3*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate reports every problem that can be seen without reading a file.
func (c Config) validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("brokers: at least one host:port is needed"))
	}
	for _, b := range c.Brokers {
		if err := validAddress(b); err != nil {
			errs = append(errs, fmt.Errorf("brokers: %w", err))
		}
	}
	if t := c.TLS; t != nil && (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, errors.New("tls: cert_file and key_file go together"))
	}
	if s := c.SASL; s != nil {
		if !knownMechanism(s.Mechanism) {
			errs = append(errs, fmt.Errorf("sasl: unknown mechanism %q: plain, scram-sha-256 or scram-sha-512", s.Mechanism))
		}
		if s.Username == "" || s.PasswordFile == "" {
			errs = append(errs, errors.New("sasl: username and password_file are needed"))
		}
	}
	for _, d := range []struct {
		name string
		v    int64
	}{
		{"max wait", int64(c.MaxWait)}, {"max bytes", int64(c.MaxBytes)}, {"timeout", int64(c.Timeout)},
		{"poll", int64(c.Poll)}, {"max backoff", int64(c.MaxBackoff)},
	} {
		if d.v < 0 {
			errs = append(errs, fmt.Errorf("%s: must not be negative", d.name))
		}
	}
	if c.MaxBytes > maxFrame {
		errs = append(errs, fmt.Errorf("max bytes: at most %d", maxFrame))
	}
	return errors.Join(errs...)
}

func validAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || strings.ContainsAny(address, ", \t") {
		return fmt.Errorf("%q is not host:port", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q: the port is not a number from 1 to 65535", address)
	}
	return nil
}

func knownMechanism(name string) bool {
	switch strings.ToLower(name) {
	case "plain", "scram-sha-256", "scram-sha-512":
		return true
	}
	return false
}

// config reads the files that t names. A nil t means no TLS.
func (t *TLS) config() (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	cfg := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls: read ca_file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls: ca_file %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls: load cert_file and key_file: %w", err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

// mechanism reads the password. A nil s means no authentication.
func (s *SASL) mechanism() (sasl.Mechanism, error) {
	if s == nil {
		return nil, nil
	}
	raw, err := os.ReadFile(s.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("sasl: read password_file: %w", err)
	}
	password := strings.TrimRight(string(raw), "\r\n")
	if password == "" {
		return nil, fmt.Errorf("sasl: password_file %s is empty", s.PasswordFile)
	}
	switch strings.ToLower(s.Mechanism) {
	case "scram-sha-256":
		return wrapMechanism(scram.Mechanism(scram.SHA256, s.Username, password))
	case "scram-sha-512":
		return wrapMechanism(scram.Mechanism(scram.SHA512, s.Username, password))
	default:
		return plain.Mechanism{Username: s.Username, Password: password}, nil
	}
}

// wrapMechanism replaces an error that might quote the credentials.
func wrapMechanism(m sasl.Mechanism, err error) (sasl.Mechanism, error) {
	if err != nil {
		return nil, errors.New("sasl: the username or password has characters that SCRAM does not allow")
	}
	return m, nil
}
