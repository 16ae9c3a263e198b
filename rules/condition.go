package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"driftwatch/internal/yamlx"
)

// Condition is what must hold of a window, or of the time without one. Exactly one
// of Check, Any, All, Share and NoData is set.
type Condition struct {
	Check string
	Test  Test // of Check

	Any []Condition
	All []Condition

	Share *Condition // of one check: the share of fields for which it holds
	Over  Threshold  // of that share

	NoData time.Duration `json:",omitempty"` // no window closed for so long

	ofRows bool // Check is of rows and not of a field
	at     yamlx.Cursor
}

// Test is what is asked of one result. Exactly one part is set.
type Test struct {
	Threshold
	PBelow *float64 // the p-value is below
	Drift  bool     // the calibrated verdict
	Change *Change  `json:",omitempty"` // against earlier windows
}

// Threshold compares a value. At most one part is set.
type Threshold struct {
	Above   *float64
	Below   *float64
	Outside *[2]float64
}

// complete reports whether everything in the condition could be read.
func (c *Condition) complete() bool {
	return !slices.ContainsFunc(c.leaves(), func(leaf *Condition) bool { return leaf.Check == "" })
}

// leaves are the conditions on one check, in the order of the file.
func (c *Condition) leaves() []*Condition {
	switch {
	case c.NoData > 0:
		return nil
	case c.Share != nil:
		return []*Condition{c.Share}
	case c.Any == nil && c.All == nil:
		return []*Condition{c}
	}
	var list []*Condition
	for _, part := range [][]Condition{c.Any, c.All} {
		for i := range part {
			list = append(list, part[i].leaves()...)
		}
	}
	return list
}

// perField reports whether the condition is asked of each field by itself.
func (c *Condition) perField() bool { return c.Share == nil && c.usesFields() }

// usesFields reports whether any part of the condition is about fields.
func (c *Condition) usesFields() bool {
	return slices.ContainsFunc(c.leaves(), func(leaf *Condition) bool { return !leaf.ofRows })
}

// String is the condition in words.
func (c Condition) String() string {
	switch {
	case c.NoData > 0:
		return "no window for " + yamlx.FormatDuration(c.NoData)
	case c.Share != nil:
		return fmt.Sprintf("share of fields with %s is %s", c.Share, c.Over)
	case c.Any != nil:
		return join(c.Any, " or ")
	case c.All != nil:
		return join(c.All, " and ")
	case c.Test.Drift:
		return c.Check + " drifts"
	case c.Test.PBelow != nil:
		return c.Check + " has p below " + number(*c.Test.PBelow)
	case c.Test.Change != nil:
		return c.Test.Change.of(c.Check)
	}
	return c.Check + " is " + c.Test.Threshold.String()
}

// String is the comparison in words.
func (t Threshold) String() string { return t.words(number) }

// words is String with numbers written by write.
func (t Threshold) words(write func(float64) string) string {
	switch {
	case t.Above != nil:
		return "above " + write(*t.Above)
	case t.Below != nil:
		return "below " + write(*t.Below)
	case t.Outside != nil:
		return "outside " + write(t.Outside[0]) + " to " + write(t.Outside[1])
	}
	return "anything"
}

func join(list []Condition, word string) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = c.String()
		if c.Any != nil || c.All != nil {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, word)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
