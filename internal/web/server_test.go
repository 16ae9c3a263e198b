package web

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"driftwatch/internal/snapshot/snapshottest"
)

// serve runs a server for the length of the test and returns its base URL.
func serve(t *testing.T, o Options) string {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + s.Addr().String()
}

func get(t *testing.T, client *http.Client, url, password string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		req.SetBasicAuth("admin", password)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// newClient returns a client that leaves no goroutine behind.
func newClient(t *testing.T) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestServe(t *testing.T) {
	base := serve(t, optionsOf(snapshottest.New()))
	if code, body := get(t, newClient(t), base+"/-/healthy", ""); code != 200 {
		t.Errorf("got %d %s", code, body)
	}
}

func TestServeBasicAuth(t *testing.T) {
	o := optionsOf(snapshottest.New())
	o.ConfigFile = filepath.Join(t.TempDir(), "web.yaml")
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.ConfigFile, []byte("basic_auth_users:\n  admin: "+string(hash)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base, client := serve(t, o), newClient(t)
	if code, _ := get(t, client, base+"/", ""); code != 401 {
		t.Errorf("without a password: %d", code)
	}
	if code, _ := get(t, client, base+"/", "secret"); code != 200 {
		t.Errorf("with the password: %d", code)
	}
}

func TestNewErrors(t *testing.T) {
	o := optionsOf(snapshottest.New())
	o.ConfigFile = filepath.Join(t.TempDir(), "none.yaml")
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "read the web config file") {
		t.Errorf("got %v", err)
	}
	o = optionsOf(snapshottest.New())
	o.Listen = "127.0.0.1:99999"
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "listen for the page") {
		t.Errorf("got %v", err)
	}
}
