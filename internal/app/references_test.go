package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/watch"
)

// TestReferencesAreReadOnce: a load takes over the references of the one before
// whose files and monitors are the same, and only these.
func TestReferencesAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const monitor = `streams: [{name: s, topic: t}]
monitors:
  - {name: a, stream: s, window: {size: 1h}, reference: {file: a.csv}, segments: [[y]], fields: [{name: x, type: number}, {name: y, type: category}]}
  - {name: b, stream: s, window: {size: 1h}, reference: {file: b.csv}, fields: [{name: x, type: number}]}
`
	write("driftwatch.yaml", "kafka: {brokers: [\"127.0.0.1:1\"]}\nmonitors: [m.yaml]\nrules: [r.yaml]\n")
	write("m.yaml", monitor)
	write("r.yaml", "groups: []\n")
	write("a.csv", "x,y\n1,p\n2,q\n")
	write("b.csv", "x,y\n1,p\n2,q\n")
	var before *references
	load := func() *references {
		t.Helper()
		g, err := build(filepath.Join(dir, "driftwatch.yaml"), slog.New(slog.DiscardHandler), &watch.Files{}, before)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.close(); err != nil {
			t.Fatal(err)
		}
		return g.references
	}
	before = load()
	for _, c := range []struct {
		name   string
		change func()
		kept   string // monitors
	}{
		{"a rule", func() {
			write("r.yaml", "groups: [{name: g, monitor: a, rules: [{alert: A, when: {check: ks, drift: true}, severity: warning}]}]\n")
		}, "ab"},
		{"a file", func() { write("b.csv", "x,y\n1,p\n3,q\n5,q\n") }, "a"},
		{"a monitor", func() { write("m.yaml", strings.Replace(monitor, "segments: [[y]], ", "", 1)) }, "b"},
		{"nothing", func() {}, "ab"},
	} {
		c.change()
		now := load()
		for _, name := range []string{"a", "b"} {
			kept := now.built[name].Baseline == before.built[name].Baseline
			if kept != strings.Contains(c.kept, name) {
				t.Errorf("%s changes: the reference of %q is kept: %v", c.name, name, kept)
			}
			if same := now.built[name].Hash == before.built[name].Hash; kept && !same || c.name == "a file" && name == "b" && same {
				t.Errorf("%s changes: the reference of %q has the hash from before: %v", c.name, name, same)
			}
		}
		before = now
	}
}
