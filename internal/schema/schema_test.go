package schema_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	yaml "go.yaml.in/yaml/v4"

	"driftwatch/alerting/receivers"
	"driftwatch/internal/config"
	"driftwatch/internal/ruletest"
	"driftwatch/internal/schema"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
)

func document(t *testing.T, kind string) map[string]any {
	t.Helper()
	b, err := schema.Document(kind)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func compile(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("driftwatch.json", any(document(t, kind))); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("driftwatch.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// load reads YAML as a validator of editors does: as JSON.
func load(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// mappings are the mappings of the files: where their schema is, and a file with
// a place for one more key.
var mappings = []struct{ kind, at, file string }{
	{"config", "", "kafka: {brokers: [\"a:1\"]}\n%"},
	{"config", "kafka", "kafka: {brokers: [\"a:1\"], %}"},
	{"config", "kafka.tls", "kafka: {brokers: [\"a:1\"], tls: {%}}"},
	{"config", "kafka.sasl", "kafka: {brokers: [\"a:1\"], sasl: {%}}"},
	{"config", "store", "kafka: {brokers: [\"a:1\"]}\nstore: {%}"},
	{"config", "web", "kafka: {brokers: [\"a:1\"]}\nweb: {%}"},
	{"config", "memory", "kafka: {brokers: [\"a:1\"]}\nmemory: {%}"},
	{"config", "metrics", "kafka: {brokers: [\"a:1\"]}\nmetrics: {%}"},
	{"config", "reload", "kafka: {brokers: [\"a:1\"]}\nreload: {%}"},
	{"config", "alerting", "kafka: {brokers: [\"a:1\"]}\nalerting: {%}"},
	{"config", "alerting.receivers.[]", "kafka: {brokers: [\"a:1\"]}\nalerting: {receivers: [{%}]}"},
	{"config", "alerting.route", "kafka: {brokers: [\"a:1\"]}\nalerting: {route: {%}}"},
	{"config", "alerting.route.routes.[]", "kafka: {brokers: [\"a:1\"]}\nalerting: {receivers: [{name: a, slack: {webhook_url: \"http://a\"}}], route: {receiver: a, routes: [{%}]}}"},
	{"config", "alerting.inhibit.[]", "kafka: {brokers: [\"a:1\"]}\nalerting: {inhibit: [{%}]}"},
	{"config", "alerting.digests.[]", "kafka: {brokers: [\"a:1\"]}\nalerting: {digests: [{%}]}"},
	{"config", "alerting.mute_times.*.0", "kafka: {brokers: [\"a:1\"]}\nalerting: {mute_times: {a: {%}}}"},
	{"config", "alerting.mute_times.*.1.[]", "kafka: {brokers: [\"a:1\"]}\nalerting: {mute_times: {a: [{%}]}}"},
	{"config", "alerting.receivers.[].webhook.headers.*.1", "kafka: {brokers: [\"a:1\"]}\nalerting: {receivers: [{name: a, webhook: {headers: {A: {%}}}}]}"},
	{"config", "alerting.receivers.[].alertmanager.headers.*.1", "kafka: {brokers: [\"a:1\"]}\nalerting: {receivers: [{name: a, alertmanager: {headers: {A: {%}}}}]}"},
	{"monitors", "", "streams: []\n%"},
	{"monitors", "streams.[]", "streams: [{%}]"},
	{"monitors", "streams.[].time", "streams: [{time: {%}}]"},
	{"monitors", "monitors.[]", "monitors: [{%}]"},
	{"monitors", "monitors.[].window", "monitors: [{window: {%}}]"},
	{"monitors", "monitors.[].reference", "monitors: [{reference: {%}}]"},
	{"monitors", "monitors.[].fields.[]", "monitors: [{fields: [{%}]}]"},
	{"rules", "", "groups: []\n%"},
	{"rules", "groups.[]", "groups: [{%}]"},
	{"rules", "groups.[].rules.[]", "groups: [{rules: [{%}]}]"},
	{"rules", "groups.[].rules.[].windows.1", "groups: [{rules: [{windows: {%}}]}]"},
	{"rules", "groups.[].rules.[].mute.0", "groups: [{rules: [{mute: {%}}]}]"},
	{"rules", "groups.[].rules.[].mute.1.[]", "groups: [{rules: [{mute: [{%}]}]}]"},
	{"rules", "groups.[].rules.[].resolve", "groups: [{rules: [{resolve: {%}}]}]"},
	{"rules", "groups.[].rules.[].when.0", "groups: [{rules: [{when: {%}}]}]"},
	{"rules", "groups.[].rules.[].when.0.change", "groups: [{rules: [{when: {check: psi, change: {%}}}]}]"},
	{"rules", "groups.[].rules.[].when.0.change.against.2", "groups: [{rules: [{when: {check: psi, change: {above: 1, against: {%}}}}]}]"},
	{"rules", "groups.[].rules.[].when.3.share_of_fields.change", "groups: [{rules: [{when: {above: 0.1, share_of_fields: {check: psi, change: {%}}}}]}]"},
	{"rules", "groups.[].rules.[].when.3.share_of_fields.change.against.2", "groups: [{rules: [{when: {above: 0.1, share_of_fields: {check: psi, change: {above: 1, against: {%}}}}}]}]"},
	{"rules", "groups.[].rules.[].when.3", "groups: [{rules: [{when: {share_of_fields: {check: ks, above: 0.1}, %}}]}]"},
	{"rules", "groups.[].rules.[].when.3.share_of_fields", "groups: [{rules: [{when: {above: 0.1, share_of_fields: {%}}}]}]"},
	{"rules", "groups.[].rules.[].when.4", "groups: [{rules: [{when: {no_data: 2h, %}}]}]"},
	{"rules", "groups.[].rules.[].fields.2", "groups: [{rules: [{fields: {%}}]}]"},
	{"tests", "", "config: driftwatch.yaml\ntests: []\n%"},
	{"tests", "tests.[]", testsOf + "[{%}]"},
	{"tests", "tests.[].records.1.[].1", testsOf + "[{name: a, monitor: m, records: [{%}]}]"},
	{"tests", "tests.[].windows.[]", testsOf + "[{name: a, monitor: m, windows: [{%}]}]"},
	{"tests", "tests.[].windows.[].alerts.[]", testsOf + "[{name: a, monitor: m, windows: [{alerts: [{%}]}]}]"},
	{"tests", "tests.[].windows.[].fields.{}.{}.1", testsOf + "[{name: a, monitor: m, windows: [{fields: {x: {nulls: {%}}}}]}]"},
	{"tests", "tests.[].windows.[].checks.{}.1", testsOf + "[{name: a, monitor: m, windows: [{checks: {volume: {%}}}]}]"},
	{"tests", "tests.[].windows.[].segments.{}", testsOf + "[{name: a, monitor: m, windows: [{segments: {c=d: {%}}}]}]"},
	{"tests", "tests.[].windows.[].segments.{}.fields.{}.{}.1", testsOf + "[{name: a, monitor: m, windows: [{segments: {c=d: {fields: {x: {nulls: {%}}}}}}]}]"},
	{"tests", "tests.[].windows.[].segments.{}.checks.{}.1", testsOf + "[{name: a, monitor: m, windows: [{segments: {c=d: {checks: {volume: {%}}}}}]}]"},
}

// allMappings are those, and the sections of all kinds of receivers.
func allMappings() []struct{ kind, at, file string } {
	list := slices.Clone(mappings)
	for _, name := range receivers.Names() {
		m := list[0]
		m.at = "alerting.receivers.[]." + name
		m.file = "kafka: {brokers: [\"a:1\"]}\nalerting: {receivers: [{name: a, " + name + ": {%}}]}"
		list = append(list, m)
	}
	return list
}

const testsOf = "config: driftwatch.yaml\ntests: "

// properties walks to a mapping of a schema and returns its keys.
func properties(t *testing.T, kind, at string) map[string]any {
	t.Helper()
	definitions := document(t, kind)["$defs"].(map[string]any)
	node := definitions[kind].(map[string]any)
	for _, step := range strings.FieldsFunc(at, func(r rune) bool { return r == '.' }) {
		switch {
		case step == "{}":
			node = node["additionalProperties"].(map[string]any)
		case step == "[]":
			node = node["items"].(map[string]any)
		case step == "*":
			node = node["additionalProperties"].(map[string]any)
		case step[0] >= '0' && step[0] <= '9':
			node = node["anyOf"].([]any)[step[0]-'0'].(map[string]any)
		default:
			node = node["properties"].(map[string]any)[step].(map[string]any)
		}
		if ref, ok := node["$ref"].(string); ok {
			node = definitions[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
	}
	return node["properties"].(map[string]any)
}

// small is a configuration that tests of rules can be for.
const small = `kafka: {brokers: ["a:1"]}
monitors: [m.yaml]
rules: [r.yaml]
`

// lint returns what the strict reader says of a file.
func lint(t *testing.T, kind, text string) []yamlx.Diagnostic {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "file.yaml")
	for name, text := range map[string]string{
		"file.yaml": text, "driftwatch.yaml": small, "r.yaml": "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: nulls, above: 0.1}}]}]",
		"m.yaml": "streams: [{name: s, topic: t}]\nmonitors: [{name: m, stream: s, window: {size: 1h}, fields: [{name: x, type: number}]}]",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kind == "tests" {
		_, list := ruletest.Read(path)
		return list
	}
	return config.Lint([]string{path}, config.Options{})
}

var knownHere = regexp.MustCompile(`known here: (.*)`)

// TestKeysAreThoseOfTheReader: of each mapping the schema has the keys that the
// strict reader asks for, save those that it asks for only to refuse them.
func TestKeysAreThoseOfTheReader(t *testing.T) {
	for _, m := range allMappings() {
		var read []string
		for _, d := range lint(t, m.kind, strings.Replace(m.file, "%", "zzzzzzzzzzzzzzzz: 1", 1)) {
			if k := knownHere.FindStringSubmatch(d.Text); k != nil && strings.Contains(d.Text, "zzzz") {
				read = strings.Split(k[1], ", ")
			}
		}
		if read == nil {
			t.Errorf("%s %s: the reader does not say what it knows", m.kind, m.at)
			continue
		}
		described := properties(t, m.kind, m.at)
		for key := range described {
			if !slices.Contains(read, key) {
				t.Errorf("%s %s: the reader does not know %s", m.kind, m.at, key)
			}
		}
		for _, key := range read {
			if _, ok := described[key]; ok {
				continue
			}
			refused := slices.ContainsFunc(lint(t, m.kind, strings.Replace(m.file, "%", key+": a", 1)), func(d yamlx.Diagnostic) bool {
				return d.Code == "unsupported" || d.Code == "secret" || d.Code == "misplaced"
			})
			if !refused {
				t.Errorf("%s %s: the schema has no %s", m.kind, m.at, key)
			}
		}
	}
}

// TestMappingsAreAll: no mapping with known keys is missing in the list above,
// but those of the parameters of checks and of any and all.
func TestMappingsAreAll(t *testing.T) {
	for _, kind := range schema.Kinds() {
		listed := 0
		for _, m := range allMappings() {
			if m.kind == kind {
				listed++
			}
		}
		want := closed(document(t, kind)["$defs"].(map[string]any)[kind])
		if kind == "rules" {
			want += closed(document(t, kind)["$defs"].(map[string]any)["condition"]) - 2 // any, all
		}
		if kind == "config" {
			want += closed(document(t, kind)["$defs"].(map[string]any)["route"])
		}
		if listed != want {
			t.Errorf("%s: %d mappings are tested of %d", kind, listed, want)
		}
	}
}

// closed counts the mappings below a part of a schema that have known keys only,
// without those of checks.
func closed(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		if p, ok := v["properties"].(map[string]any); ok {
			if _, ofChecks := p["psi"]; ofChecks {
				return 0
			}
			n++
		}
		for _, part := range v {
			n += closed(part)
		}
	case []any:
		for _, part := range v {
			n += closed(part)
		}
	}
	return n
}

// TestExamples: the files of the repository are valid, by the schema of their
// kind and by that of any.
func TestExamples(t *testing.T) {
	whichever, found := compile(t, ""), 0
	for kind, globs := range map[string][]string{
		"config":   {"../../testdata/example/driftwatch.yaml", "../../deploy/compose/driftwatch.yaml"},
		"monitors": {"../../testdata/example/monitors/*.yaml", "../../deploy/compose/monitors/*.yaml"},
		"rules":    {"../../testdata/example/rules/*.yaml", "../../deploy/compose/rules/*.yaml"},
		"tests":    {"../../testdata/example/tests/*.yaml", "../../deploy/compose/tests/*.yaml", "../demo/files/tests/*.yaml"},
	} {
		s := compile(t, kind)
		for _, glob := range globs {
			files, _ := filepath.Glob(glob)
			for _, path := range files {
				found++
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				v := load(t, string(b))
				if err := s.Validate(v); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				if err := whichever.Validate(v); err != nil {
					t.Errorf("%s by the schema of any file: %v", path, err)
				}
			}
		}
	}
	if found < 9 {
		t.Errorf("%d files", found)
	}
}

// TestDocumentedBlocks: so are the files that the manual shows whole.
func TestDocumentedBlocks(t *testing.T) {
	s, found := compile(t, ""), 0
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for _, doc := range []string{"../../README.md", "../../docs/configuration.md", "../../docs/rules.md", "../../docs/rule-tests.md"} {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllStringSubmatch(string(b), -1) {
			found++
			if err := s.Validate(load(t, m[1])); err != nil {
				t.Errorf("%s: %v in\n%s", doc, err, m[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("%d blocks", found)
	}
}

const monitorOf = "streams: [{name: s, topic: t}]\nmonitors: [{name: m, stream: s, window: {size: 1h}, fields: [{name: x, type: number}], %}]"

// TestJudgements: what the schema and the reader say of one key agree.
func TestJudgements(t *testing.T) {
	for _, tt := range []struct {
		kind, file string
		valid      bool
	}{
		{"monitors", strings.Replace(monitorOf, "%", "checks: [schema, nulls, {psi: {bins: 20}}, {quantile: {q: 0.99}}]", 1), true},
		{"monitors", strings.Replace(monitorOf, "%", "checks: [{psi: {bins: sturges, binning: width, smoothing: {epsilon: 1e-4}}}]", 1), true},
		{"monitors", strings.Replace(monitorOf, "%", "checks: [{psi: {edges: [1, 2.5, 7]}}]", 1), true},
		{"monitors", strings.Replace(monitorOf, "%", "checks: [{quantile: {}}]", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "checks: [{psi: {bins: 1}}]", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "checks: [pis]", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "checks: [{ks: {bins: 3}}]", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "reference: {trailing: 7d, skip_drift: true}", 1), true},
		{"monitors", strings.Replace(monitorOf, "%", "reference: {trailing: a week}", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "reference: {}", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "alpha: 0", 1), false},
		{"monitors", strings.Replace(monitorOf, "%", "segment: [[x]]", 1), false},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, drift: true}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {any: [{check: quantile_0.99, above: 3}, {check: ks, p_below: 0.01}]}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {share_of_fields: {check: psi, above: 0.1}, above: 0.3}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, drift: false}}]}]", false},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {any: []}}]}]", false},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, drift: true}, windows: {m: 2, of: 5}, mute: {cron: \"0 22 * * 5\", for: 60h}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, change: {above: 50%, against: 1d}}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, change: {outside: [-5, 5], against: {trailing: 24}}}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, change: {above: 50 percent, against: trailing}}}]}]", false},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {check: psi, change: {above: 50%, against: never}}}]}]", false},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, when: {no_data: 2h}}]}]", true},
		{"rules", "groups: [{name: g, monitor: m, rules: [{alert: A, severity: fatal, when: {check: psi, drift: true}}]}]", false},
		{"tests", testsOf + "[{name: a, monitor: m, records: [\"{}\", {record: {x: 1}, repeat: 9}], windows: [{end: \"2026-01-05\", alerts: [{alert: A, field: x}]}]}]", true},
		{"tests", testsOf + "[{name: a, monitor: m, windows: [{rows: 5, fields: {x: {nulls: {value: 0.2, drift: true}}}}, {repeat: 3, partial: true}]}]", true},
		{"tests", testsOf + "[{name: a, monitor: m, windows: [{rows: many}]}]", false},
		{"tests", testsOf + "[{name: a, monitor: m}]", false},
		{"config", "kafka: {brokers: [\"a:9092\"], start: latest}\nstore: {retention: 30d}", true},
		{"config", "kafka: {brokers: []}", false},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nstore: {retention: long}", false},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nmemory: {limit: 2GiB}", true},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nmetrics: {max_series: 100}", true},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nmetrics: {max_series: 99}", false},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nreload: {watch: 30s}", true},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nreload: {watch: \"off\"}", true},
		{"config", "kafka: {brokers: [\"a:9092\"]}\nreload: {watch: never}", false},
	} {
		err := compile(t, tt.kind).Validate(load(t, tt.file))
		if (err == nil) != tt.valid {
			t.Errorf("%s\nis valid by the schema: %v (%v)", tt.file, err == nil, err)
		}
		if bad := yamlx.HasErrors(lint(t, tt.kind, tt.file)); bad == tt.valid && tt.kind != "rules" || bad && tt.valid {
			t.Errorf("%s\nhas errors by lint: %v", tt.file, lint(t, tt.kind, tt.file))
		}
	}
}

// TestEachCheckIsThere: a check of the table may be asked for by name, with the
// parameters that its row has.
func TestEachCheckIsThere(t *testing.T) {
	s := compile(t, "monitors")
	for _, c := range checks.All() {
		if err := s.Validate(load(t, strings.Replace(monitorOf, "%", "checks: ["+c.Name+"]", 1))); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := schema.Document("rule"); err == nil || !strings.Contains(err.Error(), "rules") {
		t.Errorf("got %v", err)
	}
	first := slices.Sorted(maps.Keys(document(t, "")))
	if !slices.Contains(first, "anyOf") {
		t.Errorf("the schema of any file has %v", first)
	}
}
