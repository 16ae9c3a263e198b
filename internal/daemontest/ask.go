package daemontest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Post posts to a path without a body. It returns the status and the answer.
func (d *Daemon) Post(path string) (int, string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL+path, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatalf("POST %s: %v\n%s", path, err, d.Log())
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatalf("POST %s: %v", path, err)
	}
	return res.StatusCode, string(b)
}

// Metrics is what /metrics shows, by series as they are written there:
// name{label="value"} with labels in alphabetical order.
type Metrics map[string]float64

// Metrics asks the daemon for its metrics.
func (d *Daemon) Metrics() Metrics {
	d.t.Helper()
	status, body := d.Get("/metrics")
	if status != http.StatusOK {
		d.t.Fatalf("GET /metrics: status %d: %s", status, body)
	}
	m := Metrics{}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			d.t.Fatalf("metric %q: %v", line, err)
		}
		m[line[:at]] = v
	}
	return m
}

// Run runs the program with arguments until it ends. It returns what it wrote
// and its exit code.
func Run(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, Binary(t), args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("driftwatch %v: %v", args, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}
