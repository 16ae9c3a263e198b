// Package notify is what the packages below it, one for each kind of receiver,
// have in common: how a kind describes itself to the configuration, and how
// requests are sent, failures classified and secrets kept out of them. It knows
// none of the kinds; alerting/receivers lists them.
package notify

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"driftwatch/alerting"
	"driftwatch/internal/yamlx"
)

// Kind is one kind of receivers.
type Kind struct {
	Name string // of its section of a receiver in the configuration
	Help string // one sentence
	Keys []Key  // of the section, for the schema
	// Read reads the section and reports what is wrong with it. Options of a
	// section with errors are not used.
	Read func(s Section) Options
	// Digests says what of its options keeps a receiver from taking digests, or "". It
	// is nil where the kind takes none; others are alerting.Digesters.
	Digests func(o Options) string
}

// Options make a receiver. New opens and connects to nothing.
type Options interface {
	New() (alerting.Receiver, error)
}

// Digests is of a Kind whose receivers all take digests.
func Digests(Options) string { return "" }

// Key is one key of a section.
type Key struct {
	Name   string
	Form   Form
	Needed bool
	Words  []string // of a Word
	Help   string
}

// Form is what the value of a key looks like.
type Form uint8

// The forms of values.
const (
	Text     Form = iota
	Word          // one of Key.Words
	URL           // http or https
	URLs          // one or a list
	Path          // of a file
	Address       // host:port
	Duration      // such as 5m
	Flag          // true or false
	Texts         // one or a list
	Map           // of free keys to text
	Headers       // of free keys to text or {file}
)

// Section is a receiver's section of the configuration.
type Section struct {
	*yamlx.Map
	path func(yamlx.Cursor) string
}

// NewSection returns the section at c. path resolves the path of a file that
// holds a secret, without opening it.
func NewSection(c yamlx.Cursor, path func(yamlx.Cursor) string) Section {
	return Section{Map: c.Map(), path: path}
}

// File reads the path of a file that is read with each message, such as that of
// a secret.
func (s Section) File(key string) string { return s.path(s.Get(key)) }

// NeedFile is File for a key that has to be there.
func (s Section) NeedFile(key string) string { return s.path(s.Need(key)) }

// OneOf reports that not exactly one of the keys is there.
func (s Section) OneOf(keys ...string) {
	n := 0
	for _, key := range keys {
		if s.Has(key) {
			n++
		}
	}
	switch {
	case n == 0:
		s.At().Errorf("missing-key", "needs one of %s", strings.Join(keys, ", "))
	case n > 1:
		s.At().Errorf("value", "only one of %s can be given", strings.Join(keys, ", "))
	}
}

// Timeout reads how long one attempt may take. The dispatcher gives up after 30
// seconds.
func (s Section) Timeout() time.Duration {
	c := s.Get("timeout")
	d := c.Duration(DefaultTimeout, time.Millisecond)
	if d > 30*time.Second {
		c.Must("be at most 30s")
	}
	return d
}

// Value is the value of a header: a text, or what a file holds.
type Value struct{ Text, File string }

// Read returns the value and whether it is a secret.
func (v Value) Read() (text string, secret bool, err error) {
	if v.File == "" {
		return v.Text, false, nil
	}
	text, err = Secret(v.File)
	if err == nil && strings.ContainsFunc(text, unicode.IsControl) {
		err = BadSecret(fmt.Errorf("%s has several lines or control characters, which no header can have", v.File))
	}
	return text, true, err
}

var (
	headerName   = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_|~-]+$`)
	secretHeader = regexp.MustCompile(`(?i)authorization|token|secret|api-?key|password|cookie`)
)

// ReadHeaders returns the values of headers, and those of them that are secrets.
func ReadHeaders(values map[string]Value) (head http.Header, secrets []string, err error) {
	head = http.Header{}
	for name, v := range values {
		text, secret, err := v.Read()
		if err != nil {
			return nil, nil, err
		}
		head.Set(name, text)
		if secret {
			secrets = append(secrets, text)
		}
	}
	return head, secrets, nil
}

// Headers reads a mapping of headers.
func (s Section) Headers(key string) map[string]Value {
	out := map[string]Value{}
	for _, e := range s.Get(key).Map().Entries() {
		switch {
		case !headerName.MatchString(e.Name()):
			e.Key.Errorf("value", "%q is not the name of a header", e.Name())
		case e.Value.IsMap():
			m := e.Value.Map()
			out[e.Name()] = Value{File: s.path(m.Need("file"))}
			m.Done()
		case secretHeader.MatchString(e.Name()):
			e.Key.Errorf("secret", "secrets are read from files: write %s: {file: ...}", e.Name())
		default:
			out[e.Name()] = Value{Text: e.Value.Name()}
		}
	}
	return out
}
