package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"driftwatch/alerting"
	"driftwatch/alerting/notify/slack"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/source"
)

// loadFiles loads driftwatch.yaml of an archive that is given as text.
func loadFiles(t *testing.T, files string) *Config {
	t.Helper()
	t.Chdir(t.TempDir())
	extract(t, ".", txtar.Parse([]byte(files)))
	cfg, list := Load("driftwatch.yaml", testOptions)
	for _, d := range list {
		t.Error(d)
	}
	if cfg == nil {
		t.FailNow()
	}
	return cfg
}

func loadGood(t *testing.T) *Config {
	t.Helper()
	data, err := os.ReadFile("testdata/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return loadFiles(t, string(data))
}

func TestGood(t *testing.T) {
	cfg := loadGood(t)
	wantKafka := Kafka{
		Brokers:    []string{"localhost:9092"},
		Group:      "driftwatch",
		Session:    45 * time.Second,
		StateTopic: "driftwatch.state",
		TLS:        &TLS{CAFile: "secrets/ca", ServerName: "kafka"},
		SASL:       &SASL{Mechanism: "scram-sha-256", Username: "me", PasswordFile: "secrets/password"},
	}
	if !reflect.DeepEqual(cfg.Kafka, wantKafka) {
		t.Errorf("kafka %+v", cfg.Kafka)
	}
	wantAlerting := Alerting{
		Route:     &alerting.Route{Receiver: "ml-team", GroupBy: []string{"monitor"}, Repeat: 4 * time.Hour, FlapWindows: 10},
		Limit:     10_000,
		Receivers: []Receiver{{Name: "ml-team", Kind: "slack", Options: slack.Options{WebhookURLFile: "secrets/slack"}}},
	}
	if !reflect.DeepEqual(cfg.Alerting, wantAlerting) {
		t.Errorf("alerting %+v", cfg.Alerting)
	}
	wantStream := monitors.Stream{
		Name: "churn-predictions", Topic: "churn.predictions", Format: "json",
		Time: &monitors.TimeField{Field: "ts"}, MaxAhead: time.Hour, ID: "request_id", Samples: true,
	}
	if len(cfg.Streams) != 1 || !reflect.DeepEqual(cfg.Streams[0], wantStream) {
		t.Errorf("streams %+v", cfg.Streams)
	}
	if len(cfg.Rules.Rules) != 3 || len(cfg.Rules.Groups) != 1 {
		t.Errorf("%d rules in %d groups", len(cfg.Rules.Rules), len(cfg.Rules.Groups))
	}
	wantFiles := []string{"driftwatch.yaml", "monitors/churn.yaml", "rules/churn.yaml"}
	if !reflect.DeepEqual(cfg.Files, wantFiles) {
		t.Errorf("files %v", cfg.Files)
	}
}

func TestGoodMonitor(t *testing.T) {
	cfg := loadGood(t)
	zero, one, most := 0.0, 1.0, 100000.0
	want := monitors.Spec{
		Name: "churn", Stream: "churn-predictions",
		Where:    []monitors.Condition{{Field: "model", Value: "churn"}},
		Window:   monitors.Window{Size: time.Hour, Pane: time.Hour, Lateness: 5 * time.Minute, Idle: time.Minute, MaxOpen: 4},
		Segments: [][]string{{"country"}, {"country", "device"}}, MaxSegments: 20,
		Reference: monitors.Reference{File: "references/churn.profile"},
		Checks:    []monitors.Check{{Name: "schema"}, {Name: "nulls"}, {Name: "psi", Params: checks.Params{Bins: 20}}, {Name: "ks"}, {Name: "quantile", Params: checks.Params{Q: 0.99}}},
		Fields: []monitors.Field{
			{Name: "amount", Type: profile.Number, Role: "feature", Min: &zero, Max: &most},
			{Name: "country", Type: profile.Category, Role: "feature", Allowed: []string{"BR", "PT", "US"}},
			{Name: "device", Type: profile.Category, Role: "feature"},
			{Name: "score", Type: profile.Number, Role: "prediction", Min: &zero, Max: &one, Nulls: &zero},
			{Name: "note", Type: profile.Text, Role: "metadata"},
		},
		UnknownFields: true, Alpha: 0.001, Buckets: 2048, MaxSeries: 25_000,
	}
	if len(cfg.Monitors) != 1 || !reflect.DeepEqual(cfg.Monitors[0], want) {
		t.Errorf("seen   %+v\nwanted %+v", cfg.Monitors, want)
	}
}

const smallest = `
-- driftwatch.yaml --
kafka: {brokers: ["localhost:9092"]}
monitors: [m.yaml]
-- m.yaml --
streams: [{name: s, topic: t}]
monitors: [{name: m, stream: s, window: {size: 10s}, fields: [{name: a, type: number}]}]
`

func TestDefaults(t *testing.T) {
	cfg := loadFiles(t, smallest)
	wantStore := Store{Path: "data", Retention: 30 * day, Profiles: 8 * day, Maintenance: "0 3 * * *"}
	if cfg.Store != wantStore {
		t.Errorf("store %+v", cfg.Store)
	}
	if cfg.Web != (Web{Listen: "127.0.0.1:9474", Backup: true}) {
		t.Errorf("web %+v", cfg.Web)
	}
	if cfg.Kafka.Start != (source.Start{}) || cfg.Kafka.Group != "" || cfg.Kafka.TLS != nil || cfg.Kafka.SASL != nil {
		t.Errorf("kafka %+v", cfg.Kafka)
	}
	if cfg.Alerting.Route != nil || cfg.Rules == nil || len(cfg.Rules.Rules) != 0 {
		t.Errorf("alerting %+v, rules %+v", cfg.Alerting, cfg.Rules)
	}
	s := cfg.Streams[0]
	if s.Time != nil || s.Format != "json" || s.MaxAhead != time.Hour || !s.Samples {
		t.Errorf("stream %+v", s)
	}
}

func TestPathsAreRelativeToTheNamingFile(t *testing.T) {
	t.Chdir(t.TempDir())
	extract(t, "conf", txtar.Parse([]byte(smallest)))
	cfg, list := Load("conf/driftwatch.yaml", testOptions)
	if cfg == nil || len(list) > 0 {
		t.Fatal(list)
	}
	if cfg.Store.Path != filepath.Join("conf", "data") || cfg.Files[1] != filepath.Join("conf", "m.yaml") {
		t.Errorf("store %q, files %q", cfg.Store.Path, cfg.Files)
	}
}

func TestStart(t *testing.T) {
	for word, want := range map[string]source.Start{
		"earliest":               {},
		"latest":                 {Latest: true},
		"2026-01-02":             {At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
		"2026-01-02T03:04:05Z":   {At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		`"2026-01-02T03:00:00Z"`: {At: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)},
	} {
		t.Run(word, func(t *testing.T) {
			cfg := loadFiles(t, "-- driftwatch.yaml --\nkafka: {brokers: [\"b:1\"], start: "+word+"}\n")
			if cfg.Kafka.Start != want {
				t.Errorf("seen %+v", cfg.Kafka.Start)
			}
		})
	}
}

func TestMissingConfig(t *testing.T) {
	cfg, list := Load(filepath.Join(t.TempDir(), "none.yaml"), Options{})
	if cfg != nil || len(list) != 1 || list[0].Text != "no such file" {
		t.Errorf("config %v, diagnostics %v", cfg, list)
	}
}

func TestMissingSecretIsAWarningForLint(t *testing.T) {
	t.Chdir(t.TempDir())
	extract(t, ".", txtar.Parse([]byte(smallest+`
-- driftwatch.yaml --
kafka: {brokers: ["localhost:9092"]}
alerting:
  route: {receiver: a}
  receivers: [{name: a, slack: {webhook_url_file: secret}}]
`)))
	if _, list := Load("driftwatch.yaml", testOptions); !yamlx.HasErrors(list) {
		t.Error("loaded without the secret")
	}
	list := Lint([]string{"driftwatch.yaml"}, testOptions)
	if len(list) != 1 || list[0].Severity != yamlx.Warning {
		t.Errorf("lint says %v", list)
	}
}

func TestLint(t *testing.T) {
	const badRule = "\n-- r.yaml --\ngroups: [{name: g, monitor: x, rules: [{alert: A, when: {check: psi, above: 1}}]}]\n" +
		"-- s.yaml --\nstreams: []\nstore: {}\n-- other.yaml --\na: 1\n-- broken.yaml --\na: [\n"
	const unknown = "r.yaml:1:29: error: unknown monitor \"x\"\n"
	const elsewhere = "r.yaml:1:29: warning: monitor \"x\" is not declared in these files\n"
	const broken = "broken.yaml:1:5: error: did not find expected node content while parsing a flow node\n"
	for _, c := range []struct{ name, paths, want string }{
		{"config brings its files", "driftwatch.yaml", ""},
		{"config and a file that it names", "m.yaml driftwatch.yaml ./m.yaml", ""},
		{"config and a file that it does not name", "driftwatch.yaml r.yaml", unknown},
		{"rules alone", "r.yaml", ""},
		{"rules and monitors", "r.yaml m.yaml", elsewhere},
		{"another file", "other.yaml", "other.yaml:1:1: error: neither a config nor a monitor nor a rule file: it has none of their keys\n"},
		{"a monitor file with a key of a config", "s.yaml", "s.yaml:2:1: error: unknown key \"store\"; known here: streams, monitors\n"},
		{"a directory", ".", broken + unknown + "s.yaml:2:1: error: unknown key \"store\"; known here: streams, monitors\n"},
		{"no such file", "none.yaml", "none.yaml: error: no such file\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			extract(t, ".", txtar.Parse([]byte(smallest+badRule)))
			var got strings.Builder
			for _, d := range Lint(strings.Fields(c.paths), testOptions) {
				fmt.Fprintln(&got, d)
			}
			if got.String() != c.want {
				t.Errorf("seen:\n%swanted:\n%s", got.String(), c.want)
			}
		})
	}
}

// manyRules is a rule file of n rules.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("groups:\n  - name: g\n    monitor: churn\n    rules:\n")
	for i := range n {
		fmt.Fprintf(&b, `      - alert: Alert%d
        fields: {role: feature}
        when: {any: [{check: psi, above: 0.%d}, {check: ks, drift: true}]}
        windows: 2
        min_rows: 500
        labels: {team: risk}
        annotations: {summary: "{{ .Field }} of {{ .Monitor }} drifted: {{ printf \"%%.2f\" .Value }}"}
`, i, 1000+i)
	}
	return b.String()
}

// BenchmarkLint checks 1,000 rules, which must take less than a second.
func BenchmarkLint(b *testing.B) {
	data, err := os.ReadFile("testdata/good.txtar")
	if err != nil {
		b.Fatal(err)
	}
	b.Chdir(b.TempDir())
	a := txtar.Parse(data)
	a.Files = append(a.Files, txtar.File{Name: "rules/churn.yaml", Data: []byte(manyRules(1000))})
	for _, f := range a.Files {
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if list := Lint([]string{"driftwatch.yaml"}, testOptions); len(list) > 0 {
			b.Fatal(list)
		}
	}
}

// FuzzLoad loads any three files: nothing may panic, every problem has a
// place, and what is accepted has what the daemon needs.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(paths, "testdata/good.txtar") {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		files := map[string]string{}
		for _, file := range a.Files {
			files[file.Name] = string(file.Data)
		}
		f.Add(files["driftwatch.yaml"], files["monitors/churn.yaml"], files["rules/churn.yaml"])
	}
	f.Fuzz(func(t *testing.T, config, monitor, rule string) {
		rep := &yamlx.Reporter{}
		l := newLoader(Options{}, rep)
		if c, ok := yamlx.Parse("m.yaml", []byte(monitor), rep); ok {
			l.readMonitorFile(c)
		}
		if c, ok := yamlx.Parse("r.yaml", []byte(rule), rep); ok {
			l.cfg.Rules.Add(c)
		}
		if c, ok := yamlx.Parse("none/c.yaml", []byte(config), rep); ok {
			l.readConfig("none/c.yaml", c)
		}
		l.finish()
		list := rep.Diagnostics()
		for _, d := range list {
			if (d.Line < 1 || d.Col < 1) && d.Code != "encoding" || d.Text == "" || strings.ContainsAny(d.Text, "\n") {
				t.Errorf("diagnostic %+v", d)
			}
		}
		if yamlx.HasErrors(list) {
			return
		}
		for _, m := range l.cfg.Monitors {
			if m.Name == "" || m.Window.Size <= 0 || len(m.Fields) == 0 || m.Alpha <= 0 {
				t.Errorf("accepted monitor %+v", m)
			}
		}
		for _, r := range l.cfg.Rules.Rules {
			if r.Alert == "" || r.Windows.Need < 1 || r.When.String() == "" {
				t.Errorf("accepted rule %+v", r)
			}
		}
	})
}

// A reference of windows takes memory beside the open windows of 16 partitions.
func TestMemoryOfReferences(t *testing.T) {
	plain := loadFiles(t, smallest).Memory.Estimate // one open window
	pane := plain / partitions
	for reference, panes := range map[string]int64{
		"{trailing: 80s}": int64(monitors.BlocksOf(8)), "{offset: 80s}": 1, "{first: 8}": 1,
	} {
		files := strings.Replace(smallest, "fields:", "reference: "+reference+", fields:", 1)
		if got := loadFiles(t, files).Memory.Estimate - plain; got != panes*pane {
			t.Errorf("%s takes %d bytes, want %d panes of %d", reference, got, panes, pane)
		}
	}
}

// Late records take no more memory than eight windows of each partition, however
// long they amend windows, and one that is made anew.
func TestMemoryOfLateRecords(t *testing.T) {
	plain := loadFiles(t, smallest).Memory.Estimate // one open window
	for amend, open := range map[string]int64{"15s": 2, "1h": monitors.LatePanes} {
		files := strings.Replace(smallest, "{size: 10s", "{size: 10s, amend: "+amend, 1)
		if got, want := loadFiles(t, files).Memory.Estimate-plain, open*plain+plain/partitions; got != want {
			t.Errorf("amend of %s takes %d bytes, want %d", amend, got, want)
		}
	}
}

// TestBackup: where something is redacted the store is given out only if that is said.
func TestBackup(t *testing.T) {
	for _, c := range []struct {
		web, redact string
		want        bool
	}{
		{"", "false", true}, {"", "true", false}, {"web: {}", "true", false}, {"web: {backup: on}", "true", true}, {"web: {backup: off}", "false", false},
	} {
		t.Run(c.web+" with redact: "+c.redact, func(t *testing.T) {
			cfg := loadFiles(t, "-- driftwatch.yaml --\nkafka: {brokers: ['localhost:9092']}\nmonitors: [monitor.yaml]\n"+c.web+
				"\n-- monitor.yaml --\nstreams: [{name: s, topic: t}]\nmonitors: [{name: m, stream: s, window: {size: 1h}, fields: [{name: x, type: number, redact: "+c.redact+"}]}]\n")
			if cfg.Web.Backup != c.want {
				t.Errorf("backup is %v", cfg.Web.Backup)
			}
		})
	}
}

// A monitor's limit of time series is its own, else that of all, else the default.
func TestMaxSeries(t *testing.T) {
	const file = "streams: [{name: s, topic: t}]\nmonitors:\n" +
		"  - {name: a, stream: s, window: {size: 1h}, fields: [{name: x, type: boolean}]}\n" +
		"  - {name: b, stream: s, window: {size: 1h}, max_series: 300, fields: [{name: x, type: boolean}]}\n"
	for metrics, want := range map[string][2]int{"": {25_000, 300}, "metrics: {max_series: 500}": {500, 300}} {
		dir := t.TempDir()
		for name, text := range map[string]string{"m.yaml": file, "c.yaml": "kafka: {brokers: [\"a:1\"]}\nmonitors: [m.yaml]\n" + metrics} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cfg, list := Load(filepath.Join(dir, "c.yaml"), testOptions)
		if cfg == nil || len(list) > 0 {
			t.Fatal(list)
		}
		if got := [2]int{cfg.Monitors[0].MaxSeries, cfg.Monitors[1].MaxSeries}; got != want {
			t.Errorf("%q: limits %v, want %v", metrics, got, want)
		}
	}
}
