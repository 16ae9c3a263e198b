//go:build integration

package integration

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/daemontest"
)

// listening starts a program of the Prometheus family and returns its URL once it
// says where it listens. It is killed with the test.
func listening(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if _, a, found := strings.Cut(lines.Text(), `msg="Listening on" address=`); found {
				address <- a
			}
		}
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone
		<-ended
	})
	select {
	case a := <-address:
		return "http://" + strings.TrimSpace(a)
	case <-ended:
		t.Fatalf("%s ended at once", cmd.Path)
	case <-time.After(daemontest.Patience):
		t.Fatalf("%s does not listen", cmd.Path)
	}
	return ""
}
