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
	files, err := Files()
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
	if left, _ := filepath.Glob("grafana/dashboards/*"); len(left) != 3 {
		t.Errorf("the folder holds %v", left)
	}
}

// TestWrite: what is written is complete, and JSON.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	paths, err := Write(dir)
	if err != nil || len(paths) != 5 {
		t.Fatalf("%v, %v", paths, err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil || len(b) == 0 || filepath.Ext(p) == ".json" && !json.Valid(b) {
			t.Errorf("%s: %d bytes, %v", p, len(b), err)
		}
	}
}

// TestEachCheckHasAPanel by its name, whatever parameters the name may carry.
func TestEachCheckHasAPanel(t *testing.T) {
	asked := regexp.MustCompile(`check=~"([^"]+)"`)
	var patterns []string
	for _, q := range Queries("m") {
		if m := asked.FindStringSubmatch(q.Expr); m != nil {
			patterns = append(patterns, m[1])
		}
	}
	for _, c := range checks.All() {
		for _, name := range []string{c.Name, c.Name + "_0.99"} {
			matching := 0
			for _, p := range patterns {
				if regexp.MustCompile("^(?:" + p + ")$").MatchString(name) {
					matching++
				}
			}
			if matching != 1 {
				t.Errorf("%d panels show %s", matching, name)
			}
		}
	}
}

var (
	metricName = regexp.MustCompile(`driftwatch_[a-z_]+`)
	matched    = regexp.MustCompile(`(driftwatch_[a-z_]+)\{([^}]*)\}`)
	labelName  = regexp.MustCompile(`([a-z]+)(?:=~|!=|=)"`)
)

// TestQueriesNameWhatIsExported: the metrics, and the labels that each is asked
// by.
func TestQueriesNameWhatIsExported(t *testing.T) {
	exported := metricstest.Exported()
	for _, q := range Queries("m") {
		for _, name := range metricName.FindAllString(q.Expr, -1) {
			if exported[name] == "" {
				t.Errorf("%s, %s: there is no metric %s", q.Dashboard, q.Panel, name)
			}
		}
		for _, m := range matched.FindAllStringSubmatch(q.Expr, -1) {
			for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
				if !regexp.MustCompile(`[{ ,]` + l[1] + `[}, ]`).MatchString(exported[m[1]]) {
					t.Errorf("%s, %s: %s has no label %s", q.Dashboard, q.Panel, m[1], l[1])
				}
			}
		}
	}
}

// TestLayout: panels have numbers of their own and do not lie on each other.
func TestLayout(t *testing.T) {
	for _, d := range all() {
		taken := map[[2]int]string{}
		var ids []int
		for _, p := range d.Panels {
			if slices.Contains(ids, p.ID) {
				t.Errorf("%s: two panels have the number %d", d.UID, p.ID)
			}
			ids = append(ids, p.ID)
			for x := range p.Grid.W {
				for y := range p.Grid.H {
					at := [2]int{p.Grid.X + x, p.Grid.Y + y}
					if other, ok := taken[at]; ok || at[0] >= wide {
						t.Fatalf("%s: %q lies on %q at %v", d.UID, p.Title, other, at)
					}
					taken[at] = p.Title
				}
			}
		}
	}
}
