package slack

import (
	"context"
	"errors"
	"slices"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// posting is a message in the channel and what it says now.
type posting struct {
	channel string // its ID, which updates need
	ts      string
	message alerting.Message
	joined  []rules.Event // that its thread is still to be told of
}

// event returns the posting's event of an alert, or nil.
func (p *posting) event(fingerprint string) *rules.Event {
	for i := range p.message.Events {
		if p.message.Events[i].Alert.Fingerprint == fingerprint {
			return &p.message.Events[i]
		}
	}
	return nil
}

// open reports whether the posting still says that something fires.
func (p *posting) open() bool {
	return slices.ContainsFunc(p.message.Events, func(e rules.Event) bool { return e.Alert.State == rules.Firing })
}

// notifyChannel changes the messages of alerts that resolved and posts the
// rest. When it fails half way, the next attempt goes on where it failed.
func (r *Receiver) notifyChannel(ctx context.Context, m alerting.Message) error {
	token, err := notify.Secret(r.o.TokenFile)
	if err != nil {
		return err
	}
	client := r.api(token)
	for _, p := range slices.Clone(r.posted) {
		if err := r.update(ctx, client, p, m.Events); err != nil {
			return failure(err, token)
		}
	}
	rest := m
	rest.Events = slices.DeleteFunc(slices.Clone(m.Events), r.told)
	p, err := r.tell(ctx, client, rest)
	if err != nil {
		return failure(err, token)
	}
	r.draw(p, rest)
	r.posted = slices.DeleteFunc(r.posted, func(p *posting) bool { return !p.open() })
	return nil
}

func (r *Receiver) api(token string) *api.Client {
	return api.New(token, api.OptionHTTPClient(r.client), api.OptionAPIURL(r.o.APIURL))
}

// postDigest posts a digest into the channel. It is not changed any more.
func (r *Receiver) postDigest(ctx context.Context, m *api.WebhookMessage) error {
	token, err := notify.Secret(r.o.TokenFile)
	if err != nil {
		return err
	}
	_, _, err = r.api(token).PostMessageContext(ctx, r.o.Channel, optionsOf(m)...)
	return failure(err, token)
}

// tell posts a message, or adds it to the posting of its group. It returns where
// it stands now.
func (r *Receiver) tell(ctx context.Context, c *api.Client, m alerting.Message) (*posting, error) {
	if len(m.Events) == 0 {
		return nil, nil
	}
	if p := r.openFor(m); p != nil {
		return r.join(ctx, c, p, m)
	}
	return r.post(ctx, c, m)
}

// told reports whether a posting says that the event's alert has ended.
func (r *Receiver) told(e rules.Event) bool {
	return e.Alert.State == rules.Resolved && slices.ContainsFunc(r.posted, func(p *posting) bool {
		known := p.event(e.Alert.Fingerprint)
		return known != nil && known.Alert.State == rules.Resolved
	})
}

func (r *Receiver) post(ctx context.Context, c *api.Client, m alerting.Message) (*posting, error) {
	channel, ts, err := c.PostMessageContext(ctx, r.o.Channel, content(m)...)
	if err != nil {
		return nil, err
	}
	p := &posting{channel: channel, ts: ts, message: m}
	r.posted = append(r.posted, p)
	r.posted = r.posted[max(0, len(r.posted)-remembered):]
	return p, nil
}

// update lets a posting say which of its alerts have ended. One that is gone,
// or can no longer be changed, is forgotten.
func (r *Receiver) update(ctx context.Context, c *api.Client, p *posting, events []rules.Event) error {
	next := posting{message: p.message}
	next.message.Events = slices.Clone(p.message.Events)
	changed := false
	for _, e := range events {
		old := next.event(e.Alert.Fingerprint)
		if e.Alert.State == rules.Resolved && old != nil && old.Alert.State == rules.Firing {
			*old, changed = e, true
		}
	}
	if !changed {
		return nil
	}
	_, _, _, err := c.UpdateMessageContext(ctx, p.channel, p.ts, content(next.message)...)
	switch {
	case isUnchangeable(err):
		r.posted = slices.DeleteFunc(r.posted, func(q *posting) bool { return q == p })
		return nil
	case err == nil:
		p.message = next.message
	}
	return err
}

// isUnchangeable reports whether a posting is gone, or can no longer be changed.
func isUnchangeable(err error) bool {
	var refused api.SlackErrorResponse
	return errors.As(err, &refused) && slices.Contains([]string{
		"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "channel_not_found",
	}, refused.Err)
}

func content(m alerting.Message) []api.MsgOption { return optionsOf(payload(m)) }

func optionsOf(p *api.WebhookMessage) []api.MsgOption {
	return []api.MsgOption{
		api.MsgOptionText(p.Text, false),
		api.MsgOptionBlocks(p.Blocks.BlockSet...),
		api.MsgOptionDisableLinkUnfurl(),
		api.MsgOptionDisableMediaUnfurl(),
	}
}
