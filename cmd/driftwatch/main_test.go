package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the scripts see as what they want")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"driftwatch": func() {
			os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
		},
	})
}

func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true, UpdateScripts: *update})
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := file("one.csv", "x\n"+strings.Repeat("1\n", 50))
	two := file("two.csv", "x\n"+strings.Repeat("2\n", 50))
	bad := file("bad.yaml", "kafka: {brokers: 7}\n")
	for _, c := range []struct {
		name string
		want int
		args []string
	}{
		{"help", 0, []string{"--help"}},
		{"version", 0, []string{"version"}},
		{"unknown command", 2, []string{"watch"}},
		{"missing argument", 2, []string{"compare", one}},
		{"drift, not asked about", 0, []string{"compare", one, two}},
		{"no drift", 0, []string{"compare", "--fail-on", "drift", one, one}},
		{"drift", 1, []string{"compare", "--fail-on", "drift", one, two}},
		{"nothing to compare", 2, []string{"compare", "--fail-on", "drift", one, file("none.csv", "x\n")}},
		{"nothing to compare with", 2, []string{"compare", "--fail-on", "drift", file("none.csv", "x\n"), one}},
		{"nothing to compare, not asked about", 0, []string{"compare", one, file("none.csv", "x\n")}},
		{"compare fails", 2, []string{"compare", one, filepath.Join(dir, "nothing.csv")}},
		{"inspect a data file", 0, []string{"inspect", one}},
		{"inspect fails", 1, []string{"inspect", bad}},
		{"lint finds errors", 1, []string{"lint", bad}},
		{"run on a bad file", 1, []string{"run", "-c", bad}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, err bytes.Buffer
			got := run(context.Background(), c.args, streams{strings.NewReader(""), &out, &err})
			if got != c.want {
				t.Errorf("exit %d, want %d\n%s%s", got, c.want, out.String(), err.String())
			}
			if text := err.String(); strings.Contains(text, "goroutine ") || strings.Contains(text, "*errors.") {
				t.Errorf("the message is for programmers: %s", text)
			}
		})
	}
}
