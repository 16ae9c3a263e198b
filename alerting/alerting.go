// Package alerting tells people what the rules found. A Dispatcher reads the
// outbox that the rules' state is committed with, groups its events into
// messages, sends them, tries again what failed and acknowledges what was
// delivered. It decides nothing about alerts: it knows no windows, no rules and
// no store, and writes only acknowledgements and what is to be remembered of them.
//
// What it promises: each change of an alert reaches its receiver at least once
// and in order, across restarts, save what people asked to be left out; nothing
// is knowingly sent twice; a receiver that is down delays no other.
package alerting

import (
	"context"
	"fmt"
	"time"

	"driftwatch/rules"
)

// Outbox holds the events that receivers are still to be told of. It is
// written together with the state of the rules; acknowledgements are all that
// this package asks it to change.
type Outbox interface {
	// Pending returns up to limit events that the receiver has not
	// acknowledged, in ascending order of ID. It does not wait for any.
	Pending(ctx context.Context, receiver string, limit int) ([]rules.Event, error)
	// Ack records that the receiver is done with the events, and what is to be
	// remembered of it: both or neither. They are never pending for it again, also
	// after a crash, once Ack has returned nil. The memory is the parts that
	// changed, by monitor, or under "" what belongs to several; nil forgets a part.
	Ack(ctx context.Context, receiver string, ids []uint64, memory map[string][]byte) error
	// Memory returns the newest parts, those that came with monitors from other
	// processes too.
	Memory(receiver string) (map[string][]byte, error)
	// Changed returns a channel that is closed when the next events are
	// committed. One taken before Pending misses nothing.
	Changed() <-chan struct{}
}

// Receiver delivers messages to one place where people look.
type Receiver interface {
	// Notify returns what the receiver said once it accepted m: a line for people,
	// or "". It is called by one goroutine at a time. An *Error says how to go on;
	// other errors count as passing ones. It must return soon after ctx ends and
	// write no secrets into answers and errors.
	Notify(ctx context.Context, m Message) (answer string, err error)
}

// Refresher is a Receiver that forgets an alert of which it hears no more. It is
// told of firing ones this often, whatever a route says of reminders.
type Refresher interface{ Refresh() time.Duration }

// Rememberer is a Receiver that has to know of its messages later. What it knows is
// kept over restarts, and goes along with a monitor to another process.
type Rememberer interface {
	// Remember returns what is to be kept, by monitor, or under "" what is of several:
	// JSON of a bounded size, without secrets. It is called after Notify.
	Remember() map[string][]byte
	// Recall takes what was kept, in place of all that it knows. What cannot be read
	// is left out, and the error says why. It is called before Notify.
	Recall(kept map[string][]byte) error
}

// Illustrator is a Receiver that adds pictures to messages after it has told
// them: no picture is a reason to tell something later, or twice.
type Illustrator interface {
	// Illustrate adds what is due. It returns how many pictures it added and when
	// there is more to do, or zero. It is called beside Notify, after messages and
	// when it said; an error says why pictures are missing and holds up nothing.
	Illustrate(ctx context.Context) (added int, next time.Time, err error)
}

// Message is what is sent at once: the events of one window and one group.
type Message struct {
	Receiver   string        // its name in the configuration
	Group      []Label       // what the events have in common, in the order of the route's GroupBy
	Events     []rules.Event // ascending by ID, at most one of an alert
	Repeat     bool          // a reminder of alerts that still fire; its events have no ID
	Superseded int           // earlier changes of these alerts that were overtaken before they could be sent
	URL        string        // of the page to look at, or ""

	// Picture draws the field of an alert as it was in the alert's window: a PNG, or
	// nil where there is nothing to show. It is nil itself if there are no pictures.
	Picture func(ctx context.Context, a *rules.Alert) []byte
}

// Label is a name and its value.
type Label struct{ Name, Value string }

// Settings are what a receiver is told of.
type Settings struct {
	// Cooldown is how long nothing more is said of an alert's name in a monitor
	// once it was said that it fires; 0: no time.
	Cooldown time.Duration
	FireOnly bool // ends are not told
}

// Kind says what a failure means for the next attempt.
type Kind uint8

// The kinds of failures.
const (
	Passing   Kind = iota // the receiver cannot take messages now: try again soon, then less often
	Permanent             // someone has to change something (a revoked token): try again, but slowly
	Rejected              // this message was refused, others may pass: try it again slowly
)

// Error is a failed delivery.
type Error struct {
	Kind   Kind
	Reason string        // short and from a small fixed set, for a metric's label: "timeout", "auth", ...
	After  time.Duration // at least this long must pass before the next attempt
	Err    error         // without secrets
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
