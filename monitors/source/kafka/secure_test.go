package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"driftwatch/internal/kafkatest"
	"driftwatch/monitors/source"
)

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificate makes a self-signed certificate for a host name and for loopback.
func certificate(t testing.TB) (cert tls.Certificate, caFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"broker.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, write(t, "ca.pem", string(ca))
}

func TestTLSAndSASL(t *testing.T) {
	cert, ca := certificate(t)
	const user, password = "watcher", "a secret"
	passwordFile := write(t, "password", password+"\n")
	for name, tt := range map[string]struct {
		server []kfake.Opt
		tls    *TLS
		sasl   *SASL
	}{
		"tls":             {tls: &TLS{CAFile: ca}},
		"tls server name": {tls: &TLS{CAFile: ca, ServerName: "broker.example"}},
		"plain":           {sasl: &SASL{Mechanism: "plain"}},
		"scram-sha-256":   {sasl: &SASL{Mechanism: "scram-sha-256"}},
		"scram-sha-512":   {sasl: &SASL{Mechanism: "SCRAM-SHA-512"}},
		"both":            {tls: &TLS{CAFile: ca}, sasl: &SASL{Mechanism: "scram-sha-512"}},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []kfake.Opt{kfake.SeedTopics(1, "t")}
			if tt.tls != nil {
				opts = append(opts, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
			}
			if tt.sasl != nil {
				tt.sasl.Username, tt.sasl.PasswordFile = user, passwordFile
				opts = append(opts, kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(tt.sasl.Mechanism), user, password))
			}
			brokers, _ := kafkatest.Fake(t, opts...)
			c := open(t, brokers, func(c *Config) { c.TLS, c.SASL = tt.tls, tt.sasl })
			b, err := c.Log(source.Partition{Topic: "t"}).Fetch(kafkatest.Context(t), 0)
			if err != nil || !b.AtEnd() {
				t.Fatalf("fetch: %+v, %v", b, err)
			}
		})
	}
}

// A wrong password is said once, without the password, and tried again.
func TestWrongPassword(t *testing.T) {
	brokers, _ := kafkatest.Fake(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "watcher", "right"), kfake.SeedTopics(1, "t"))
	logged := &lines{}
	c := open(t, brokers, func(c *Config) {
		c.SASL = &SASL{Mechanism: "scram-sha-256", Username: "watcher", PasswordFile: write(t, "p", "hunter2")}
		c.Log = slog.New(slog.NewTextHandler(logged, nil))
	})
	p := start(t, c.All([]string{"t"}))
	until(t, "a problem", func() bool { return len(c.Problems()) == 1 })
	p.stop(t)
	if text := c.Problems()[0].Text + logged.text(); strings.Contains(text, "hunter2") || !strings.Contains(text, "uthenticat") {
		t.Errorf("said %q", text)
	}
	if n := logged.count("trying again"); n != 1 {
		t.Errorf("said it %d times", n)
	}
}

func TestConfigErrors(t *testing.T) {
	empty, junk := write(t, "empty", "\n"), write(t, "junk", "no certificate")
	good := []string{"localhost:9092"}
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"no brokers":        {Config{}, "at least one host:port"},
		"no port":           {Config{Brokers: []string{"localhost"}}, `"localhost" is not host:port`},
		"two in one":        {Config{Brokers: []string{"a:1,b:2"}}, "is not host:port"},
		"port zero":         {Config{Brokers: []string{"a:0"}}, "the port is not a number"},
		"negative wait":     {Config{Brokers: good, MaxWait: -1}, "max wait: must not be negative"},
		"large fetch":       {Config{Brokers: good, MaxBytes: 1 << 30}, "max bytes: at most"},
		"half a key pair":   {Config{Brokers: good, TLS: &TLS{CertFile: "x"}}, "cert_file and key_file go together"},
		"no such ca":        {Config{Brokers: good, TLS: &TLS{CAFile: "/nowhere/ca"}}, "read ca_file"},
		"ca without pem":    {Config{Brokers: good, TLS: &TLS{CAFile: junk}}, "no PEM certificate"},
		"bad key pair":      {Config{Brokers: good, TLS: &TLS{CertFile: junk, KeyFile: junk}}, "load cert_file"},
		"unknown mechanism": {Config{Brokers: good, SASL: &SASL{Mechanism: "kerberos", Username: "u", PasswordFile: "p"}}, `unknown mechanism "kerberos"`},
		"no user":           {Config{Brokers: good, SASL: &SASL{Mechanism: "plain", PasswordFile: "p"}}, "username and password_file"},
		"no password file":  {Config{Brokers: good, SASL: &SASL{Mechanism: "plain", Username: "u", PasswordFile: "/nowhere/p"}}, "read password_file"},
		"empty password":    {Config{Brokers: good, SASL: &SASL{Mechanism: "plain", Username: "u", PasswordFile: empty}}, "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
