package yamlx

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	yaml "go.yaml.in/yaml/v4"
)

// Cursor is a place in a file: a value, or, as its zero value, one that is not
// there. Readers of an absent value return the default and report nothing;
// readers of a value of the wrong type report it and return the default.
type Cursor struct {
	doc    *document
	node   *yaml.Node
	key    string // that it is the value of, or an entry of; "" if of none
	entry  bool   // it is an entry of a list
	secret bool   // the value must not be shown
}

// Present reports whether there is a value.
func (c Cursor) Present() bool { return c.node != nil }

// File is the name of the file that the cursor is in.
func (c Cursor) File() string {
	if c.doc == nil {
		return ""
	}
	return c.doc.name
}

// Line is the line of the value, from 1.
func (c Cursor) Line() int {
	if c.node == nil {
		return 0
	}
	return c.node.Line
}

// Errors is how many errors were reported so far, of all files. Readers tell by it
// whether what they read was right.
func (c Cursor) Errors() int {
	if c.doc == nil {
		return 0
	}
	return c.doc.rep.errors
}

// Errorf reports an error at the cursor. Of an absent value nothing can be said.
func (c Cursor) Errorf(code, format string, args ...any) { c.report(Error, code, format, args...) }

// Warnf reports a warning at the cursor.
func (c Cursor) Warnf(code, format string, args ...any) { c.report(Warning, code, format, args...) }

// Must reports that the value must be something else: "size must be at least 1s".
func (c Cursor) Must(format string, args ...any) { c.must("value", format, args...) }

func (c Cursor) must(code, format string, args ...any) {
	subject := ""
	switch {
	case c.key != "" && c.entry:
		subject = "an entry of " + c.key + " "
	case c.key != "":
		subject = c.key + " "
	}
	c.report(Error, code, "%smust %s", subject, fmt.Sprintf(format, args...))
}

// Unsupported reports that the value asks for something that is part of the
// file format and cannot be done yet.
func (c Cursor) Unsupported(what string) {
	c.report(Error, "unsupported", "%s: not supported yet", what)
}

func (c Cursor) report(sev Severity, code, format string, args ...any) {
	if c.node != nil {
		c.doc.report(c.node.Line, c.node.Column, sev, code, format, args...)
	}
}

// Wrong reports that the value is not what was wanted. Aliases and tags were
// reported when the file was parsed.
func (c Cursor) Wrong(want string) {
	switch {
	case c.node.Kind == yaml.AliasNode, c.node.Style&yaml.TaggedStyle != 0:
	case c.secret || c.node.Kind != yaml.ScalarNode || c.node.Value == "":
		c.must("type", "be %s, not %s %s", want, article(kindName(c.node)), kindName(c.node))
	default:
		c.must("type", "be %s, not %s", want, clip(c.node.Value))
	}
}

func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an"
	}
	return "a"
}

// clip quotes a value for a message and keeps the message short.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "..."
	}
	return strconv.Quote(s)
}

// IsMap reports whether the value is a mapping.
func (c Cursor) IsMap() bool { return c.node != nil && c.node.Kind == yaml.MappingNode }

// IsList reports whether the value is a list.
func (c Cursor) IsList() bool { return c.node != nil && c.node.Kind == yaml.SequenceNode }

// IsScalar reports whether the value is neither a mapping nor a list.
func (c Cursor) IsScalar() bool { return c.node != nil && c.node.Kind == yaml.ScalarNode }

// IsNumber reports whether the value is written as a number.
func (c Cursor) IsNumber() bool {
	return c.IsScalar() && (c.node.ShortTag() == "!!float" || c.node.ShortTag() == "!!int")
}

// isNull reports a key without a value.
func (c Cursor) isNull() bool {
	return c.node.Kind == yaml.ScalarNode && c.node.ShortTag() == "!!null"
}

// List returns the values of a list. An empty value is an empty list.
func (c Cursor) List() []Cursor {
	if c.node == nil || c.isNull() {
		return nil
	}
	if !c.IsList() {
		c.Wrong("a list")
		return nil
	}
	list := make([]Cursor, len(c.node.Content))
	for i, n := range c.node.Content {
		list[i] = Cursor{doc: c.doc, node: n, key: c.key, entry: true, secret: c.secret}
	}
	return list
}

// OneOrList returns the values of a list, or the value itself.
func (c Cursor) OneOrList() []Cursor {
	if c.node == nil || c.IsList() {
		return c.List()
	}
	return []Cursor{c}
}

// Str reads text. Numbers and true or false must be quoted to be text.
func (c Cursor) Str(def string) string {
	if c.node == nil {
		return def
	}
	if c.node.Kind != yaml.ScalarNode || c.node.ShortTag() != "!!str" {
		c.Wrong("text")
		return def
	}
	return c.node.Value
}

// Name reads text that is not empty and has no line breaks or other control
// characters; "" if there is none.
func (c Cursor) Name() string {
	s := c.Str("")
	switch {
	case s == "" && c.IsScalar() && c.node.ShortTag() == "!!str":
		c.Must("not be empty")
	case strings.ContainsFunc(s, unicode.IsControl):
		c.Must("be on one line, without control characters")
		return ""
	}
	return s
}

// WebURL reads an http or https address. It may be a secret, so messages do not
// repeat it.
func (c Cursor) WebURL() string {
	s := c.Name()
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		c.Must("be an address that begins with http:// or https://")
		return ""
	}
	return s
}

// Address reads host:port.
func (c Cursor) Address() string {
	addr := c.Name()
	if addr == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(addr)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		c.Must("be host:port, not %q", addr)
		return ""
	}
	return addr
}

// Literal reads any scalar as it is written: 1.50 is "1.50".
func (c Cursor) Literal() (string, bool) {
	if c.node == nil {
		return "", false
	}
	if c.node.Kind != yaml.ScalarNode || c.isNull() {
		c.Wrong("one value")
		return "", false
	}
	return c.node.Value, true
}

// OneOf reads one of a few words.
func (c Cursor) OneOf(def string, words ...string) string {
	s := c.Str("")
	switch {
	case c.node == nil || c.node.ShortTag() != "!!str" || c.node.Kind != yaml.ScalarNode:
		return def
	case slices.Contains(words, s):
		return s
	case c.secret:
		c.Must("be one of %s", strings.Join(words, ", "))
	default:
		c.Must("be one of %s, not %s%s", strings.Join(words, ", "), clip(s), DidYouMean(s, words))
	}
	return def
}

// Bool reads true or false.
func (c Cursor) Bool(def bool) bool {
	if c.node == nil {
		return def
	}
	if c.node.Kind == yaml.ScalarNode && c.node.ShortTag() == "!!bool" {
		if v, err := strconv.ParseBool(c.node.Value); err == nil {
			return v
		}
	}
	c.Wrong("true or false")
	return def
}

// Float reads a finite number; ok is false if there is none.
func (c Cursor) Float() (v float64, ok bool) {
	if c.node == nil {
		return 0, false
	}
	if c.IsNumber() {
		v, err := strconv.ParseFloat(strings.ReplaceAll(c.node.Value, "_", ""), 64)
		if err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, true
		}
	}
	c.Wrong("a number")
	return 0, false
}

// Percent reads a finite number, or one with a % sign, which is in hundredths.
func (c Cursor) Percent() (v float64, percent, ok bool) {
	if c.IsScalar() && strings.HasSuffix(c.node.Value, "%") {
		v, err := strconv.ParseFloat(strings.TrimSuffix(c.node.Value, "%"), 64)
		if err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v / 100, true, true
		}
		c.Wrong("a number, or one with % such as 50%")
		return 0, false, false
	}
	v, ok = c.Float()
	return v, false, ok
}

// FloatIn reads a number in [lo, hi].
func (c Cursor) FloatIn(def, lo, hi float64) float64 {
	v, ok := c.Float()
	if !ok {
		return def
	}
	if v < lo || v > hi {
		c.Must("be from %v to %v, not %s", lo, hi, c.node.Value)
		return def
	}
	return v
}

// Int reads a whole number in [lo, hi].
func (c Cursor) Int(def, lo, hi int) int {
	if c.node == nil {
		return def
	}
	if c.node.Kind == yaml.ScalarNode && c.node.ShortTag() == "!!int" {
		v, err := strconv.Atoi(c.node.Value)
		if err == nil && v >= lo && v <= hi {
			return v
		}
	}
	c.Wrong(fmt.Sprintf("a whole number from %d to %d", lo, hi))
	return def
}

// Duration reads a length of time, at least least.
func (c Cursor) Duration(def, least time.Duration) time.Duration {
	if c.node == nil {
		return def
	}
	d, err := time.Duration(0), error(nil)
	if c.node.Kind == yaml.ScalarNode {
		d, err = ParseDuration(c.node.Value)
	}
	switch {
	case errors.Is(err, errTooLong):
		c.Must("be at most 292 years, not %s", c.node.Value)
		return def
	case c.node.Kind != yaml.ScalarNode || err != nil:
		c.Wrong("a length of time such as 90s, 5m, 1h, 7d or 1w")
		return def
	case d < least:
		c.Must("be at least %s, not %s", FormatDuration(least), c.node.Value)
		return def
	}
	return d
}

// Size reads a number of bytes such as 512MiB or 2GiB.
func (c Cursor) Size(def int64) int64 {
	if c.node == nil {
		return def
	}
	if c.node.Kind == yaml.ScalarNode {
		if n, err := ParseSize(c.node.Value); err == nil {
			return n
		}
	}
	c.Wrong("a size such as 512MiB or 2GiB")
	return def
}

// Strs reads a list of texts that are not empty.
func (c Cursor) Strs() []string {
	var out []string
	for _, item := range c.List() {
		if s := item.Name(); s != "" {
			out = append(out, s)
		}
	}
	return out
}
