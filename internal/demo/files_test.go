package demo

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/config"
	"driftwatch/internal/yamlx"
)

func TestFiles(t *testing.T) {
	f := Files{Dir: t.TempDir(), Broker: "127.0.0.1:1", Listen: "127.0.0.1:2", Slack: "http://127.0.0.1:3/hook"}
	if err := f.Write(Traffic{Seed: 1, Start: start}); err != nil {
		t.Fatal(err)
	}
	text := read(t, f.ConfigPath())
	for _, want := range []string{f.Broker, f.Listen, f.Slack} {
		if !strings.Contains(text, want) {
			t.Errorf("driftwatch.yaml does not name %s:\n%s", want, text)
		}
	}
	cfg, problems := config.Load(f.ConfigPath(), config.Options{})
	if err := yamlx.Write(t.Output(), "text", problems); err != nil || len(problems) > 0 {
		t.Fatalf("the configuration has %d problems (%v)", len(problems), err)
	}
	if len(cfg.Streams) != 2 || len(cfg.Monitors) != 2 || len(cfg.Rules.Rules) != 4 {
		t.Errorf("%d streams, %d monitors, %d rules", len(cfg.Streams), len(cfg.Monitors), len(cfg.Rules.Rules))
	}
	for _, name := range []string{"inputs", "predictions"} {
		lines := bytes.Split(bytes.TrimSpace([]byte(read(t, filepath.Join(f.Dir, "references", name+".jsonl")))), []byte("\n"))
		if len(lines) != TrainingRows {
			t.Fatalf("%s has %d rows, want %d", name, len(lines), TrainingRows)
		}
		for i, line := range lines {
			if !json.Valid(line) {
				t.Fatalf("%s, row %d: %s", name, i+1, line)
			}
		}
	}
}

func TestFilesSayWhatFailed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := Files{Dir: file}.Write(Traffic{})
	if err == nil || !strings.Contains(err.Error(), "write the demo's configuration") {
		t.Errorf("error %v", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
