package yamlx

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Severity says whether a file with the problem can be used.
type Severity uint8

// The severities. A file with an Error is refused, one with a Warning is not; an Info
// is no problem.
const (
	Error Severity = iota
	Warning
	Info
)

// String is the word that is printed.
func (s Severity) String() string {
	return [...]string{Error: "error", Warning: "warning", Info: "info"}[s]
}

// MarshalText writes String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is one problem at one place.
type Diagnostic struct {
	File      string
	Line, Col int      // from 1, in characters; 0 where the problem is the file itself
	Severity  Severity // whether the file can be used
	Code      string   // the class of the problem, a section of docs/lint.md: "syntax", "unknown-key", ...
	Text      string   // one sentence that names the offending word
	Source    string   // the line, secrets masked; "" where there is none
	Facts     any      // what Text says, for JSON; a pointer, or nil where there is nothing to count
}

// MarshalJSON writes lower-case names and leaves out what is not there.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File     string   `json:"file"`
		Line     int      `json:"line,omitempty"`
		Col      int      `json:"col,omitempty"`
		Severity Severity `json:"severity"`
		Code     string   `json:"code"`
		Text     string   `json:"text"`
		Source   string   `json:"source,omitempty"`
		Facts    any      `json:"facts,omitempty"`
	}{d.File, d.Line, d.Col, d.Severity, d.Code, d.Text, d.Source, d.Facts})
}

// String is "file:line:col: severity: text", without the source line.
func (d Diagnostic) String() string {
	if d.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", d.File, d.Severity, d.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", d.File, d.Line, d.Col, d.Severity, d.Text)
}

// Sort orders by file, place and text and drops repetitions.
func Sort(list []Diagnostic) []Diagnostic {
	slices.SortFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(list)
}

// HasErrors reports whether any problem is more than a warning.
func HasErrors(list []Diagnostic) bool {
	return slices.ContainsFunc(list, func(d Diagnostic) bool { return d.Severity == Error })
}

// Formats are the names that Write takes.
func Formats() []string { return []string{"text", "json", "github"} }

// Write prints problems: "text" for people, with the source line and a caret;
// "json" as one array; "github" as workflow commands.
func Write(w io.Writer, format string, list []Diagnostic) error {
	switch format {
	case "text":
		return writeText(w, list)
	case "json":
		if list == nil {
			list = []Diagnostic{}
		}
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	case "github":
		return writeGitHub(w, list)
	}
	return errors.New("unknown format " + format + ": one of " + strings.Join(Formats(), ", "))
}

func writeText(w io.Writer, list []Diagnostic) error {
	for _, d := range list {
		if _, err := fmt.Fprintf(w, "%s [%s]\n%s", d, d.Code, excerpt(d)); err != nil {
			return err
		}
	}
	return nil
}

// excerptWidth is how much of a long line is shown around the caret.
const excerptWidth = 160

// excerpt is the source line and, below it, a caret under the column.
func excerpt(d Diagnostic) string {
	if strings.TrimSpace(d.Source) == "" || d.Col == 0 {
		return ""
	}
	line := []rune(d.Source)
	col := min(d.Col-1, len(line))
	if len(line) > excerptWidth {
		from := max(0, min(col-excerptWidth/2, len(line)-excerptWidth))
		line, col = line[from:from+excerptWidth], col-from
	}
	var b strings.Builder
	b.WriteString("  " + string(line) + "\n  ")
	for _, r := range line[:col] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	b.WriteString("^\n")
	return b.String()
}

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func writeGitHub(w io.Writer, list []Diagnostic) error {
	for _, d := range list {
		place := "file=" + githubProperty.Replace(d.File)
		if d.Line > 0 {
			place += fmt.Sprintf(",line=%d,col=%d", d.Line, d.Col)
		}
		command := d.Severity.String()
		if d.Severity == Info {
			command = "notice"
		}
		_, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", command, place, githubProperty.Replace(d.Code), githubData.Replace(d.Text))
		if err != nil {
			return err
		}
	}
	return nil
}
