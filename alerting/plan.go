package alerting

import (
	"slices"
	"strconv"
	"strings"

	"driftwatch/rules"
)

// tell returns what an event says.
func tell(e rules.Event) record {
	a := &e.Alert
	switch {
	case a.State == rules.Resolved && a.EndsAt != nil:
		return record{ID: e.ID, State: a.State, Since: *a.EndsAt}
	case a.State == rules.Firing && a.Fired != nil:
		return record{ID: e.ID, State: a.State, Since: *a.Fired}
	}
	return record{ID: e.ID, State: a.State, Since: a.WindowEnd}
}

// covers reports whether e says nothing new: it is older than what was told, or
// says the same.
func (r *record) covers(e rules.Event) bool {
	other := tell(e)
	return e.ID <= r.ID || other.State == r.State && other.Since == r.Since
}

// compact returns the events that are worth sending and the others. Of each
// alert its newest event is kept and, if that one is a resolve, the fire that
// it ends, so that nobody reads of the end of something never heard of. Both
// results are in the order of events, which is ascending by ID.
func compact(events []rules.Event) (keep, superseded []rules.Event) {
	newest, fire := map[string]int{}, map[string]int{}
	for i := range events {
		a := &events[i].Alert
		newest[a.Fingerprint] = i
		if a.State == rules.Firing {
			fire[a.Fingerprint] = i
		}
	}
	for i, e := range events {
		f, ok := fire[e.Alert.Fingerprint]
		if i == newest[e.Alert.Fingerprint] || ok && i == f {
			keep = append(keep, e)
		} else {
			superseded = append(superseded, e)
		}
	}
	return keep, superseded
}

// group is the messages of one group, to be sent in this order.
type group struct {
	key      string
	route    *Route
	labels   []Label
	messages [][]rules.Event
}

// plan divides events, ascending by ID, into groups in the order of their
// first events. A message holds consecutive events of its group: one of an
// alert at most and, unless the group waited for more, of one window.
func plan(events []rules.Event, routeOf func(*rules.Alert) *Route, reminders bool) []*group {
	var out []*group
	index := map[string]*group{}
	for _, e := range events {
		r := routeOf(&e.Alert)
		labels := labelsOf(&e.Alert, r.GroupBy)
		key := r.id + " " + keyOf(labels)
		g := index[key]
		if g == nil {
			g = &group{key: key, route: r, labels: labels}
			index[key] = g
			out = append(out, g)
		}
		if n := len(g.messages); n > 0 && fits(g.messages[n-1], &e.Alert, reminders || r.waits()) {
			g.messages[n-1] = append(g.messages[n-1], e)
		} else {
			g.messages = append(g.messages, []rules.Event{e})
		}
	}
	return out
}

func fits(m []rules.Event, a *rules.Alert, waited bool) bool {
	if !waited && m[0].Alert.WindowEnd != a.WindowEnd {
		return false
	}
	return !slices.ContainsFunc(m, func(e rules.Event) bool { return e.Alert.Fingerprint == a.Fingerprint })
}

func labelsOf(a *rules.Alert, by []string) []Label {
	out := make([]Label, len(by))
	for i, name := range by {
		out[i] = Label{name, labelOf(a, name)}
	}
	return out
}

// keyOf joins the values, quoted so that they stay apart.
func keyOf(labels []Label) string {
	var b strings.Builder
	for _, l := range labels {
		b.WriteString(strconv.Quote(l.Value))
	}
	return b.String()
}

func idsOf(events []rules.Event) []uint64 {
	out := make([]uint64, len(events))
	for i, e := range events {
		out[i] = e.ID
	}
	return out
}
