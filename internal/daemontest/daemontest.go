// Package daemontest drives the real program in tests, as a user would: it
// builds the binary once, starts it on a configuration, asks its HTTP API, and
// ends or kills it by its process id.
package daemontest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	// The binary is built beside the test, which the test cache does not see:
	// what the binary is made of has to be what the test is made of.
	_ "driftwatch/internal/app"
)

// Patience is how long a condition is waited for before a test fails.
const Patience = 3 * time.Minute

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "driftwatch-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "driftwatch")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "driftwatch/cmd/driftwatch").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build driftwatch: %w\n%s", err, out)
	}
	return path, nil
})

// Binary returns the path of the program, built from this tree.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Remove deletes the binary; call it from TestMain after the tests.
func Remove() {
	if path, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
}

// Daemon is one running process.
type Daemon struct {
	URL  string // of its page, without a slash at the end
	t    testing.TB
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
}

// Start runs `driftwatch run -c config` until it listens. The configuration's
// web.listen should be 127.0.0.1:0. What still runs at the test's end is killed.
func Start(t testing.TB, config string) *Daemon {
	t.Helper()
	d := &Daemon{t: t, done: make(chan struct{}), cmd: exec.CommandContext(context.Background(), Binary(t), "run", "-c", config)}
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go d.read(stderr, address)
	t.Cleanup(d.Kill)
	select {
	case a := <-address:
		d.URL = "http://" + a
	case <-d.done:
		t.Fatalf("the daemon ended at once:\n%s", d.Log())
	case <-time.After(Patience):
		t.Fatalf("the daemon does not listen:\n%s", d.Log())
	}
	return d
}

// read keeps the log, finds the address in it and reaps the process.
func (d *Daemon) read(stderr io.Reader, address chan<- string) {
	defer close(d.done)
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		d.mu.Lock()
		d.log.WriteString(lines.Text() + "\n")
		d.mu.Unlock()
		if _, a, found := strings.Cut(lines.Text(), "msg=listening address="); found {
			address <- strings.TrimSpace(a)
		}
	}
	_ = d.cmd.Wait() // the state says how it ended
}

// Log returns what the daemon logged so far.
func (d *Daemon) Log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// Kill ends the process as `kill -9` does and waits until it is gone.
func (d *Daemon) Kill() {
	_ = d.cmd.Process.Kill() // it may be gone already
	<-d.done
}

// PID is the process's id.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Signal sends a signal.
func (d *Daemon) Signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// Stop ends the process as an init system does; it must exit with 0.
func (d *Daemon) Stop() {
	d.t.Helper()
	d.Signal(syscall.SIGTERM)
	select {
	case <-d.done:
	case <-time.After(Patience):
		d.t.Fatalf("the daemon does not end:\n%s", d.Log())
	}
	if code := d.cmd.ProcessState.ExitCode(); code != 0 {
		d.t.Fatalf("the daemon exited with %d:\n%s", code, d.Log())
	}
}

// Get asks the daemon for a path. It returns the status and the body, or 0 if
// the daemon does not answer.
func (d *Daemon) Get(path string) (int, string) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+path, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(b)
}

// JSON reads a path of the API into v.
func (d *Daemon) JSON(path string, v any) {
	d.t.Helper()
	status, body := d.Get(path)
	if status != http.StatusOK {
		d.t.Fatalf("GET %s: status %d: %s\n%s", path, status, body, d.Log())
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		d.t.Fatalf("GET %s: %v: %s", path, err, body)
	}
}

// Ready waits until the daemon says that it is.
func (d *Daemon) Ready() {
	d.t.Helper()
	d.Until("the daemon is ready", func() bool {
		status, _ := d.Get("/-/ready")
		return status == http.StatusOK
	})
}

// Until waits for a condition and fails the test, with the daemon's log, if it
// does not come.
func (d *Daemon) Until(what string, condition func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(Patience); !condition(); {
		if time.Now().After(deadline) {
			_, status := d.Get("/api/v1/status")
			d.t.Fatalf("waited in vain until %s; the daemon's status:\n%s\nand its log:\n%s", what, status, d.Log())
		}
		select {
		case <-d.done:
			d.t.Fatalf("the daemon ended before %s:\n%s", what, d.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Files writes files, named by their paths below dir, and makes the folders.
func Files(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
