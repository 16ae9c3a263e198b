package dashboards

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"driftwatch/internal/metrics/metricstest"
	"driftwatch/monitors/checks"
)

var update = flag.Bool("update", false, "write the dashboards that this folder holds")

// TestFiles: the dashboards in this folder are those that the tables give.
func TestFiles(t *testing.T) {
	files, err := Files(Options{Prometheus: "http://prometheus:9090"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "grafana") {
			continue // its source is elsewhere
		}
		if *update {
			if err := os.WriteFile(f.Path, f.Content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(f.Content, want) {
			t.Errorf("%s is not what the tables give (go test ./dashboards -update writes it): %v", f.Path, err)
		}
	}
	if left, _ := filepath.Glob("grafana/dashboards/*"); len(left) != len(all()) {
		t.Errorf("the folder holds %v", left)
	}
}

// TestWrite: what is written is complete, and JSON.
func TestWrite(t *testing.T) {
	for want, o := range map[int]Options{2: {}, 3: {Prometheus: "http://prom.example:9090/x", Runbooks: "https://git.example/operations.md"}} {
		paths, err := Write(t.TempDir(), o)
		if err != nil || len(paths) != len(all())+want {
			t.Fatalf("%v, %v", paths, err)
		}
		for _, p := range paths {
			b, err := os.ReadFile(p)
			if err != nil || len(b) == 0 || filepath.Ext(p) == ".json" && !json.Valid(b) {
				t.Errorf("%s: %d bytes, %v", p, len(b), err)
			}
		}
	}
}

// TestOptions: addresses are put where they belong, and checked.
func TestOptions(t *testing.T) {
	files, err := Files(Options{Prometheus: "http://prom.example:9090/x", Runbooks: "https://git.example/operations.md"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ path, text string }{
		{"grafana/provisioning/datasources/driftwatch.yaml", "url: http://prom.example:9090/x\n"},
		{"prometheus/driftwatch.rules.yml", "runbook_url: https://git.example/operations.md#driftwatchdown\n"},
	} {
		i := slices.IndexFunc(files, func(f File) bool { return f.Path == want.path })
		if i < 0 || !strings.Contains(string(files[i].Content), want.text) {
			t.Errorf("%s does not have %q", want.path, want.text)
		}
	}
	for _, wrong := range []Options{{Prometheus: "prometheus:9090"}, {Prometheus: "/x"}, {Runbooks: "operations.md"}} {
		if _, err := Files(wrong); err == nil || !strings.Contains(err.Error(), "is not an address") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

// TestEachCheckHasAPanel by its name, whatever parameters the name may carry.
func TestEachCheckHasAPanel(t *testing.T) {
	asked := regexp.MustCompile(`check=~"([^"]+)"`)
	d := monitor()
	var patterns []string
	for p := range d.eachPanel {
		if len(p.Targets) == 1 && p.Type == "timeseries" {
			if m := asked.FindStringSubmatch(p.Targets[0].Expr); m != nil {
				patterns = append(patterns, m[1])
			}
		}
	}
	for _, c := range checks.All() {
		for _, name := range []string{c.Name, c.Name + "_0.99"} {
			if n := matching(patterns, name); n != 1 {
				t.Errorf("%d panels show %s", n, name)
			}
		}
	}
}

// TestEachCheckHasAUnit where the field's dashboard repeats one panel for all of
// them.
func TestEachCheckHasAUnit(t *testing.T) {
	var patterns []string
	for _, o := range byCheck() {
		patterns = append(patterns, strings.Trim(o.Matcher.Options, "/^$"))
	}
	for _, c := range checks.All() {
		want := 1
		if c.Kinds == nil {
			want = 0
		}
		if n := matching(patterns, c.Name); n != want {
			t.Errorf("%d units of %s", n, c.Name)
		}
	}
}

func matching(patterns []string, name string) (n int) {
	for _, p := range patterns {
		if regexp.MustCompile("^(?:" + p + ")$").MatchString(name) {
			n++
		}
	}
	return n
}

var (
	metricName = regexp.MustCompile(`\bdriftwatch_[a-z_]+`)
	matched    = regexp.MustCompile(`(driftwatch_[a-z_]+)\{([^}]*)\}`)
	labelName  = regexp.MustCompile(`([a-z]+)(?:=~|!=|=)"`)
)

// TestQueriesNameWhatIsExported: the metrics, and the labels that each is asked
// by.
func TestQueriesNameWhatIsExported(t *testing.T) {
	exported := metricstest.Exported()
	for _, q := range Queries(Choices{"monitor": {"m"}, "field": {"x"}}) {
		for _, name := range metricName.FindAllString(q.Expr, -1) {
			if exported[name] == "" {
				t.Errorf("%s: there is no metric %s", &q, name)
			}
		}
		for _, m := range matched.FindAllStringSubmatch(q.Expr, -1) {
			for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
				if l[1] == "instance" {
					continue // Prometheus gives it
				}
				if !regexp.MustCompile(`[{ ,]` + l[1] + `[}, ]`).MatchString(exported[m[1]]) {
					t.Errorf("%s: %s has no label %s", &q, m[1], l[1])
				}
			}
		}
	}
}

// TestLayout: panels have numbers of their own and do not lie on each other.
func TestLayout(t *testing.T) {
	for _, d := range all() {
		ids := map[int]string{}
		lay(t, d.UID, ids, d.Panels)
		for _, p := range d.Panels {
			if p.Panels != nil {
				lay(t, d.UID, ids, *p.Panels)
			}
		}
	}
}

// lay puts panels that are seen together in their places.
func lay(t *testing.T, dashboard string, ids map[int]string, panels []panel) {
	t.Helper()
	taken, titles := map[[2]int]string{}, map[string]bool{}
	for _, p := range panels {
		if other, ok := ids[p.ID]; ok || p.ID == 0 {
			t.Errorf("%s: %q and %q have the number %d", dashboard, p.Title, other, p.ID)
		}
		ids[p.ID] = p.Title
		if titles[p.Title] {
			t.Errorf("%s: two panels are called %q", dashboard, p.Title)
		}
		titles[p.Title] = true
		for x := range p.Grid.W {
			for y := range p.Grid.H {
				at := [2]int{p.Grid.X + x, p.Grid.Y + y}
				if other, ok := taken[at]; ok || at[0] >= wide {
					t.Fatalf("%s: %q lies on %q at %v", dashboard, p.Title, other, at)
				}
				taken[at] = p.Title
			}
		}
	}
}
