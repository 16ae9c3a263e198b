package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/profile"
)

var update = flag.Bool("update", false, "write what is seen into the golden files")

// readLines reads a reference of lines "field kind" and "segment name", which
// stands for one in the tests; one of the line "data" for a data file.
func readLines(path string) (*ReferenceFile, error) {
	data, err := os.ReadFile(path)
	if err != nil || string(data) == "data\n" {
		return nil, err
	}
	f := &ReferenceFile{Kinds: make(map[string]profile.Kind)}
	for line := range strings.Lines(string(data)) {
		name, word, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "segment" {
			f.Segments = append(f.Segments, word)
			continue
		}
		kind, ok := profile.ParseKind(word)
		if !ok {
			return nil, fmt.Errorf("not a profile")
		}
		f.Kinds[name] = kind
	}
	return f, nil
}

var testOptions = Options{ReferenceFile: readLines}

// extract writes the files of the archives, later ones over earlier ones.
func extract(t *testing.T, dir string, archives ...*txtar.Archive) {
	t.Helper()
	for _, a := range archives {
		for _, f := range a.Files {
			if f.Name == "want" {
				continue
			}
			path := filepath.Join(dir, f.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, unescape(f.Data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// unescape lets archives, which are text, have bytes that are not: \xff.
func unescape(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte(`\xff`), []byte{0xff})
	return bytes.ReplaceAll(data, []byte(`\x01`), []byte{1})
}

func readArchive(t *testing.T, path string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestBad loads, for each archive, testdata/good.txtar with the archive's files
// over it, and compares what is reported with its file "want".
func TestBad(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(paths) < 50 {
		t.Fatalf("%d archives, error %v", len(paths), err)
	}
	good := readArchive(t, "testdata/good.txtar")
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a := readArchive(t, path)
			abs, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			extract(t, ".", good, a)
			cfg, list := Load("driftwatch.yaml", testOptions)
			if yamlx.HasErrors(list) != (cfg == nil) {
				t.Errorf("config %v with diagnostics %v", cfg, list)
			}
			var got bytes.Buffer
			if err := yamlx.Write(&got, "text", list); err != nil {
				t.Fatal(err)
			}
			compare(t, abs, a, got.String())
		})
	}
}

// compare compares what was seen with the file "want" of an archive.
func compare(t *testing.T, path string, a *txtar.Archive, got string) {
	t.Helper()
	last := len(a.Files) - 1
	if a.Files[last].Name != "want" {
		a.Files = append(a.Files, txtar.File{Name: "want"})
		last++
	}
	want := string(a.Files[last].Data)
	if *update {
		a.Files[last].Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("seen:\n%s\nwanted:\n%s", got, want)
	}
	if got == "" {
		t.Error("nothing was reported")
	}
}
