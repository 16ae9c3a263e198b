package rules

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
)

// maxText bounds an annotation and each text made on the way to it, in bytes.
const maxText = 4096

// annotation is what templates see. Numbers that a check does not have are NaN.
type annotation struct {
	Alert, Monitor, Segment, Field, Check string
	Severity                              string
	Value, Low, High                      float64
	Effect, PValue                        float64
	Reference, Change, Percent            float64 // what the value is compared with, and how far above it is
	Against                               string  // the earlier windows that are meant, in words; "" unless a change is asked for
	Rows                                  uint64
	Redacted                              bool   // the numbers are left out
	WindowStart, WindowEnd                string // RFC 3339, UTC
	Moved, Explained                      string // in words; "" where nothing is known
	Page                                  string // address of the monitor's page; "" without web.external_url
	Labels                                map[string]string
}

// annotationFields are the names that templates may use.
var annotationFields = []string{
	"Alert", "Monitor", "Segment", "Field", "Check", "Severity", "Value", "Low", "High",
	"Effect", "PValue", "Reference", "Change", "Percent", "Against", "Rows", "Redacted", "WindowStart", "WindowEnd", "Moved", "Explained", "Page", "Labels",
}

// templateFuncs replaces those built-in functions that make text by ones whose
// output is bounded. With those of allowedFuncs they are all that may be used:
// a template can reach no file and no environment, and cannot run for long.
var templateFuncs = template.FuncMap{
	"print":   func(a ...any) string { return clip(fmt.Sprint(a...)) },
	"println": func(a ...any) string { return clip(fmt.Sprintln(a...)) },
	"printf":  boundedPrintf,
}

var allowedFuncs = []string{
	"and", "or", "not", "len", "index", "slice", "eq", "ne", "lt", "le", "gt", "ge", "print", "println", "printf",
}

var wideVerb = regexp.MustCompile(`\d{4}|\*`)

func boundedPrintf(format string, a ...any) (string, error) {
	if wideVerb.MatchString(format) {
		return "", errors.New("a width in printf has at most three digits")
	}
	return clip(fmt.Sprintf(clip(format), a...)), nil
}

// clip cuts a text to maxText bytes, between characters.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// bounded is a writer that drops what is beyond maxText.
type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	b.WriteString(string(p[:min(len(p), max(0, maxText-b.Len()))]))
	return len(p), nil
}

// compileTemplate parses a template, checks that it uses only what templates
// may use, and tries it on a sample.
func compileTemplate(name, text string) (*template.Template, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("template has %d bytes, at most %d are allowed", len(text), maxText)
	}
	t, err := template.New(name).Funcs(templateFuncs).Option("missingkey=zero").Parse(text)
	if err != nil {
		return nil, errors.New("template: " + plain(err))
	}
	if len(t.Templates()) > 1 {
		return nil, errors.New("template: define and block are not allowed")
	}
	if t.Tree == nil {
		return t, nil
	}
	if err := checkTemplate(t.Tree.Root); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	var out bounded
	if err := t.Execute(&out, sample()); err != nil {
		return nil, errors.New("template: " + plain(err))
	}
	if wrong := misfit.FindString(out.String()); wrong != "" && !strings.Contains(text, wrong) {
		return nil, errors.New("template: the verbs of printf do not fit what it is given: numbers are written by %.2f, .Rows by %d, texts by %s")
	}
	return t, nil
}

// misfit is how printf says so, in the text that people would read.
var misfit = regexp.MustCompile(`%!.?\(`)

var (
	templatePlace = regexp.MustCompile(`^template: [^:]*:(\d+:)*(\d+:)? ?`)
	executing     = regexp.MustCompile(`executing "[^"]*" at (<.*>): `)
	goTypes       = regexp.MustCompile(` in type \S+| of type \S+|\*?rules\.annotation`)
)

// plain takes out of an error of text/template what only Go programmers know.
func plain(err error) string {
	s := templatePlace.ReplaceAllString(err.Error(), "")
	s = executing.ReplaceAllString(s, "at $1: ")
	return goTypes.ReplaceAllString(s, "")
}

func sample() annotation {
	return annotation{
		Alert: "Alert", Monitor: "monitor", Segment: "country=BR", Field: "field", Check: "psi", Severity: Warning,
		Value: 0.25, Low: 0.24, High: 0.26, Effect: 0.2, PValue: 1e-6, Reference: 0.2, Change: 0.05, Percent: 25,
		Against: "the window before", Rows: 1000,
		WindowStart: "2026-01-02T03:00:00Z", WindowEnd: "2026-01-02T04:00:00Z",
		Moved: "(20, 25]: 4 % → 19 %", Explained: "mostly in country=BR", Page: "http://localhost/monitors/monitor", Labels: map[string]string{},
	}
}

// checkTemplate walks every branch, also those that the sample does not take.
// Loops are refused: what they run over cannot be bounded beforehand.
func checkTemplate(n parse.Node) error {
	switch n := n.(type) {
	case *parse.ListNode:
		return checkList(n)
	case *parse.ActionNode:
		return checkTemplate(n.Pipe)
	case *parse.IfNode:
		return checkBranch(&n.BranchNode)
	case *parse.WithNode:
		return checkBranch(&n.BranchNode)
	case *parse.RangeNode:
		return errors.New("range is not allowed")
	case *parse.TemplateNode:
		return errors.New("template is not allowed")
	case *parse.PipeNode:
		return checkPipe(n)
	case *parse.ChainNode:
		return checkTemplate(n.Node)
	case *parse.FieldNode:
		return checkField(n.Ident)
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			return checkField(n.Ident[1:])
		}
	case *parse.IdentifierNode:
		if !slices.Contains(allowedFuncs, n.Ident) {
			return fmt.Errorf("function %q is not allowed", n.Ident)
		}
	}
	return nil
}

func checkList(n *parse.ListNode) error {
	if n == nil {
		return nil
	}
	for _, c := range n.Nodes {
		if err := checkTemplate(c); err != nil {
			return err
		}
	}
	return nil
}

func checkBranch(n *parse.BranchNode) error {
	if err := checkPipe(n.Pipe); err != nil {
		return err
	}
	if err := checkList(n.List); err != nil {
		return err
	}
	return checkList(n.ElseList)
}

func checkPipe(n *parse.PipeNode) error {
	if n == nil {
		return nil
	}
	for _, cmd := range n.Cmds {
		for _, arg := range cmd.Args {
			if err := checkTemplate(arg); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkField(path []string) error {
	if slices.Contains(annotationFields, path[0]) {
		return nil
	}
	known := "; known are ." + strings.Join(annotationFields, " .")
	if hint := yamlx.DidYouMean(path[0], annotationFields); hint != "" {
		known = hint
	}
	return fmt.Errorf("unknown field .%s%s", path[0], known)
}

// render executes the rule's annotations for an alert. What fails only with
// this alert's values is said in the annotation: an alert must go out.
func (r *Rule) render(a Alert, rows uint64, page string) map[string]string {
	if len(r.templates) == 0 {
		return nil
	}
	data := annotation{
		Alert: a.Name, Monitor: a.Monitor, Segment: a.Segment, Field: a.Field, Check: a.Check, Severity: a.Severity,
		Value: a.Result.Value, Low: a.Result.Low, High: a.Result.High,
		Effect: orNaN(a.Result.Effect), PValue: orNaN(a.Result.PValue), Rows: rows,
		Reference: orNaN(a.Result.Reference), Change: orNaN(a.Result.Change), Percent: math.NaN(), Against: a.Against,
		WindowStart: a.WindowStart.String(), WindowEnd: a.WindowEnd.String(), Page: page, Labels: a.Labels,
	}
	if a.Result.Skipped != "" {
		data.Value, data.Low, data.High = math.NaN(), math.NaN(), math.NaN()
	}
	data.Moved, data.Redacted = checks.MovedText(a.Moved), a.Redacted
	if data.Reference != 0 {
		data.Percent = 100 * data.Change / math.Abs(data.Reference)
	}
	if a.ExplainedBy != nil {
		data.Explained = a.ExplainedBy.String()
	}
	out := make(map[string]string, len(r.templates))
	for name, t := range r.templates {
		var b bounded
		if err := t.Execute(&b, data); err != nil {
			out[name] = "annotation cannot be written: " + plain(err)
			continue
		}
		out[name] = strings.ToValidUTF8(b.String(), "")
	}
	return out
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
