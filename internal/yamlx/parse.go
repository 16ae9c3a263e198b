// Package yamlx reads YAML strictly. It reports every problem of a file, each
// with its line and column, instead of stopping at the first, and gives callers
// a small vocabulary (Cursor, Map) in which the code that reads a file looks
// like the table of the file's keys. Anchors, aliases, merge keys, tags,
// duplicate keys and second documents are refused. It knows nothing of what the
// files mean.
package yamlx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// Reporter collects the problems of any number of files.
type Reporter struct {
	list   []Diagnostic
	errors int // in list
}

// Diagnostics returns what was reported so far, sorted.
func (r *Reporter) Diagnostics() []Diagnostic { return Sort(append([]Diagnostic(nil), r.list...)) }

// Add reports a problem that a caller has placed itself.
func (r *Reporter) Add(d Diagnostic) {
	r.list = append(r.list, d)
	if d.Severity == Error {
		r.errors++
	}
}

// Errorf reports that a file as a whole cannot be used.
func (r *Reporter) Errorf(file, code, format string, args ...any) {
	r.Add(Diagnostic{File: file, Severity: Error, Code: code, Text: fmt.Sprintf(format, args...)})
}

// document is one file while it is read.
type document struct {
	name  string
	lines []string
	// hidden are the lines, from 1, that continue a secret of a line above.
	hidden map[int]bool
	rep    *Reporter
}

// Parse reads the one document of a file and reports everything that is wrong
// with its form. It returns false if there is no tree to go on with. An empty
// file is an empty mapping.
func Parse(name string, data []byte, rep *Reporter) (Cursor, bool) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	d := &document{name: name, rep: rep}
	data, text := d.checkBytes(data)
	if !text {
		return Cursor{}, false
	}
	d.lines = strings.Split(lineBreaks.Replace(string(data)), "\n")
	d.hidden = secretLines(d.lines)
	root, err := d.load(data)
	if err != nil {
		// The library stops at the first tab; all are reported, and what the
		// file would be with spaces in their place is checked further.
		if spaced, found := d.checkTabs(); found {
			root, err = d.load(spaced)
		}
	}
	if err != nil {
		d.reportSyntax(err)
		return Cursor{}, false
	}
	if root == nil {
		return Cursor{doc: d, node: &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}}, true
	}
	d.checkNode(root)
	return Cursor{doc: d, node: root}, true
}

// lineBreaks are those that YAML counts as such.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// load returns the root node of the first document, nil if there is none, and
// reports a second document.
func (d *document) load(data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, err
	default:
		d.report(second.Line, second.Column, Error, "second-document", "a file has one document; what follows this --- would be ignored")
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// maxBadLines is how many lines of a file are reported for their bytes. A file
// with more is no text at all.
const maxBadLines = 20

// checkBytes reports lines that are not UTF-8 or hold control characters and
// returns the data with those bytes replaced, so that the rest can be checked.
// It returns false if the data is no text.
func (d *document) checkBytes(data []byte) ([]byte, bool) {
	if utf8.Valid(data) && bytes.IndexFunc(data, isControl) < 0 {
		return data, true
	}
	lines := bytes.Split(data, []byte("\n"))
	bad := 0
	for i, line := range lines {
		at, text := badByte(line)
		if at < 0 {
			continue
		}
		if bad++; bad > maxBadLines {
			d.rep.Errorf(d.name, "encoding", "the file is not text: more than %d lines are not UTF-8 or hold control characters", maxBadLines)
			return nil, false
		}
		lines[i] = bytes.Map(printable, bytes.ToValidUTF8(line, []byte("?")))
		d.rep.Add(Diagnostic{
			File: d.name, Line: i + 1, Col: 1 + utf8.RuneCount(line[:at]), Severity: Error, Code: "encoding",
			Text: text, Source: mask(strings.TrimSuffix(string(lines[i]), "\r")),
		})
	}
	return bytes.Join(lines, []byte("\n")), true
}

// badByte finds the first byte of a line that a file must not have, and says
// what is wrong with it; -1 if there is none.
func badByte(line []byte) (at int, text string) {
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && n <= 1 {
			return i, "the line is not UTF-8"
		}
		if isControl(r) {
			return i, "the line holds a control character"
		}
		i += n
	}
	return -1, ""
}

func printable(r rune) rune {
	if isControl(r) {
		return '?'
	}
	return r
}

// isControl reports the characters that YAML does not allow in a file.
func isControl(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return true
	}
	return false
}

var tabIndent = regexp.MustCompile(`^ *\t[ \t]*\S`)

// checkTabs reports each line that is indented with a tab and returns the text
// with two spaces for each of those tabs.
func (d *document) checkTabs() ([]byte, bool) {
	var b strings.Builder
	found := false
	for i, line := range d.lines {
		if tabIndent.MatchString(line) {
			found = true
			d.report(i+1, 1+strings.IndexByte(line, '\t'), Error, "tab", "lines are indented with spaces, not with tabs")
			rest := strings.TrimLeft(line, " \t")
			line = strings.ReplaceAll(line[:len(line)-len(rest)], "\t", "  ") + rest
		}
		b.WriteString(line + "\n")
	}
	return []byte(b.String()), found
}

// reportSyntax reports what the library could not read. A mark beyond the end
// of the text says nothing; the begin of the unfinished construct does.
func (d *document) reportSyntax(err error) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		d.report(1, 1, Error, "syntax", "not YAML: %s", err)
		return
	}
	text, line, col := le.Message, max(1, le.Mark.Line), max(1, le.Mark.Column)
	if le.ContextMsg != "" {
		text += " " + le.ContextMsg
	}
	if last := d.lastLine(); line > last {
		line, col = last, 1+utf8.RuneCountInString(d.lines[last-1])
		if at := le.ContextMark; at.Line > 0 && at.Line <= last {
			line, col = at.Line, max(1, at.Column)
		}
	}
	if strings.HasPrefix(text, "unknown anchor") {
		text = "anchors and aliases are not allowed; " + text
	}
	d.report(line, col, Error, "syntax", "%s", text)
}

// lastLine is the last line that holds anything, from 1.
func (d *document) lastLine() int {
	for i := len(d.lines) - 1; i > 0; i-- {
		if strings.TrimSpace(d.lines[i]) != "" {
			return i + 1
		}
	}
	return 1
}

func (d *document) report(line, col int, sev Severity, code, format string, args ...any) {
	d.rep.Add(Diagnostic{
		File: d.name, Line: line, Col: col, Severity: sev, Code: code,
		Text: oneLine(fmt.Sprintf(format, args...)), Source: d.source(line),
	})
}

// oneLine keeps what a file says from breaking the line of a message or
// moving the cursor of a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// source is the text of a line, from 1, with secrets masked.
func (d *document) source(line int) string {
	if line < 1 || line > len(d.lines) {
		return ""
	}
	if d.hidden[line] {
		return masked
	}
	return mask(d.lines[line-1])
}
