package rules

import (
	"driftwatch/internal/yamlx"
	"driftwatch/monitors/checks"
)

// The classes of rules say what an alert is for: a problem of the schema stops a
// pipeline, other values call for a new training, lost performance for both.
const (
	Schema      = string(checks.ClassSchema)
	Values      = string(checks.ClassValues)
	Performance = string(checks.ClassPerformance)
)

// readClass reads the class of a rule; without one it is that of its checks.
func readClass(c yamlx.Cursor, when *Condition) string {
	return c.OneOf(when.class(), Schema, Values, Performance)
}

// class is Schema if any of the checks is about the form of the data: what else
// is found in data of the wrong form means little.
func (c *Condition) class() string {
	if c.NoData > 0 {
		return Schema
	}
	found := Values
	for _, leaf := range c.leaves() {
		switch check, _ := lookup(leaf.Check); check.Class {
		case checks.ClassSchema:
			return Schema
		case checks.ClassPerformance:
			found = Performance
		}
	}
	return found
}
