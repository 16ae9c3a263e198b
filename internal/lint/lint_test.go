// Package lint holds no code: its tests keep the rules of this module that a
// compiler does not know. Which package may import which, which one may know a
// library, and a few habits that are cheap to check.
package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "driftwatch"

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath   string
	Dir          string
	Imports      []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

// name is the path inside the module, "." for its root.
func (p *pkg) name() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v: %s", err, stderr.String())
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}

// layer is the height of packages: a package imports lower ones, and those of
// its own height only where siblings says so.
type layer struct {
	pattern string // package, or a folder with all below it if it ends in /...
	height  int
}

// layers is read from the top: the first pattern that matches counts.
var layers = []layer{
	{"cmd/...", 90},
	{"internal/demo/...", 85},
	{"internal/ruletest/...", 85},
	{"internal/app/...", 80},
	{"internal/replay/...", 75},
	{"internal/engine/...", 70},
	{"alerting/receivers", 73},
	{"alerting/notify", 71},
	{"alerting/notify/...", 72},
	{"alerting/summary", 56},
	{"alerting/...", 70},
	{"internal/web/...", 71},
	{"internal/metrics/metricstest", 71},
	{"internal/metrics/...", 70},
	{"dashboards/...", 70},
	{"internal/config/...", 74},
	{"internal/batch/...", 75},
	{"internal/plot", 40},
	{"internal/schema", 74},
	{"internal/snapshot/snapshottest", 61},
	{"internal/snapshot", 60},
	{"internal/history", 55},
	{"rules/...", 50},
	{"monitors", 50},
	{"monitors/digest", 31}, // of results of checks
	{"monitors/checks/...", 30},
	{"monitors/decode/...", 30},
	{"monitors/reference/...", 32},   // reads data files
	{"monitors/source/file/...", 31}, // whose rows are leaves
	{"monitors/store/...", 30},
	{"monitors/source/kafka/...", 21},
	{"monitors/source/...", 20},
	{"monitors/profile/...", 20},
	{"monitors/window/...", 20},
	{"internal/mute", 11},
	{"internal/yamlx", 10},
	{"internal/watch", 10},
	{"internal/gitrev", 10},
	// Those below hold or help tests.
	{"internal/calibration", 60},
	{"deploy/...", 0},
	{"internal/crash/...", 0},
	{"internal/integration/...", 0},
	{"internal/daemontest/...", 85}, // names what the binary is made of
	{"internal/kafkatest/...", 0},
	{"internal/lint", 0},
}

func matches(pattern, name string) bool {
	if folder, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == folder || strings.HasPrefix(name, folder+"/")
	}
	return name == pattern
}

func heightOf(name string) (int, bool) {
	for _, l := range layers {
		if matches(l.pattern, name) {
			return l.height, true
		}
	}
	return 0, false
}

func TestImportsPointDownwards(t *testing.T) {
	for _, p := range list(t) {
		height, known := heightOf(p.name())
		if !known {
			t.Errorf("%s has no place in the table of layers", p.name())
			continue
		}
		for _, imp := range p.Imports {
			name, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				continue
			}
			if h, _ := heightOf(name); h >= height {
				t.Errorf("%s (height %d) imports %s (height %d)", p.name(), height, name, h)
			}
		}
	}
}

// owners are the packages that may import a library, tests aside.
var owners = map[string][]string{
	"github.com/segmentio/kafka-go":      {"monitors/source/kafka/..."},
	"go.etcd.io/bbolt":                   {"monitors/store/..."},
	"github.com/slack-go/slack":          {"alerting/notify/slack/..."},
	"github.com/robfig/cron":             {"internal/app/...", "internal/mute"}, // which runs nothing: it reads expressions
	"github.com/wneessen/go-mail":        {"alerting/notify/email/..."},
	"go.yaml.in/yaml":                    {"internal/yamlx"},
	"github.com/alecthomas/kong":         {"cmd/..."},
	"github.com/prometheus":              {"internal/web/...", "internal/metrics/...", "internal/app/..."},
	"github.com/twmb/franz-go/pkg/kgo":   {"internal/kafkatest/...", "internal/demo/..."},
	"github.com/twmb/franz-go/pkg/kfake": {"internal/kafkatest/...", "internal/demo/..."},
	"github.com/twmb/franz-go/pkg/kmsg":  {"internal/kafkatest/...", "monitors/source/kafka/..."},
}

func TestLibrariesHaveOneOwner(t *testing.T) {
	for _, p := range list(t) {
		for _, imp := range p.Imports {
			for library, allowed := range owners {
				if imp != library && !strings.HasPrefix(imp, library+"/") {
					continue
				}
				if !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, p.name()) }) {
					t.Errorf("%s imports %s; only %s may", p.name(), imp, strings.Join(allowed, ", "))
				}
			}
		}
	}
}

func TestProfileNeedsOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range list(t) {
		if p.name() != "monitors/profile" {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(strings.Split(imp, "/")[0], ".") || strings.HasPrefix(imp, module) {
				t.Errorf("%s imports %s", p.name(), imp)
			}
		}
	}
}

// file is one parsed Go file.
type file struct {
	pkg  string
	name string // pkg/base.go
	test bool
	tree *ast.File
	pos  *token.FileSet
}

func files(t *testing.T) []file {
	t.Helper()
	var out []file
	for _, p := range list(t) {
		for _, base := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			pos := token.NewFileSet()
			tree, err := parser.ParseFile(pos, filepath.Join(p.Dir, base), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Errorf("parse: %v", err)
				continue
			}
			out = append(out, file{p.name(), path.Join(p.name(), base), strings.HasSuffix(base, "_test.go"), tree, pos})
		}
	}
	return out
}

const maxLines = 600

func TestFilesAreShort(t *testing.T) {
	for _, f := range files(t) {
		if n := f.pos.File(f.tree.FileStart).LineCount(); n > maxLines {
			t.Errorf("%s has %d lines, more than %d", f.name, n, maxLines)
		}
	}
}

func TestNoInitFunctions(t *testing.T) {
	for _, f := range files(t) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s:%d: init function; say in a table what there is", f.name, f.line(fn))
			}
		}
	}
}

func (f *file) line(n ast.Node) int { return f.pos.Position(n.Pos()).Line }

// uses calls found for each mention of package.Name, by the package's path.
func (f *file) uses(found func(importPath, name string, at ast.Node)) {
	imports := make(map[string]string)
	for _, spec := range f.tree.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		name := path.Base(p)
		if p == "github.com/segmentio/kafka-go" {
			name = "kafka"
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = p
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && imports[id.Name] != "" {
				found(imports[id.Name], sel.Sel.Name, n)
			}
		}
		return true
	})
}

// clocks are the functions of package time that read or wait for the clock.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}

// readers are the packages whose business is to wait for others.
var readers = []string{"monitors/source/kafka/...", "monitors/store/..."}

// TestTimeIsAnArgument keeps clocks out of what must give the same results in a
// replay. Reading from a broker may wait.
func TestTimeIsAnArgument(t *testing.T) {
	for _, f := range files(t) {
		domain := matches("monitors/...", f.pkg) || matches("rules/...", f.pkg)
		if !domain || f.test || slices.ContainsFunc(readers, func(r string) bool { return matches(r, f.pkg) }) {
			continue
		}
		f.uses(func(importPath, name string, at ast.Node) {
			if importPath == "time" && slices.Contains(clocks, name) {
				t.Errorf("%s:%d: time.%s reads a clock", f.name, f.line(at), name)
			}
		})
	}
}

// TestNoKafkaReader keeps out the reader of kafka-go, which delivers aborted
// records and skips lost ones silently.
func TestNoKafkaReader(t *testing.T) {
	for _, f := range files(t) {
		f.uses(func(importPath, name string, at ast.Node) {
			if importPath == "github.com/segmentio/kafka-go" && (name == "NewReader" || name == "Reader" || name == "ReaderConfig") {
				t.Errorf("%s:%d: kafka.%s", f.name, f.line(at), name)
			}
		})
	}
}

// TestUsesFindsMentions shows that the tests above can fail.
func TestUsesFindsMentions(t *testing.T) {
	const source = `package p

import (
	clock "time"

	"github.com/segmentio/kafka-go"
)

var _ = clock.Now()
var _ = kafka.NewReader
var time struct{ Now int }
var _ = time.Now
`
	pos := token.NewFileSet()
	tree, err := parser.ParseFile(pos, "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	f := file{name: "p.go", tree: tree, pos: pos}
	f.uses(func(importPath, name string, _ ast.Node) { got = append(got, importPath+"."+name) })
	if want := []string{"time.Now", "github.com/segmentio/kafka-go.NewReader"}; !slices.Equal(got, want) {
		t.Errorf("seen %q, wanted %q", got, want)
	}
}

func TestNoSkippedTests(t *testing.T) {
	for _, f := range files(t) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && f.test && (sel.Sel.Name == "SkipNow" || sel.Sel.Name == "Skipf" || sel.Sel.Name == "Skip") {
					if id, ok := sel.X.(*ast.Ident); ok && (id.Name == "t" || id.Name == "b") {
						t.Errorf("%s:%d: %s.%s: a test that may be left out proves nothing", f.name, f.line(call), id.Name, sel.Sel.Name)
					}
				}
			}
			return true
		})
	}
}
