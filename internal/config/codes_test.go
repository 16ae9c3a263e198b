package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	code    = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	section = regexp.MustCompile(`(?m)^### (.*)$`)
)

// TestCodesAreDocumented: each code that a problem may have is a section of
// docs/lint.md, and each section is one.
func TestCodesAreDocumented(t *testing.T) {
	used := map[string]bool{}
	for _, folder := range []string{"internal/yamlx", "internal/config", "internal/mute", "internal/ruletest", "rules", "alerting/notify", "alerting/receivers"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(path string, _ os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				err = codesOf(path, used)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	doc, err := os.ReadFile("../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, m := range section.FindAllSubmatch(doc, -1) {
		described = append(described, string(m[1]))
	}
	for c := range used {
		if !slices.Contains(described, c) {
			t.Errorf("docs/lint.md has no section %q", c)
		}
	}
	for _, c := range described {
		if !used[c] {
			t.Errorf("docs/lint.md has a section %q, which is no code", c)
		}
	}
	if len(used) < 30 {
		t.Errorf("found only %d codes", len(used))
	}
}

// codesOf adds the codes that a source file reports. They stand in its calls as
// they are, before the text.
func codesOf(path string, used map[string]bool) error {
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if word, err := strconv.Unquote(lit.Value); err == nil && code.MatchString(word) {
				used[word] = true
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			fun, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Errorf", "Warnf", "missingSecret", "must", "report"}, fun.Sel.Name) {
				return true
			}
			if of, ok := fun.X.(*ast.Ident); ok && of.Name == "fmt" {
				return true
			}
			for _, arg := range n.Args[:len(n.Args)-1] {
				add(arg)
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
				add(n.Value)
			}
		}
		return true
	})
	return nil
}
