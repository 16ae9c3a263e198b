package checks

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/monitors/profile"
)

const docs = "../../docs/checks"

var update = flag.Bool("update", false, "write the index of the manual")

// TestDocs compares the index of the manual with the table, row by row, and asks
// for a page of each check.
func TestDocs(t *testing.T) {
	if *update {
		writeIndex(t)
	}
	b, err := os.ReadFile(filepath.Join(docs, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "| [") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	all := All()
	if len(rows) != len(all) {
		t.Errorf("the index has %d checks, the table %d", len(rows), len(all))
	}
	for i, c := range all {
		if i < len(rows) && rows[i] != indexRow(c) {
			t.Errorf("row %d of the index is\n%s\nnot\n%s", i, rows[i], indexRow(c))
		}
		page, err := os.ReadFile(filepath.Join(docs, c.Name+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{"# " + c.Name + "\n", "\n## Formula\n", "\n## Defaults\n", "\n## Source\n", "\n## When it lies\n", "\n## Elsewhere\n"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("%s.md has no %q", c.Name, strings.TrimSpace(part))
			}
		}
		for _, tool := range []string{"Evidently", "NannyML", "TFDV", "Deequ", "SageMaker"} {
			if _, elsewhere, _ := strings.Cut(string(page), "\n## Elsewhere\n"); !strings.Contains(elsewhere, tool) {
				t.Errorf("%s.md does not say how %s defines it", c.Name, tool)
			}
		}
		if n := strings.Count(string(page), "\n"); n > 60 {
			t.Errorf("%s.md has %d lines: it does not fit on a screen", c.Name, n)
		}
		for _, p := range c.Params {
			if !strings.Contains(string(page), "`"+p.Name+"`") && !strings.Contains(string(page), "`"+p.Name+":") {
				t.Errorf("%s.md does not mention the parameter %s", c.Name, p.Name)
			}
		}
	}
}

// writeIndex replaces the rows of the index by those of the table.
func writeIndex(t *testing.T) {
	t.Helper()
	path := filepath.Join(docs, "README.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	written := false
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "| [") {
			out.WriteString(line)
			continue
		}
		for _, c := range All() {
			if !written {
				out.WriteString(indexRow(c) + "\n")
			}
		}
		written = true
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func indexRow(c Check) string {
	fields := "of a segment"
	if c.Whole {
		fields = "of the stream"
	}
	if c.Kinds != nil {
		var names []string
		for k := profile.Number; k <= profile.Timestamp; k++ {
			if Fits(c, k) {
				names = append(names, k.String())
			}
		}
		if fields = strings.Join(names, ", "); len(names) == int(profile.Timestamp) {
			fields = "all"
		}
	}
	floor := ""
	if c.Floor > 0 {
		floor = fmt.Sprintf(" %.3g", c.Floor)
	}
	return fmt.Sprintf("| [%s](%s.md) | %s | %s |%s |", c.Name, c.Name, c.Summary, fields, floor)
}
