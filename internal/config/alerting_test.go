package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"driftwatch/alerting/receivers"
	"driftwatch/internal/yamlx"
)

// TestDocumentedReceivers: what docs/alerting.md shows can be used, and every kind
// of receivers has a section there with all its keys.
func TestDocumentedReceivers(t *testing.T) {
	b, err := os.ReadFile("../../docs/alerting.md")
	if err != nil {
		t.Fatal(err)
	}
	doc, found := string(b), 0
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(doc, -1) {
		found++
		text := m[1]
		if name, ok := strings.CutPrefix(text, "- name: "); ok {
			name, _, _ = strings.Cut(name, "\n")
			text = "alerting:\n  route: {receiver: " + name + "}\n  receivers:\n    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
		}
		path := filepath.Join(t.TempDir(), "driftwatch.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, d := range Lint([]string{path}, Options{}) {
			if d.Severity == yamlx.Error || d.Code != "file" {
				t.Errorf("%s in\n%s", d, text)
			}
		}
	}
	if found < 6 {
		t.Errorf("%d blocks", found)
	}
	for _, k := range receivers.All() {
		_, section, ok := strings.Cut(doc, "\n### "+k.Name+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		if !ok {
			t.Errorf("there is no section on %s", k.Name)
		}
		for _, key := range k.Keys {
			if !strings.Contains(section, "`"+key.Name+"`") {
				t.Errorf("the section on %s does not name %s", k.Name, key.Name)
			}
		}
	}
}
