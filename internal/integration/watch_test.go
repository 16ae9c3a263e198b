package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// reloadStatus is what the status says of loads.
type reloadStatus struct {
	Revision string `json:"rules_revision"`
	Reload   struct {
		OK      bool       `json:"successful"`
		At      *time.Time `json:"last_success"`
		Files   []string   `json:"files"`
		Refused *time.Time `json:"refused"`
		Error   string     `json:"error"`
	} `json:"config_reload"`
}

func loadStatus(d *daemontest.Daemon) reloadStatus {
	var s reloadStatus
	d.JSON("/api/v1/status", &s)
	return s
}

// startWatched starts a daemon that looks at its files each second.
func startWatched(t *testing.T, dir string, rules string) *daemontest.Daemon {
	t.Helper()
	brokers, _ := kafkatest.Fake(t)
	kafkatest.CreateTopic(t, kafkatest.Plain(t, brokers), "t", 1)
	path := config(t, brokers, map[string]string{"monitor.yaml": reloadMonitor})
	main, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Replace(string(main), `"rules*.yaml"`, `"`+filepath.Join(dir, rules)+`"`, 1) + "reload: {watch: 1s}\n"
	daemontest.Files(t, filepath.Dir(path), map[string]string{"driftwatch.yaml": content})
	d := daemontest.Start(t, path)
	d.Ready()
	return d
}

// hasRules waits until these rules, and no others, are in use.
func hasRules(d *daemontest.Daemon, names ...string) {
	d.Until("the rules are "+strings.Join(names, ", "), func() bool {
		var answer struct{ Rules []struct{ Alert string } }
		d.JSON("/api/v1/rules", &answer)
		var got []string
		for _, r := range answer.Rules {
			got = append(got, r.Alert)
		}
		return slices.Equal(got, names)
	})
}

func named(alert string) string { return strings.Replace(reloadRules(10), "High", alert, 1) }

// TestWatchFiles: files are edited, added and removed, and nobody asks for a
// reload. A bad one is refused once, and what comes after it is loaded.
func TestWatchFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	daemontest.Files(t, dir, map[string]string{"a.yaml": named("A")})
	d := startWatched(t, dir, "*.yaml")
	hasRules(d, "A")
	daemontest.Files(t, dir, map[string]string{"b.yaml": strings.Replace(named("B"), "name: g", "name: h", 1)})
	hasRules(d, "A", "B")
	files := loadStatus(d).Reload.Files
	if len(files) != 4 || files[3] != filepath.Join(dir, "b.yaml") {
		t.Errorf("the files are %q", files)
	}

	daemontest.Files(t, dir, map[string]string{"a.yaml": strings.Replace(named("A"), "check: max", "check: maximum", 1)})
	d.Until("the bad file is refused", func() bool { return d.Metrics()["driftwatch_config_last_reload_successful"] == 0 })
	s := loadStatus(d).Reload
	if s.OK || s.Refused == nil || s.At == nil || s.Refused.Before(*s.At) || !strings.Contains(s.Error, "a.yaml:5:") || len(s.Files) != 4 {
		t.Errorf("the status is %+v", s)
	}
	hasRules(d, "A", "B")

	daemontest.Files(t, dir, map[string]string{"a.yaml": named("C")})
	hasRules(d, "C", "B")
	if s := loadStatus(d).Reload; !s.OK || s.Error != "" || s.Refused != nil {
		t.Errorf("the status is %+v", s)
	}
	if n := strings.Count(d.Log(), "is not used"); n != 1 {
		t.Errorf("the bad file is refused %d times", n)
	}
	if err := os.Remove(filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	hasRules(d, "C")
	d.Stop()
}

// git runs git in a folder and returns what it says.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// hasRevision waits for a revision, in the status and in the metrics.
func hasRevision(d *daemontest.Daemon, want string) {
	d.Until("the revision is "+want, func() bool {
		return loadStatus(d).Revision == want && d.Metrics()[fmt.Sprintf("driftwatch_rules_info{revision=%q}", want)] == 1
	})
}

// TestWatchGit: rules in a git work tree are those of the commit that is
// checked out, and so is their revision.
func TestWatchGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	commit := func(alert string) string {
		daemontest.Files(t, dir, map[string]string{"a.yaml": named(alert)})
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", alert)
		return git(t, dir, "rev-parse", "--short=12", "HEAD")
	}
	daemontest.Files(t, dir, map[string]string{"a.yaml": named("A")})
	d := startWatched(t, dir, "*.yaml")
	if got := loadStatus(d).Revision; !strings.HasPrefix(got, "sha256:") {
		t.Errorf("the revision without git is %q", got)
	}
	git(t, dir, "init", "-q", "-b", "main")
	first := commit("B")
	hasRevision(d, first)
	hasRules(d, "B")
	daemontest.Files(t, dir, map[string]string{"a.yaml": named("C")})
	hasRevision(d, first+"-dirty")
	hasRules(d, "C")
	second := commit("C") // the file is as it was
	hasRevision(d, second)
	git(t, dir, "checkout", "-q", first)
	hasRevision(d, first)
	hasRules(d, "B")
	d.Stop()
}

// TestWatchConfigMap: a folder is swapped behind the files, as Kubernetes does.
func TestWatchConfigMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	publish := func(alert string) {
		daemontest.Files(t, filepath.Join(dir, ".."+alert), map[string]string{"a.yaml": named(alert)})
		if err := os.Symlink(".."+alert, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	publish("A")
	if err := os.Symlink("..data/a.yaml", filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	d := startWatched(t, dir, "*.yaml")
	hasRules(d, "A")
	publish("B")
	hasRules(d, "B")
	d.Stop()
}
