package alerting

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"driftwatch/internal/mute"
	"driftwatch/rules"
)

// Route says which events go to a receiver, and how they become messages. It is
// a tree as in Alertmanager: an event goes to the first child that it matches, to
// the next ones too where a child says Continue, and to the route itself if it
// matches no child. The root takes everything.
type Route struct {
	Receiver      string
	Match         Matchers
	Continue      bool
	GroupBy       []string      // labels; nil: DefaultGroupBy; empty: all events are one group
	GroupWait     time.Duration // how long the first event of a group waits for others
	GroupInterval time.Duration // between two messages of a group; 0: none has to pass
	Repeat        time.Duration // a reminder is sent this often while an alert fires; 0: never
	Mute          []MuteTime    // when nobody is told
	FlapWindows   int           // an alert that fires again within so many windows of its end flaps; 0: none does
	Routes        []*Route

	id string // its place in the tree
}

// MuteTime is a named time in which a route sends nothing.
type MuteTime struct {
	Name  string
	Times mute.Times
}

// DefaultRepeat is the usual time between reminders.
const DefaultRepeat = 4 * time.Hour

// DefaultFlapWindows is the usual number of windows after which an alert that
// fires again is a new one.
const DefaultFlapWindows = 10

// DefaultGroupBy groups the events of a monitor.
func DefaultGroupBy() []string { return []string{"monitor"} }

// Receivers returns the names of the receivers of the tree, each once.
func (r *Route) Receivers() []string {
	if r == nil {
		return nil
	}
	names := []string{r.Receiver}
	for _, c := range r.Routes {
		names = append(names, c.Receivers()...)
	}
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// For returns the routes that an alert takes, in the order of the tree.
func (r *Route) For(a *rules.Alert) []*Route {
	var out []*Route
	for _, c := range r.Routes {
		if !c.Match.Match(a) {
			continue
		}
		out = append(out, c.For(a)...)
		if !c.Continue {
			return out
		}
	}
	if len(out) == 0 {
		return []*Route{r}
	}
	return out
}

// ReceiversOf returns the receivers of an alert, each once.
func (r *Route) ReceiversOf(a *rules.Alert) []string {
	if r == nil {
		return nil
	}
	var out []string
	for _, leaf := range r.For(a) {
		if !slices.Contains(out, leaf.Receiver) {
			out = append(out, leaf.Receiver)
		}
	}
	return out
}

// to returns the route by which an alert reaches a receiver: the first, where
// there are several. One that was on its way when the routes changed takes the
// first route that leads there.
func (r *Route) to(receiver string, a *rules.Alert) *Route {
	for _, leaf := range r.For(a) {
		if leaf.Receiver == receiver {
			return leaf
		}
	}
	return r.first(receiver)
}

func (r *Route) first(receiver string) *Route {
	if r.Receiver == receiver {
		return r
	}
	for _, c := range r.Routes {
		if found := c.first(receiver); found != nil {
			return found
		}
	}
	return nil
}

// prepare checks a tree and gives each route its place and defaults.
func (r *Route) prepare(id string, receivers map[string]Receiver) error {
	r.id = id
	if receivers[r.Receiver] == nil {
		return fmt.Errorf("route to %q: there is no receiver of that name", r.Receiver)
	}
	if r.GroupWait < 0 || r.GroupInterval < 0 || r.Repeat < 0 || r.FlapWindows < 0 {
		return fmt.Errorf("route to %q: %w", r.Receiver, errors.New("group_wait, group_interval, repeat and flap_windows cannot be negative"))
	}
	if r.GroupBy == nil {
		r.GroupBy = DefaultGroupBy()
	}
	for i, c := range r.Routes {
		if err := c.prepare(id+"."+strconv.Itoa(i), receivers); err != nil {
			return err
		}
	}
	return nil
}

// waits reports whether events of several windows may share a message.
func (r *Route) waits() bool { return r.GroupWait > 0 || r.GroupInterval > 0 }

// muted returns the name of the mute time that holds at an instant, or "".
func (r *Route) muted(now time.Time) string {
	for _, m := range r.Mute {
		if m.Times.Overlap(now, now.Add(1)) {
			return m.Name
		}
	}
	return ""
}
