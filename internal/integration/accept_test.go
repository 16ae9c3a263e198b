package integration

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/daemontest"
)

// TestAccept: a window is accepted from the command line, is the reference of
// the next one, also after a restart, and its profile is a file like any other.
func TestAccept(t *testing.T) {
	t.Parallel()
	r := startReloading(t)
	r.close()
	first := windows(r.Daemon, "m")[0]
	if first.Hash != "" {
		t.Errorf("the first window is compared with %s", first.Hash)
	}
	accept := func(code int, says string, args ...string) {
		t.Helper()
		out, errOut, got := daemontest.Run(t, append([]string{"accept", "--url", r.URL}, args...)...)
		if got != code || !strings.Contains(out+errOut, says) {
			t.Errorf("accept %v: exit code %d, %s%s; want %d and %q", args, got, out, errOut, code, says)
		}
	}
	accept(2, "give the end of the window to accept, or --remove", "m")
	accept(1, `there is no monitor "n"`, "n", first.End.String())
	accept(1, `has no window that ends at 2001-01-01T00:00:00Z`, "m", "2001-01-01T00:00:00Z")
	accept(1, `not a time like`, "m", "yesterday")
	accept(1, "has no pinned window", "m", "--remove")
	accept(0, "is the reference of m", "m", first.End.String())

	status, file := r.Get("/api/v1/monitors/m/windows/" + first.End.String() + "/profile")
	path := filepath.Join(r.dir, "window.profile")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil || status != http.StatusOK {
		t.Fatalf("the profile of the window: status %d, %v", status, err)
	}
	out, errOut, _ := daemontest.Run(t, "inspect", "--json", path)
	var in struct{ Hash string }
	if err := json.Unmarshal([]byte(out), &in); err != nil {
		t.Fatalf("%v: %s", err, errOut)
	}
	r.close()
	if got := windows(r.Daemon, "m")[1].Hash; got != in.Hash || got == "" {
		t.Errorf("the next window is compared with %q, want %q", got, in.Hash)
	}
	r.Stop()
	r.Daemon = daemontest.Start(t, filepath.Join(r.dir, "driftwatch.yaml"))
	r.Ready()
	r.close()
	if got := windows(r.Daemon, "m")[2].Hash; got != in.Hash {
		t.Errorf("after a restart a window is compared with %q, want %q", got, in.Hash)
	}
	accept(0, "the configured reference of m holds again", "m", "--remove")
	r.close()
	if got := windows(r.Daemon, "m")[3].Hash; got != "" {
		t.Errorf("without the pin a window is compared with %q", got)
	}
}
