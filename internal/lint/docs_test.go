package lint

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testNamed   = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	testDefined = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(t \*testing\.T\)`)
)

// A promise in docs/reliability.md whose test was renamed or removed is no
// longer shown by anything.
func TestPromisesHaveTheirTests(t *testing.T) {
	const root = "../.."
	doc, err := os.ReadFile(filepath.Join(root, "docs", "reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range testDefined.FindAllSubmatch(b, -1) {
			defined[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := testNamed.FindAllSubmatch(doc, -1)
	for _, m := range named {
		if !defined[string(m[1])] {
			t.Errorf("docs/reliability.md names %s; there is no such test", m[1])
		}
	}
	if len(named) < 10 {
		t.Errorf("docs/reliability.md names %d tests", len(named))
	}
}
