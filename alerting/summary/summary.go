// Package summary makes the digest that people get once a day or a week: which
// monitors drifted, how often each rule fired and for how long, which rules fire
// too often or never, who silenced what. It is pure: it is given what was found in
// a time, and knows no clock, no store and no receiver. (Package monitors/digest
// is something else: a window in few bytes.)
//
// The time that a digest is about is that of the clock: all that was found in it,
// whatever its event time. So two digests of neighbouring times miss nothing and
// say nothing twice, however late windows close. How long alerts fired is event
// time, as everywhere.
package summary

import (
	"time"

	"driftwatch/internal/history"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Input is what a digest is made of.
type Input struct {
	Name      string
	From, To  time.Time
	Monitors  []Monitor // by name
	Silences  []Silence
	Receivers []Receiver
	Elsewhere int  // monitors that other processes of the group have
	Some      bool // only some monitors were asked for
}

// Monitor is what was found of a monitor.
type Monitor struct {
	Name    string
	Rules   []*rules.Rule   // in use
	Known   time.Time       // since when its history is kept; zero: there is none
	Before  window.Time     // end of the newest window that was found before From, or window.None
	Windows []Window        // that were found from From on and before To, oldest first
	Changes []history.Entry // of alerts, found from From on, those after To too; oldest first
	Earlier map[string]bool // names of alerts that changed before From
	Firing  []rules.Alert   // as they are after the newest of Changes
}

// Window is what a digest needs of a closed window.
type Window struct {
	End      window.Time
	Rows     uint64
	Drift    bool     // some verdict was drift
	Broken   bool     // some limit that a user wrote was broken
	Fields   []string // that drifted, of the whole stream
	Breaking []string // that broke a limit, of the whole stream
}

// Silence is one that held in a part of the time.
type Silence struct {
	ID        string    `json:"id"`
	Matchers  []string  `json:"matchers"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	CreatedBy string    `json:"created_by"`
	Comment   string    `json:"comment"`
	Matched   int       `json:"matched"` // alerts that fired while it held
	Alerts    []string  `json:"alerts"`  // their names, with their monitors

	Match func(*rules.Alert) bool `json:"-"`
}

// Receiver is someone who was not told of everything.
type Receiver struct {
	Name    string `json:"name"`
	Dropped uint64 `json:"dropped"`           // events that were too many to wait, since the process began
	Problem string `json:"problem,omitempty"` // why the newest attempt failed
}

// Digest is what people are told.
type Digest struct {
	Name     string          `json:"name"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Known    *time.Time      `json:"known_since,omitempty"` // where the history begins; nil: there is none
	URL      string          `json:"url,omitempty"`         // of the page
	Totals   Totals          `json:"totals"`
	Monitors List[Drifted]   `json:"monitors"`  // that drifted, or broke limits
	Rules    List[Fired]     `json:"rules"`     // that fired
	TooOften List[TooOften]  `json:"too_often"` // rules
	Silent   List[Silent]    `json:"silent"`    // monitors without windows
	Quiet    List[QuietRule] `json:"quiet"`     // rules that did not fire
	Silences List[Silence]   `json:"silences"`
	Troubled []Receiver      `json:"receivers"`
}

// Totals are counted over everything, also what the lists leave out.
type Totals struct {
	Monitors  int    `json:"monitors"`
	Drifted   int    `json:"drifted"` // of them
	Windows   int    `json:"windows"`
	Rows      uint64 `json:"rows"`
	Fired     int    `json:"fired"`  // how often alerts did
	Firing    int    `json:"firing"` // alerts that fire at the end
	Rules     int    `json:"rules"`
	Quiet     int    `json:"quiet"`               // of them
	Elsewhere int    `json:"elsewhere,omitempty"` // monitors of other processes, of which this one knows nothing
}

// List is the most important of several things, and how many there are more.
type List[T any] struct {
	Top  []T `json:"top"`
	More int `json:"more,omitempty"`
}

// most bounds each list.
const most = 100

func listOf[T any](all []T) List[T] {
	n := min(most, len(all))
	return List[T]{Top: append([]T{}, all[:n]...), More: len(all) - n}
}

// Drifted is a monitor that drifted.
type Drifted struct {
	Monitor string  `json:"monitor"`
	Windows int     `json:"windows"`
	Drifted int     `json:"drifted"` // of the windows
	Broken  int     `json:"broken"`  // of the windows broke a limit
	Rows    uint64  `json:"rows"`
	Fields  []Field `json:"fields"` // the worst of them first
	More    int     `json:"more_fields,omitempty"`
}

// Field is in how many windows a field drifted or broke a limit.
type Field struct {
	Field   string `json:"field"`
	Windows int    `json:"windows"`
}

// Fired is a rule that fired in a monitor.
type Fired struct {
	Monitor  string  `json:"monitor"`
	Alert    string  `json:"alert"`
	Severity string  `json:"severity"`
	Fired    int     `json:"fired"`           // how often
	Alerts   int     `json:"alerts"`          // fields and segments in which it fired
	Seconds  float64 `json:"firing_seconds"`  // for how long any of its alerts did
	Longest  float64 `json:"longest_seconds"` // of one alert
	Where    Where   `json:"longest"`         // and which
	Firing   int     `json:"firing"`          // alerts that fire at the end
	Gone     bool    `json:"gone,omitempty"`  // the rule is no longer in use
}

// Where is what an alert is about.
type Where struct {
	Segment string `json:"segment"`
	Field   string `json:"field"`
}

// The reasons why a rule fires too often.
const (
	Flaps  = "flaps"  // an alert of it comes and goes
	Always = "always" // it fires more often than not
)

// TooOften is a rule that fires too often for anybody to look.
type TooOften struct {
	Monitor   string   `json:"monitor"`
	Alert     string   `json:"alert"`
	Reason    string   `json:"reason"`
	Where     Where    `json:"where"`       // the worst alert, of Flaps
	Fired     int      `json:"fired"`       // how often that alert did
	OneWindow int      `json:"one_window"`  // of these for one window only
	Firing    int      `json:"firing"`      // windows in which the rule did
	Windows   int      `json:"windows"`     // of so many
	Try       []string `json:"suggestions"` // keys of a rule, with a value where there is a good one
}

// Silent is a monitor without windows.
type Silent struct {
	Monitor string       `json:"monitor"`
	Last    *window.Time `json:"last_window,omitempty"` // end of the newest one; nil: there is none
}

// QuietRule is a rule that did not fire, though its monitors had windows.
type QuietRule struct {
	Group    string `json:"group"`
	Alert    string `json:"alert"`
	Monitors int    `json:"monitors"`
	Earlier  bool   `json:"earlier"` // it did before, as far as the history goes
}
