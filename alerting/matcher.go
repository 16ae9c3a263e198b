package alerting

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"driftwatch/rules"
)

// Matcher is a condition on one label, written as in Alertmanager:
// severity=critical, field!=amount, monitor=~"churn.*", segment!~country=.*.
// An expression has to match the whole value. A label that an alert does not have
// is "".
type Matcher struct {
	Label string
	Op    string // = != =~ !~
	Value string

	expression *regexp.Regexp
}

var matcherForm = regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$`)

// ParseMatcher reads a matcher. Quotes around the value are not needed.
func ParseMatcher(text string) (Matcher, error) {
	parts := matcherForm.FindStringSubmatch(text)
	if parts == nil {
		return Matcher{}, fmt.Errorf("%q is no matcher such as severity=critical or monitor=~\"churn.*\"", text)
	}
	m := Matcher{Label: parts[1], Op: parts[2], Value: parts[3]}
	if strings.HasPrefix(m.Value, `"`) {
		v, err := strconv.Unquote(m.Value)
		if err != nil {
			return m, fmt.Errorf("the quotes in %q do not match", text)
		}
		m.Value = v
	}
	if strings.HasSuffix(m.Op, "~") {
		var err error
		if m.expression, err = regexp.Compile("^(?:" + m.Value + ")$"); err != nil {
			return m, fmt.Errorf("%q is not a regular expression: %w", m.Value, err)
		}
	}
	return m, nil
}

// String writes a matcher as ParseMatcher reads it.
func (m Matcher) String() string { return m.Label + m.Op + strconv.Quote(m.Value) }

func (m *Matcher) matches(a *rules.Alert) bool {
	v := labelOf(a, m.Label)
	switch m.Op {
	case "=":
		return v == m.Value
	case "!=":
		return v != m.Value
	case "=~":
		return m.expression.MatchString(v)
	}
	return !m.expression.MatchString(v)
}

// Matchers are conditions that all have to hold.
type Matchers []Matcher

// ParseMatchers reads several matchers.
func ParseMatchers(texts []string) (Matchers, error) {
	var out Matchers
	for _, t := range texts {
		m, err := ParseMatcher(t)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Match reports whether all conditions hold for an alert.
func (m Matchers) Match(a *rules.Alert) bool {
	for i := range m {
		if !m[i].matches(a) {
			return false
		}
	}
	return true
}

// String joins the matchers.
func (m Matchers) String() string {
	var out []string
	for _, x := range m {
		out = append(out, x.String())
	}
	return strings.Join(out, ", ")
}

// Labels returns the names of the labels that every alert has. Those of its rule
// come on top.
func Labels() []string {
	return []string{"monitor", "alert", "severity", "class", "segment", "field", "check"}
}

// labelOf returns the value of a label. A rule's own label cannot take the
// place of one that every alert has.
func labelOf(a *rules.Alert, name string) string {
	switch name {
	case "monitor":
		return a.Monitor
	case "alert":
		return a.Name
	case "severity":
		return a.Severity
	case "segment":
		return a.Segment
	case "field":
		return a.Field
	case "check":
		return a.Check
	}
	return a.Labels[name]
}
