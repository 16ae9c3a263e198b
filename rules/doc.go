// Package rules is the language in which a team says when it wants to be told:
// it reads rule files, checks them, and steps each rule's state from one closed
// window to the next. It is pure. It knows no clock, no store and no receiver:
// the same windows give the same alerts, live and in a replay.
//
// A rule asks a condition of each closed window: of each of its fields by
// itself, or once where the condition is about rows or about a share of fields;
// and in each of its segments. The answer is yes, no, or that it cannot be told
// (see Program.Step). After `windows` times yes in a row, not counting what
// cannot be told, an alert fires; until then it is pending. A pending alert ends
// silently at the first no. A firing one resolves at the first no or, with
// `resolve`, when that threshold is met. With `windows: {m, of}` it is pending as
// long as it can still fire, and fires as long as m of the newest answers are yes.
//
// Some conditions compare with earlier windows, which Step is given a way to. One
// asks the clock whether windows still close: it is no part of Step, see Tick.
//
// Thresholds are compared with what is certain. A result is a value and bounds
// low <= truth <= high: "above 0.2" holds if low is above 0.2, and "below 0.1" if
// high is below 0.1.
//
// The state of a rule is bound to a digest of what decides when it fires: its
// name, condition, windows, resolve and min_rows. A reload that changes these
// starts anew; one that changes severity, labels or annotations does not. An
// alert that was firing under a rule that is gone gets its resolve.
package rules
