// Package snapshot holds what metrics, pages and the API show: one immutable
// value that the sequencer publishes after each commit. Readers never wait and
// nothing is computed when they read.
package snapshot

import (
	"time"

	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Snapshot is the state of the daemon at one moment. It must not be changed.
type Snapshot struct {
	Ready    bool
	Reason   string        // why it is not ready, or what is wrong
	Monitors []Monitor     // by name
	Streams  []Stream      // by name
	Alerts   []rules.Alert // pending and firing, then the newest resolved
	Rules    []Rule
	Revision string // of the rule files
	Outbox   int    // events that wait to be delivered
	Store    Store
	Group    *Group // nil: this process is alone
	Reload   Reload
	Notified []Receiver
	Memory   Memory
}

// Group is the processes that share the monitors.
type Group struct {
	Name      string
	Elsewhere []string // monitors that other processes have
}

// Memory is what the daemon takes of it, in bytes.
type Memory struct {
	Live     uint64 // on the heap after the newest collection
	Estimate int64  // that open windows can take at most
	Limit    int64  // memory.limit
}

// Store is the file in which the state is kept.
type Store struct {
	Bytes    int64  // of the file
	Free     int64  // of them, to be used again
	Failures uint64 // attempts to write to it that failed
	Fault    string // why nothing can be written to it, or ""
}

// Monitor is one monitor.
type Monitor struct {
	Name         string
	Stream       string
	Fields       int
	WindowSize   time.Duration // 0 where windows count rows
	Window       string        // their shape in words
	ComparedWith string        // the configured reference, in words; "" without one
	Reference    string        // hash; "" without one
	Pinned       *Pinned       // nil: the configured reference holds
	WindowsTotal uint64
	Late         uint64
	Amended      uint64               // of the late records: those in time to amend closed windows
	Unrevised    uint64               // windows that late records could not amend
	MaxSeries    int                  // that are exported of its newest window; 0: all
	LeftOut      int                  // series that it has beyond that
	Windows      []*checks.Window     // what may be shown of the newest ones, oldest first
	Newest       *checks.Window       // of the last of them, what the monitor has: not what it had then; nil: there are none
	Redaction    checks.Redaction     // holds for older ones, too
	Evaluations  [][]rules.Evaluation // of the newest windows by each rule, oldest window first
	Open         *Open                // nil: nothing is being filled
}

// Open is the pane that closes next.
type Open struct {
	Start, End window.Time
	Closes     window.Time // where every watermark has to be
	Watermark  window.Time // of the slowest partition that is waited for
}

// Progress is how far the watermark is, in [0, 1].
func (o *Open) Progress() float64 {
	if o.Watermark <= o.Start || o.Closes <= o.Start {
		return 0
	}
	return min(1, float64(o.Watermark-o.Start)/float64(o.Closes-o.Start))
}

// Pinned is a window that somebody accepted as a monitor's reference.
type Pinned struct {
	Window    window.Time // its end
	Reference string      // hash
}

// Last returns the newest window, or nil.
func (m *Monitor) Last() *checks.Window {
	if len(m.Windows) == 0 {
		return nil
	}
	return m.Windows[len(m.Windows)-1]
}

// Stream is one stream.
type Stream struct {
	Name       string
	Topic      string
	Records    uint64
	Bytes      uint64
	Lost       uint64
	Errors     map[string]uint64 // by reason
	Partitions []Partition
	Samples    []Sample // newest last
	Problem    string   // what keeps it from being read, or ""
}

// Partition is where one partition of a stream is.
type Partition struct {
	ID        int
	Next      int64
	End       int64
	Watermark window.Time
	Newest    window.Time // newest event time read, ahead records left out
	Idle      bool
}

// Lag is the number of records between the reader and the log's end.
func (p Partition) Lag() int64 { return max(0, p.End-p.Next) }

// Sample is a record that could not be used.
type Sample struct {
	Partition int       `json:"partition"`
	Offset    int64     `json:"offset"`
	Timestamp time.Time `json:"timestamp"` // Kafka's
	Read      time.Time `json:"-"`         // when it came here
	Reason    string    `json:"reason"`
	Detail    string    `json:"detail"`
	Payload   string    `json:"payload"` // its beginning, printable
}

// Rule is one rule and what it did last.
type Rule struct {
	Group    string   `json:"group"`
	Alert    string   `json:"alert"`
	Monitors []string `json:"monitors"` // that it is for, by name
	Severity string   `json:"severity"`
	When     string   `json:"when"`    // in words
	Windows  string   `json:"windows"` // in how many it has to hold, such as 2 or 2 of 5
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Pending  int      `json:"pending"`
	Firing   int      `json:"firing"`
}

// Reload is the outcome of the newest load of the configuration.
type Reload struct {
	OK      bool
	At      time.Time // of the newest success
	Files   []string  // that were read then
	Page    string    // where people find the page, without a slash at the end; "" if they did not say
	Flaws   []string  // that were found in them
	Refused time.Time // of the newest failure, if it came after
	Error   string    // of that
}

// Failure is an attempt to deliver a message that failed.
type Failure struct {
	Monitor, Alert string // of its first event
	At             time.Time
}

// Receiver counts what was sent to one receiver.
type Receiver struct {
	Name       string
	Sent       uint64             // messages
	Failures   map[string]uint64  // attempts, by reason
	Newest     map[string]Failure // of them, by reason
	Superseded uint64             // events that a later change of their alert overtook before they could be sent
	Suppressed uint64             // events that would have said again what was said, or that nobody was to be told of
	Dropped    uint64             // events that were too many to wait
	Quiet      map[string]string  // by fingerprint of a firing alert, why nobody is told now
	Problem    string             // why the newest attempt failed, or ""
	NoPictures string             // why messages lack their pictures, or ""
}
