package slack

import (
	"context"
	"slices"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/rules"
)

// A posting that people have scrolled past, or that is too long, gets no more
// alerts.
const (
	joinWithin = 24 * time.Hour // of event time
	joinMost   = 200            // alerts of one posting
)

// openFor returns the newest posting of a message's group that still says that
// something fires, if the message may join it: Slack tells nobody that a posting
// changed but those who follow its thread, so what is worse is posted anew, and
// so are reminders.
func (r *Receiver) openFor(m alerting.Message) *posting {
	if m.Repeat || len(m.Group) == 0 {
		return nil
	}
	for _, p := range slices.Backward(r.posted) {
		if slices.Equal(p.message.Group, m.Group) && p.open() {
			if p.takes(m) {
				return p
			}
			return nil
		}
	}
	return nil
}

func (p *posting) takes(m alerting.Message) bool {
	first := p.message.Events[0].Alert.WindowEnd
	worst := ""
	for _, e := range p.message.Events {
		worst = worse(worst, e.Alert.Severity)
	}
	return len(p.message.Events)+len(m.Events) <= joinMost && !slices.ContainsFunc(m.Events, func(e rules.Event) bool {
		return worse(worst, e.Alert.Severity) != worst || e.Alert.WindowEnd.Time().Sub(first.Time()) > joinWithin
	})
}

// worse returns the worse of two severities.
func worse(a, b string) string {
	order := []string{"", rules.Info, rules.Warning, rules.Critical}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// join adds the alerts of a message to a posting, and tells its thread. When that
// fails half way, the next attempt goes on there, with what came to the message
// meanwhile.
func (r *Receiver) join(ctx context.Context, c *api.Client, p *posting, m alerting.Message) (*posting, error) {
	if fresh := p.lacks(m.Events); len(fresh) > 0 {
		next := p.with(fresh, m.Superseded)
		_, _, _, err := c.UpdateMessageContext(ctx, p.channel, p.ts, content(next)...)
		switch {
		case isUnchangeable(err):
			r.posted = slices.DeleteFunc(r.posted, func(q *posting) bool { return q == p })
			return r.post(ctx, c, m)
		case err != nil:
			return nil, err
		}
		p.message, p.joined = next, append(p.joined, fresh...)
	}
	text := strings.Join(linesOf(p.joined), "\n")
	_, _, err := c.PostMessageContext(ctx, p.channel, api.MsgOptionText(text, false), api.MsgOptionTS(p.ts),
		api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl())
	if err == nil || isUnchangeable(err) {
		p.joined = nil
		return p, nil
	}
	return nil, err
}

// lacks returns the events that the thread of a posting is not to be told of yet.
func (p *posting) lacks(events []rules.Event) []rules.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e rules.Event) bool {
		return slices.ContainsFunc(p.joined, func(o rules.Event) bool { return o.ID == e.ID && o.Alert.Fingerprint == e.Alert.Fingerprint })
	})
}

// with returns what the posting says once events are added.
func (p *posting) with(events []rules.Event, superseded int) alerting.Message {
	next := posting{message: p.message}
	next.message.Events = slices.Clone(p.message.Events)
	for _, e := range events {
		if old := next.event(e.Alert.Fingerprint); old != nil {
			*old = e
		} else {
			next.message.Events = append(next.message.Events, e)
		}
	}
	next.message.Superseded += superseded
	return next.message
}
