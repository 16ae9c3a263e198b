// Package checks compares the profiles of one window with those of its
// reference and says what changed, how sure that is, and whether it deserves
// attention. A check is a pure function of what it is given: it knows no clock,
// no records and no other window than those in its input.
//
// Each check has a file of its name, with its row of the table All, and a page
// in docs/checks. What several checks need stands in files named for it.
package checks

import (
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// Check is one row of the table All.
type Check struct {
	Name           string
	Kinds          []profile.Kind // of the fields it fits; nil: it is of a segment, not of a field
	Floor          float64        // the least effect that deserves attention; 0: the check gives no verdict
	Summary        string         // one line for lists and docs
	Unit           Unit           // of the value
	Range          Range          // of the value
	Class          Class          // of rules on it; "": ClassValues
	NeedsReference bool           // without one it is skipped
	Whole          bool           // without a field: it is of the whole stream, not of its segments
	Params         []Param        // that it takes
	Compute        func(in Input) Result
	Lacks          func(l Limits) string // why a field with these limits gives no result; nil: the check needs none
}

// Class is what is wrong where a check finds something.
type Class string

// The classes.
const (
	ClassSchema      Class = "schema"      // the form of the data, or whether it comes
	ClassValues      Class = "values"      // what is in it
	ClassPerformance Class = "performance" // what the model makes of it
)

// Unit is the unit of a check's value.
type Unit string

// The units of values.
const (
	Ratio    Unit = ""         // a number without a unit
	Share    Unit = "share"    // of rows or values, in [0, 1]
	Rows     Unit = "rows"     // a count of rows
	Values   Unit = "values"   // a count of values
	Seconds  Unit = "seconds"  // an age
	Nats     Unit = "nats"     // information, by the natural logarithm
	OfField  Unit = "field"    // that of the field's values, which it tells of; of a timestamp seconds
	Distance Unit = "distance" // in [0, 1], 0 for equal samples
)

// Range is what a value is at least and at most. The infinities are no bounds.
type Range struct{ Least, Greatest float64 }

// Limits are what the user promised of a field. Beyond them is a violation,
// whatever the statistics say.
type Limits struct {
	Min, Max         *float64 // of present values; either makes the range
	Nulls, Missing   *float64 // greatest share of the rows
	Allowed, Pattern bool     // a list of values, a pattern, is declared
}

// Input is what a check is computed from: the profiles of a field, or for a
// check without a field the counts of a segment.
type Input struct {
	Reference, Current *profile.Profile // Reference nil: there is none
	NoReference        string           // why there is none; "": no reason but that
	Params             Params
	Limits             Limits
	Alpha              float64 // the chance that the interval of a change may miss it; 0: 0.001
	Shared             *Shared // of all checks of these two profiles; nil: nothing is shared

	Rows, UnknownRows                   uint64 // of the segment: all, and those with undeclared fields
	ReferenceRows, ReferenceUnknownRows uint64 // the same of the reference; ReferenceRows 0: not known
	Start, End                          window.Time
	History                             []Past            // earlier windows of the monitor, oldest first
	Cut                                 []Cut             // of the window, by partition
	IDs                                 *profile.IDCounts // nil: the stream has no ids
}

// Past is an earlier window.
type Past struct {
	Start window.Time
	Rows  uint64
}
