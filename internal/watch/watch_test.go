package watch_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"driftwatch/internal/watch"
)

// folder is a folder that a test changes.
type folder struct {
	t   *testing.T
	dir string
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) write(name, content string) {
	f.t.Helper()
	f.must(os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	f.must(os.WriteFile(f.path(name), []byte(content), 0o600))
}

func (f folder) rename(from, to string) {
	f.t.Helper()
	f.must(os.Rename(f.path(from), f.path(to)))
}

// fixTime gives a file a time that others have too.
func (f folder) fixTime(name string) {
	f.t.Helper()
	f.must(os.Chtimes(f.path(name), time.Time{}, time.Unix(1_000_000_000, 0)))
}

// TestChanges: what is a change of files that were loaded, and what is none. The
// daemon reads a.yaml and what rules/*.yaml matches, and looks at big.profile,
// which is not there at first, and at secret.
func TestChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(f folder)
		want   bool
	}{
		{"nothing", func(folder) {}, false},
		{"edit in place", func(f folder) { f.write("a.yaml", "a2 and more") }, true},
		{"edit of equal length", func(f folder) { f.write("a.yaml", "b1") }, true},
		{"another file of equal length and time", func(f folder) {
			f.write("new", "b1")
			f.fixTime("new")
			f.rename("new", "a.yaml")
		}, true},
		{"temporary file and rename", func(f folder) {
			f.write("a.yaml~", "b1")
			f.rename("a.yaml~", "a.yaml")
		}, true},
		{"same content again", func(f folder) {
			f.must(os.Remove(f.path("a.yaml")))
			f.write("a.yaml", "a1")
		}, false},
		{"touch", func(f folder) { f.must(os.Chtimes(f.path("a.yaml"), time.Time{}, time.Unix(1_100_000_000, 0))) }, false},
		{"removed", func(f folder) { f.must(os.Remove(f.path("a.yaml"))) }, true},
		{"a folder in its place", func(f folder) {
			f.must(os.Remove(f.path("a.yaml")))
			f.must(os.Mkdir(f.path("a.yaml"), 0o755))
		}, true},
		{"added to the glob", func(f folder) { f.write("rules/s.yaml", "s") }, true},
		{"added beside the glob", func(f folder) { f.write("rules/s.txt", "s") }, false},
		{"removed from the glob", func(f folder) { f.must(os.Remove(f.path("rules/r.yaml"))) }, true},
		{"folder of the glob replaced", func(f folder) {
			f.rename("rules", "old")
			f.write("rules/r.yaml", "r2")
		}, true},
		{"missing file appears", func(f folder) { f.write("big.profile", "p") }, true},
		{"secret replaced", func(f folder) {
			f.write("new", "s")
			f.rename("new", "secret")
		}, true},
		{"symbolic link to the same content", func(f folder) {
			f.rename("a.yaml", "elsewhere")
			f.must(os.Symlink("elsewhere", f.path("a.yaml")))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := folder{t, t.TempDir()}
			f.write("a.yaml", "a1")
			f.fixTime("a.yaml")
			f.write("rules/r.yaml", "r")
			f.write("secret", "s")
			files := load(f)
			before := files.Look()
			if !before.Equal(files) {
				t.Fatal("files changed before they did")
			}
			c.change(f)
			if got := !files.Look().Equal(files); got != c.want {
				t.Errorf("compared with the load: changed is %v", got)
			}
			if got := !before.Look().Equal(before); got != c.want {
				t.Errorf("compared with a look: changed is %v", got)
			}
			now := load(f)
			if again := now.Look(); !again.Equal(now) {
				t.Error("what cannot be loaded is another file at each look")
			}
			now = files.Look()
			if !now.Look().Equal(now) || !files.Look().Equal(now) {
				t.Error("files go on changing")
			}
		})
	}
}

// load notes what a load would look at.
func load(f folder) *watch.Files {
	f.t.Helper()
	files := &watch.Files{}
	_, _ = files.Read(f.path("a.yaml")) // some cannot be read
	found, err := files.Glob(f.path("rules/*.yaml"))
	f.must(err)
	for _, path := range found {
		_, err := files.Read(path)
		f.must(err)
	}
	_, _ = files.Stat(f.path("big.profile")) // it is not there
	_, err = files.Stat(f.path("secret"))
	f.must(err)
	return files
}

// TestConfigMap swaps a folder as Kubernetes does: files are links through
// ..data, which is replaced. Sizes and times of the files are equal.
func TestConfigMap(t *testing.T) {
	f := folder{t, t.TempDir()}
	publish := func(version, rules string) {
		f.write("..v"+version+"/a.yaml", "a1")
		f.write("..v"+version+"/r.yaml", rules)
		f.fixTime("..v" + version + "/r.yaml")
		f.must(os.Symlink("..v"+version, f.path("..data_tmp")))
		f.rename("..data_tmp", "..data")
	}
	publish("1", "r1")
	for _, name := range []string{"a.yaml", "r.yaml"} {
		f.must(os.Symlink("..data/"+name, f.path(name)))
	}
	files := &watch.Files{}
	_, err := files.Glob(f.path("*.yaml"))
	f.must(err)
	data, err := files.Read(f.path("r.yaml"))
	f.must(err)
	if string(data) != "r1" {
		t.Fatalf("read %q", data)
	}
	publish("2", "r1")
	if now := files.Look(); !now.Equal(files) {
		t.Error("the same content in another folder is a change")
	}
	publish("3", "r2")
	if now := files.Look(); now.Equal(files) {
		t.Error("the swap is no change")
	}
}

// TestWrittenWhileRead: what is written after a file was loaded is a change even
// if the first look comes later.
func TestWrittenWhileRead(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.yaml", "a1")
	files := &watch.Files{}
	_, err := files.Read(f.path("a.yaml"))
	f.must(err)
	f.write("a.yaml", "a2")
	_, err = files.Read(f.path("a.yaml")) // by another name for the same load
	f.must(err)
	if files.Look().Equal(files) {
		t.Error("the first of two contents is not told from the second")
	}
}
