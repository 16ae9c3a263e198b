package gitrev_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/gitrev"
	"driftwatch/internal/watch"
)

// repository is a git repository that a test makes.
type repository struct {
	t   *testing.T
	dir string
}

func (r repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// commit writes a file, commits all and returns the short hash.
func (r repository) commit(name, content string) string {
	r.t.Helper()
	r.write(name, content)
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "Change "+name)
	return r.git("rev-parse", "--short=12", "HEAD")
}

// newRepository has two commits of conf/rules/a.yaml and b.yaml.
func newRepository(t *testing.T) (repository, string) {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	r.commit("conf/rules/a.yaml", "a1\n")
	return r, r.commit("conf/rules/b.yaml", "b1\n")
}

// TestRevision: what git says of a work tree is what is said here, in every
// state that git can leave a repository in.
func TestRevision(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *repository)
		want   string // %s is git's short hash of HEAD, in the end
	}{
		{"clean", func(*repository) {}, "%s"},
		{"edited", func(r *repository) { r.write("conf/rules/a.yaml", "a2\n") }, "%s-dirty"},
		{"edited and staged", func(r *repository) { r.write("conf/rules/a.yaml", "a2\n"); r.git("add", "-A") }, "%s-dirty"},
		{"touched", func(r *repository) { r.write("conf/rules/a.yaml", "a1\n") }, "%s"},
		{"another file edited", func(r *repository) { r.write("conf/other.yaml", "x") }, "%s"},
		{"a rule file that git does not know", func(r *repository) {
			r.git("rm", "-q", "--cached", "conf/rules/b.yaml")
			r.git("commit", "-q", "-m", "Drop b")
		}, "%s-dirty"},
		{"a folder that git does not know", func(r *repository) {
			r.git("rm", "-q", "-r", "--cached", "conf")
			r.git("commit", "-q", "--allow-empty", "-m", "Drop conf")
		}, "%s-dirty"},
		{"detached", func(r *repository) { r.git("checkout", "-q", "--detach") }, "%s"},
		{"packed", func(r *repository) { r.git("gc", "-q", "--aggressive"); r.git("pack-refs", "--all") }, "%s"},
		{"packed deltas", func(r *repository) {
			for i := range 20 {
				r.commit("conf/rules/a.yaml", strings.Repeat("a line that stays\n", 500)+fmt.Sprint(i))
			}
			r.git("gc", "-q", "--aggressive", "--prune=now")
		}, "%s"},
		{"branch with a slash", func(r *repository) { r.git("checkout", "-q", "-b", "feature/rules"); r.git("pack-refs", "--all") }, "%s"},
		{"linked work tree", func(r *repository) {
			r.git("worktree", "add", "-q", "-b", "side", "../side-"+filepath.Base(r.dir))
			r.git("commit", "-q", "--allow-empty", "-m", "Nothing, where the side is not")
			r.dir = filepath.Join(r.dir, "../side-"+filepath.Base(r.dir))
		}, "%s"},
		{"linked work tree, edited", func(r *repository) {
			r.git("pack-refs", "--all")
			r.git("worktree", "add", "-q", "--detach", "side")
			r.dir = filepath.Join(r.dir, "side")
			r.write("conf/rules/b.yaml", "b2\n")
		}, "%s-dirty"},
		{"shallow clone", func(r *repository) {
			r.git("clone", "-q", "--depth", "1", "file://"+r.dir, "clone")
			r.dir = filepath.Join(r.dir, "clone")
		}, "%s"},
		{"clone that borrows objects", func(r *repository) {
			r.git("clone", "-q", "--shared", r.dir, "clone")
			r.dir = filepath.Join(r.dir, "clone")
		}, "%s"},
		{"sub-module", func(r *repository) {
			r.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", r.dir, "sub")
			r.dir = filepath.Join(r.dir, "sub")
		}, "%s"},
		{"no commit yet", func(r *repository) { r.git("checkout", "-q", "--orphan", "new") }, ""},
		{"no repository", func(r *repository) { r.must(os.RemoveAll(filepath.Join(r.dir, ".git"))) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newRepository(t)
			c.change(&r)
			want := c.want
			if want != "" {
				want = fmt.Sprintf(want, r.git("rev-parse", "--short=12", "HEAD"))
			}
			got, err := gitrev.Of(r.rules(), &watch.Files{})
			if err != nil || got != want {
				t.Errorf("the revision is %q (%v), want %q", got, err, want)
			}
		})
	}
}

func (r repository) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r repository) rules() []string {
	return []string{filepath.Join(r.dir, "conf", "rules", "a.yaml"), filepath.Join(r.dir, "conf", "rules", "b.yaml")}
}

// TestGitSync: a link moves from the work tree of one commit to that of the next.
func TestGitSync(t *testing.T) {
	r, first := newRepository(t)
	link := filepath.Join(r.dir, "current")
	paths := []string{filepath.Join(link, "conf", "rules", "a.yaml")}
	r.git("worktree", "add", "-q", "--detach", ".worktrees/1")
	r.must(os.Symlink(".worktrees/1", link))
	if got, err := gitrev.Of(paths, &watch.Files{}); err != nil || got != first {
		t.Errorf("the revision is %q (%v), want %q", got, err, first)
	}
	second := r.commit("conf/rules/a.yaml", "a2\n")
	r.git("worktree", "add", "-q", "--detach", ".worktrees/2")
	r.must(os.Symlink(".worktrees/2", link+".new"))
	r.must(os.Rename(link+".new", link))
	if got, err := gitrev.Of(paths, &watch.Files{}); err != nil || got != second {
		t.Errorf("the revision is %q (%v), want %q", got, err, second)
	}
}

// TestCommitIsAChange: the files are the same before and after a commit, but
// their revision is not, so what was looked at changes.
func TestCommitIsAChange(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r repository)
	}{
		{"commit", func(r repository) { r.git("commit", "-q", "--allow-empty", "-m", "Nothing") }},
		{"commit on packed references", func(r repository) {
			r.git("pack-refs", "--all")
			r.git("commit", "-q", "--allow-empty", "-m", "Nothing")
		}},
		{"another branch", func(r repository) { r.git("checkout", "-q", "-b", "side") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := newRepository(t)
			var files watch.Files
			if _, err := gitrev.Of(r.rules(), &files); err != nil {
				t.Fatal(err)
			}
			if !files.Look().Equal(&files) {
				t.Fatal("it changed by being looked at")
			}
			c.change(r)
			if files.Look().Equal(&files) {
				t.Error("the change is not seen")
			}
		})
	}
}

// TestTwoTrees: files of two repositories have no revision in common.
func TestTwoTrees(t *testing.T) {
	a, _ := newRepository(t)
	b, _ := newRepository(t)
	got, err := gitrev.Of(append(a.rules(), b.rules()...), &watch.Files{})
	if err != nil || got != "" {
		t.Errorf("the revision is %q (%v)", got, err)
	}
	if got, err := gitrev.Of(nil, &watch.Files{}); err != nil || got != "" {
		t.Errorf("the revision of no files is %q (%v)", got, err)
	}
}

// TestBroken: a repository that cannot be read is an error that names it.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		name    string
		file    string
		content string
	}{
		{"no such commit", ".git/HEAD", strings.Repeat("a", 40) + "\n"},
		{"a hash of another kind", ".git/HEAD", strings.Repeat("a", 64) + "\n"},
		{"nonsense", ".git/HEAD", "nonsense\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := newRepository(t)
			r.write(c.file, c.content)
			got, err := gitrev.Of(r.rules(), &watch.Files{})
			if err == nil || got != "" || !strings.Contains(err.Error(), r.dir) {
				t.Errorf("the revision is %q (%v)", got, err)
			}
		})
	}
	t.Run("a file that names no repository", func(t *testing.T) {
		r, _ := newRepository(t)
		r.must(os.RemoveAll(filepath.Join(r.dir, ".git")))
		r.write(".git", "gitdir: ../elsewhere\n")
		if got, err := gitrev.Of(r.rules(), &watch.Files{}); err == nil || got != "" {
			t.Errorf("the revision is %q (%v)", got, err)
		}
	})
}
