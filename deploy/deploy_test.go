// Package deploy has no code: this test checks what stands in its folder, in
// the examples and in the documentation against the program itself.
package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"driftwatch/internal/config"
	"driftwatch/internal/metrics/metricstest"
	"driftwatch/internal/yamlx"
)

// clean fails if the configuration has problems, warnings included, save those
// that match except.
func clean(t *testing.T, path string, except string) {
	t.Helper()
	problems := config.Lint([]string{path}, config.Options{})
	var left []yamlx.Diagnostic
	for _, d := range problems {
		if except == "" || !strings.Contains(d.String(), except) {
			left = append(left, d)
		}
	}
	if err := yamlx.Write(t.Output(), "text", left); err != nil || len(left) > 0 {
		t.Errorf("%s has %d problems (%v)", path, len(left), err)
	}
}

func TestConfigurations(t *testing.T) {
	clean(t, "compose/driftwatch.yaml", "")
	clean(t, "../testdata/example/driftwatch.yaml", "")
}

// TestKubernetesConfigMap checks the files that are inside the manifest. The
// secret is mounted from elsewhere.
func TestKubernetesConfigMap(t *testing.T) {
	f, err := os.Open("kubernetes/driftwatch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var object struct {
		Kind string
		Data map[string]string
	}
	if err := yaml.NewDecoder(f).Decode(&object); err != nil || object.Kind != "ConfigMap" {
		t.Fatalf("the first object is a %q (%v), want the ConfigMap", object.Kind, err)
	}
	dir := t.TempDir()
	for name, text := range object.Data {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clean(t, filepath.Join(dir, "driftwatch.yaml"), "/etc/driftwatch-secrets/slack")
}

// TestDocumentedConfigurations checks each YAML block that is a whole file. The
// files that they name are not there.
func TestDocumentedConfigurations(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	found := 0
	for _, doc := range []string{"../README.md", "../docs/configuration.md", "../docs/rules.md"} {
		for _, m := range block.FindAllStringSubmatch(read(t, doc), -1) {
			path := filepath.Join(t.TempDir(), "file.yaml")
			if err := os.WriteFile(path, []byte(m[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, d := range config.Lint([]string{path}, config.Options{}) {
				if missing := strings.Contains(d.Text, "no such file") || strings.Contains(d.Text, "no file matches"); !missing && d.Severity == yamlx.Error {
					t.Errorf("%s: %s in\n%s", doc, d, m[1])
				}
			}
			found++
		}
	}
	if found < 5 {
		t.Errorf("only %d blocks were found", found)
	}
}

// part is what the name of a part of a histogram ends in.
var part = regexp.MustCompile(`_seconds_(sum|count|bucket)$`)

var metric = regexp.MustCompile(`driftwatch_[a-z_]+[a-z]`)

// TestMetricNames: whatever names a metric names one that is exported, and the
// documentation names all.
func TestMetricNames(t *testing.T) {
	exported := metricstest.Exported()
	for _, path := range []string{
		"prometheus/driftwatch.rules.yml", "prometheus/driftwatch.rules_test.yml", "../README.md",
		"../docs/metrics.md", "../docs/guide.md", "../docs/operations.md", "../docs/rules.md", "../docs/http-api.md",
	} {
		for _, name := range metric.FindAllString(read(t, path), -1) {
			if exported[name] == "" {
				t.Errorf("%s names %s, which is not exported", path, name)
			}
		}
	}
	documented := read(t, "../docs/metrics.md")
	for name := range exported {
		if !part.MatchString(name) && !strings.Contains(documented, "`"+name+"`") {
			t.Errorf("docs/metrics.md does not name %s", name)
		}
	}
}

// TestComposeMountsWhatIsThere: each file or folder of the source that a container is
// given.
func TestComposeMountsWhatIsThere(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Volumes []string
		}
	}
	decode(t, "compose.yaml", &compose)
	found := 0
	for name, s := range compose.Services {
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if !strings.HasPrefix(source, ".") {
				continue // a volume of Compose's own
			}
			found++
			if _, err := os.Stat(source); err != nil {
				t.Errorf("%s is given %s: %v", name, source, err)
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d of them were found", found)
	}
}

// alerts are the rules about the daemon.
type alerts struct {
	Groups []struct {
		Rules []struct {
			Alert       string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

// decode reads a YAML file of which only a part is looked at.
func decode(t *testing.T, path string, v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestAlertsSayWhatToDo: each has a severity, a text, and the address of its own
// heading in the runbook.
func TestAlertsSayWhatToDo(t *testing.T) {
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^##+ (.+)$`).FindAllStringSubmatch(read(t, "../docs/operations.md"), -1) {
		headings[anchor(m[1])] = true
	}
	var file alerts
	decode(t, "prometheus/driftwatch.rules.yml", &file)
	found := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			found++
			if s := r.Labels["severity"]; s != "warning" && s != "critical" {
				t.Errorf("%s has severity %q", r.Alert, s)
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s lacks a summary or a description", r.Alert)
			}
			doc, at, _ := strings.Cut(r.Annotations["runbook_url"], "#")
			if doc != "docs/operations.md" || at != strings.ToLower(r.Alert) || !headings[at] {
				t.Errorf("%s has the runbook %q, which is not its heading", r.Alert, r.Annotations["runbook_url"])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d alerts were found", found)
	}
}

// anchor is the name by which Git's web pages link to a heading.
func anchor(heading string) string {
	words := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(words, " ", "-")
}

// TestAlertsAreTested: the tests that promtool runs see each alert firing and not
// firing.
func TestAlertsAreTested(t *testing.T) {
	var tests struct {
		Tests []struct {
			Cases []struct {
				Name   string `yaml:"alertname"`
				Expect []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	decode(t, "prometheus/driftwatch.rules_test.yml", &tests)
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, test := range tests.Tests {
		for _, c := range test.Cases {
			if len(c.Expect) > 0 {
				fires[c.Name] = true
			} else {
				rests[c.Name] = true
			}
		}
	}
	var file alerts
	decode(t, "prometheus/driftwatch.rules.yml", &file)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if !fires[r.Alert] || !rests[r.Alert] {
				t.Errorf("%s is seen firing: %v, and not firing: %v", r.Alert, fires[r.Alert], rests[r.Alert])
			}
		}
	}
}

var link = regexp.MustCompile(`[^!]\[[^\]]*\]\(([^)#:]+)(#[^)]*)?\)`)

// TestLinks: the files that the documentation refers to are there.
func TestLinks(t *testing.T) {
	docs, err := filepath.Glob("../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no documentation was found: %v", err)
	}
	for _, doc := range append(docs, "../README.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, doc), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s refers to %s: %v", doc, m[1], err)
			}
		}
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
