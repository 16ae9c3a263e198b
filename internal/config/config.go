// Package config reads driftwatch.yaml and every file that it names into one
// checked value with defaults, or says everything that is wrong with them. It
// opens files and nothing else: no broker, no store.
package config

import (
	"path"
	"slices"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/internal/watch"
	"driftwatch/internal/yamlx"
	"driftwatch/monitors"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/source"
	"driftwatch/rules"
)

// Config is a whole configuration. Paths in it are absolute or relative to the
// working directory, never to a file.
type Config struct {
	File      string   // as Load was given it
	Files     []string // all files that were read, File first
	Kafka     Kafka
	Store     Store
	Web       Web
	Streams   []monitors.Stream
	Monitors  []monitors.Spec
	Rules     *rules.Set
	RuleFiles []string // those of Files that have rules
	Alerting  Alerting
	Memory    Memory
	Metrics   Metrics
	Reload    Reload
}

// Kafka says where the streams are.
type Kafka struct {
	Brokers    []string
	Group      string        // "": take all monitors
	Session    time.Duration // how long a process of the group may be silent
	StateTopic string        // where what moves with monitors is kept
	Start      source.Start
	TLS        *TLS  // nil: plain text
	SASL       *SASL // nil: none
}

// TLS are the files of a TLS connection. All may be "": the system's
// authorities, no client certificate, the broker's own name.
type TLS struct {
	CAFile     string
	CertFile   string
	KeyFile    string
	ServerName string
}

// SASL is how to log in to the brokers.
type SASL struct {
	Mechanism    string // plain | scram-sha-256 | scram-sha-512
	Username     string
	PasswordFile string
}

// Store says where state is kept and how long.
type Store struct {
	Path      string
	Retention time.Duration // of results, counted back from a monitor's newest window
	Profiles  time.Duration // of profiles of closed windows; 0: none are kept
	// Maintenance is the cron expression, in UTC, of when the file is made smaller.
	Maintenance string
}

// Web is the daemon's own page, metrics and API.
type Web struct {
	Listen     string
	ConfigFile string // Prometheus web-config file, or ""
	// ExternalURL is where people find the page, for links in messages; ""
	// leaves them out.
	ExternalURL string
	Backup      bool // the store may be fetched
}

// Alerting says who is told what. Without receivers alerts are only shown.
type Alerting struct {
	Route     *alerting.Route // nil without receivers
	Inhibit   []alerting.Inhibit
	Receivers []Receiver
	Digests   []Digest
	Limit     int // of events that wait for one receiver
}

// Digest is a summary that a receiver gets again and again.
type Digest struct {
	Name     string
	Receiver string
	Cron     string
	Next     func(time.Time) time.Time // of Cron, in UTC
	For      time.Duration             // that it is about; 0: since the one before
	Monitors []string                  // names and globs; nil: all
}

// About reports whether the digest is about a monitor.
func (d *Digest) About(monitor string) bool {
	return d.Monitors == nil || slices.ContainsFunc(d.Monitors, func(glob string) bool {
		ok, err := path.Match(glob, monitor)
		return ok && err == nil
	})
}

// Receiver is someone who is told.
type Receiver struct {
	Name     string
	Kind     string
	Options  notify.Options // of its kind
	Settings alerting.Settings
}

// Memory is what open windows may take and what they can take at most.
type Memory struct {
	Limit    int64
	Estimate int64
}

// Metrics bounds what is exported.
type Metrics struct {
	MaxSeries int // of each monitor that says nothing else; 0: the default
}

// Reload says when the configuration is loaded anew without being asked.
type Reload struct {
	Watch time.Duration // between looks at the files; 0: nobody looks
}

// ReferenceFile is what a profile file holds.
type ReferenceFile struct {
	Kinds    map[string]profile.Kind // of its fields
	Segments []string                // names
}

// Options are what Load and Lint need from elsewhere.
type Options struct {
	// ReferenceFile returns what a profile file holds, or nil for a data file. If
	// it is nil, references are only looked for, not opened.
	ReferenceFile func(path string) (*ReferenceFile, error)
	// Schedule reports what is wrong with a cron expression. If it is nil, they are
	// not looked at.
	Schedule func(expression string) error
	// MissingReferences lets reference files be absent, for the command that
	// makes them.
	MissingReferences bool
	// MissingSecrets lets files of secrets be absent, for commands that send
	// nothing.
	MissingSecrets bool
	// Rules are files and directories of rules that take the place of those that
	// the configuration names; nil: none do.
	Rules []string
	// Sum, unless nil, is told by Lint what each configuration amounts to, a note and
	// no problem, if nothing is an error.
	Sum func(yamlx.Diagnostic)
	// Files, unless nil, gets a note of each file and glob that is looked at.
	Files *watch.Files
}
