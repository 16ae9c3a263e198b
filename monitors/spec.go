// Package monitors is a monitor: what is watched (Spec), the panes that its
// records are counted in, and how closed windows become results. It knows no
// Kafka, no store and no clock.
package monitors

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// Stream is a topic and how its records are read.
type Stream struct {
	Name     string
	Topic    string
	Format   string        // a key of decode.Formats
	Time     *TimeField    // nil: the Kafka timestamp is the event time
	MaxAhead time.Duration // a record further ahead of its Kafka timestamp is an error
	ID       string        // path of the record's id, or ""
	Samples  bool          // keep a few undecodable records for people to see
}

// TimeField says where a record's event time stands.
type TimeField struct {
	Field  string
	Layout string // Go layout; "" means Unix seconds, ms, us, ns by magnitude, or RFC 3339
}

// Spec is one monitor as its file declares it, checked and with defaults.
type Spec struct {
	Name          string
	Stream        string
	Where         []Condition // all must hold
	Window        Window
	Segments      [][]string // field names; the whole stream is always there too
	MaxSegments   int        // kept by name for each entry of Segments; the rest is "other"
	Reference     Reference
	Checks        []Check // empty: all that fit the field's type
	Fields        []Field
	UnknownFields bool    // report them
	Alpha         float64 // of the verdict
	Buckets       int     // cap of each field's histogram
	MaxSeries     int     `json:"-"` // exported of a window; the spec's hashes are of what is computed
}

// Condition lets only records pass whose field equals the value.
type Condition struct {
	Field string
	Value string // a JSON number's literal, "true" or "false"
}

// Window is the shape of a monitor's windows: of a size, or by count.
type Window struct {
	Size     time.Duration  // of windows; 0 where they count rows
	Rows     uint64         // that a window holds at least; 0 where it has a size
	Pane     time.Duration  // windows are made of whole ones: how often a window ends
	Zone     *time.Location // whose midnights panes begin at; nil: they are counted from the Unix epoch
	Lateness time.Duration
	Amend    time.Duration // beyond Lateness: how long late records amend closed windows; 0: they do not
	Idle     time.Duration
	MaxOpen  int // panes that a partition may be ahead of the slowest one
}

// LatePanes bounds the panes that a partition holds late records of, until it hands
// them over.
const LatePanes = 8

// String says it in words: 1h, 1h every 5m, 1d in Europe/Berlin, 10000 rows.
func (w Window) String() string {
	if w.Rows > 0 {
		return fmt.Sprintf("%d rows", w.Rows)
	}
	s := yamlx.FormatDuration(w.Size)
	if w.Pane < w.Size {
		s += " every " + yamlx.FormatDuration(w.Pane)
	}
	if w.Zone != nil {
		s += " in " + w.Zone.String()
	}
	return s
}

// Shape returns the windows in event time.
func (w *Window) Shape() window.Shape {
	s := window.Shape{Grid: window.Grid{Size: w.Pane, Zone: w.Zone}, Rows: w.Rows, Lateness: w.Lateness, Amend: w.Amend, MaxOpen: w.MaxOpen}
	if w.Rows == 0 {
		s.Panes = int(w.Size / w.Pane)
	}
	return s
}

// Reference says where a monitor's reference comes from, in one of these ways.
// Zero: it has none.
type Reference struct {
	File      string        // absolute path of a profile or data file
	Trailing  time.Duration // the windows of so long before the one that is judged
	SkipDrift bool          // Trailing: without windows in which anything drifted
	Offset    time.Duration // the window that ended so much earlier
	First     int           // the monitor's first so many windows
	Segment   []Condition   // the segments of the same window that have these values
}

// IsZero reports whether the monitor has no reference.
func (r *Reference) IsZero() bool {
	return r.File == "" && r.Trailing == 0 && r.Offset == 0 && r.First == 0 && len(r.Segment) == 0
}

// NamedValues lists the values of a field that the monitor's file names: their
// segments are kept beside those that MaxSegments bounds.
func (s *Spec) NamedValues(f *Field) []string {
	values := slices.Clone(f.Allowed)
	for _, c := range s.Reference.Segment {
		if c.Field == f.Name && !slices.Contains(values, c.Value) {
			values = append(values, c.Value)
		}
	}
	return values
}

// Redaction is the fields whose values are not shown.
func (s *Spec) Redaction() checks.Redaction {
	var r checks.Redaction
	for i := range s.Fields {
		if !s.Fields[i].Redact {
			continue
		}
		if r == nil {
			r = checks.Redaction{}
		}
		r[s.Fields[i].Name] = true
	}
	return r
}

// Check is a check that a monitor asks for, with its parameters.
type Check struct {
	Name string
	checks.Params
}

// Field is one monitored field.
type Field struct {
	Name    string // path in the record
	Type    profile.Kind
	Role    string   // feature | prediction | label | metadata
	Min     *float64 // promise: present values are at least this
	Max     *float64
	Nulls   *float64 // promise: the share of nulls is at most this
	Missing *float64 // promise: the share of missing is at most this
	Allowed []string // promise: present values are among these; nil: any
	Pattern *regexp.Regexp
	Coerce  bool    // "12" in a number field is 12
	Redact  bool    `json:",omitempty"` // no value of it is shown; omitted, so that the spec's hashes stay
	Checks  []Check // empty: the monitor's
}

// Limits is what is promised of the field.
func (f *Field) Limits() checks.Limits {
	return checks.Limits{
		Min: f.Min, Max: f.Max, Nulls: f.Nulls, Missing: f.Missing,
		Allowed: f.Allowed != nil, Pattern: f.Pattern != nil,
	}
}

// Roles of a field.
const (
	Feature    = "feature"
	Prediction = "prediction"
	Label      = "label"
	Metadata   = "metadata"
)
