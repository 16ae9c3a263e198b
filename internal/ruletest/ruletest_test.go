package ruletest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"driftwatch/internal/yamlx"
)

var every = regexp.MustCompile("")

// check runs the tests of a file, which must all pass.
func check(t *testing.T, path string, least int) {
	t.Helper()
	f, problems := Read(path)
	if f == nil {
		t.Fatal(problems)
	}
	outcomes := f.Run(t.Context(), every)
	if len(outcomes) < least {
		t.Errorf("%s has %d tests", path, len(outcomes))
	}
	failed := false
	for _, o := range outcomes {
		failed = failed || len(o.Failures) > 0
	}
	if failed {
		t.Fail()
		if err := WriteText(t.Output(), f, outcomes); err != nil {
			t.Error(err)
		}
	}
}

// TestExamples: the rules of the repository do what their tests say.
func TestExamples(t *testing.T) {
	check(t, "../../testdata/example/tests/churn.yaml", 6)
	check(t, "../../deploy/compose/tests/predictions.yaml", 2)
}

var block = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestManual: the rules that the manual shows do what the test that it shows says.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := func(doc string) string {
		t.Helper()
		b, err := os.ReadFile("../../docs/" + doc)
		if err != nil {
			t.Fatal(err)
		}
		return block.FindStringSubmatch(string(b))[1]
	}
	write("driftwatch.yaml", "kafka: {brokers: [\"localhost:9092\"]}\nmonitors: [monitor.yaml]\nrules: [rules.yaml]\n")
	write("monitor.yaml", `
streams: [{name: s, topic: t, time: {field: ts}}]
monitors:
  - {name: churn, stream: s, window: {size: 1h}, reference: {first: 24}, fields: [{name: amount, type: number, role: feature}, {name: country, type: category, role: feature}]}
`)
	write("rules.yaml", first("rules.md"))
	write("tests/churn.yaml", first("rule-tests.md"))
	check(t, filepath.Join(dir, "tests", "churn.yaml"), 2)
}

// FuzzRead reads any file of tests: nothing may panic, every problem has a place,
// and what is accepted can be judged.
func FuzzRead(f *testing.F) {
	for _, path := range []string{"../../testdata/example/tests/churn.yaml", "../demo/files/tests/churn.yaml"} {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("config: ../driftwatch.yaml\ntests: [{name: a, monitor: churn, start: 2026-01-05, windows: [{rows: 1, repeat: 2, partial: true, segments: {c=d: {rows: 0}}, checks: {volume: {skipped: x}}}]}]")
	f.Add("config: ../driftwatch.yaml\ntests: [{name: a, monitor: churn, records: [\"{}\", {record: {a: [1, {b: null}], c: 0x1}, repeat: 3}], windows: [{end: 1970-01-01, alerts: [{alert: FeatureDrift, labels: {a: 1}}]}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		rep := &yamlx.Reporter{}
		file := &File{Path: "../../testdata/example/tests/churn.yaml"}
		c, ok := yamlx.Parse(file.Path, []byte(text), rep)
		if !ok {
			return
		}
		file.read(c, rep)
		for _, d := range rep.Diagnostics() {
			if d.Text == "" || d.Code == "" || d.Line < 1 && d.File == file.Path {
				t.Errorf("diagnostic %+v", d)
			}
		}
		if yamlx.HasErrors(rep.Diagnostics()) {
			return
		}
		for _, test := range file.Tests {
			if !test.replays() {
				test.compare(test.step(), "")
			}
		}
	})
}
