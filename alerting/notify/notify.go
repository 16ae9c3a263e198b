// Package notify is what the packages below it, one for each kind of receiver,
// have in common: how a kind describes itself to the configuration, and how
// requests are sent, failures classified and secrets kept out of them. It knows
// none of the kinds; alerting/receivers lists them.
package notify

import (
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
}

// Options make a receiver. New opens and connects to nothing.
type Options interface {
	New() (alerting.Receiver, error)
}

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

// FileAt reads such a path at c.
func (s Section) FileAt(c yamlx.Cursor) string { return s.path(c) }
