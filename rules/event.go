package rules

import (
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// The states of an alert. Inactive alerts are not kept.
const (
	Pending  = "pending"
	Firing   = "firing"
	Resolved = "resolved"
)

// Alert is one rule's state for one field of one segment of one monitor. All
// times are event times.
type Alert struct {
	Fingerprint string              `json:"fingerprint"` // identifies rule, monitor, segment and field
	Name        string              `json:"alert"`
	Monitor     string              `json:"monitor"`
	Segment     string              `json:"segment"`
	Field       string              `json:"field"`
	Check       string              `json:"check"`
	When        string              `json:"when,omitempty"` // the rule's condition in words
	Severity    string              `json:"severity"`
	State       string              `json:"state"`
	Result      checks.Result       `json:"result"`                 // of the newest window that was judged
	Against     string              `json:"against,omitempty"`      // the earlier windows that a rule on change compares with, in words
	Moved       []checks.Move       `json:"moved,omitempty"`        // of the field, where it drifted
	ExplainedBy *checks.Explanation `json:"explained_by,omitempty"` // the segment that makes up most of it
	Redacted    bool                `json:"redacted,omitempty"`     // values are left out
	WindowStart window.Time         `json:"window_start"`
	WindowEnd   window.Time         `json:"window_end"`
	Since       window.Time         `json:"since"`             // end of the first window of the run that led to the state
	Fired       *window.Time        `json:"fired,omitempty"`   // end of the window in which it fired
	EndsAt      *window.Time        `json:"ends_at,omitempty"` // end of the window that resolved it
	Labels      map[string]string   `json:"labels,omitempty"`
	Annotations map[string]string   `json:"annotations,omitempty"`
}

// Event is a change of an alert that people are to be told: it fired or it
// resolved.
type Event struct {
	ID    uint64 `json:"id"` // ascending, given by the store
	Alert Alert  `json:"alert"`
}
