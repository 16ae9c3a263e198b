package slack

import (
	"driftwatch/alerting"
	"driftwatch/alerting/notify"
)

// Kind is Slack in the table of receivers.
func Kind() notify.Kind {
	return notify.Kind{
		Name: "slack",
		Help: "A message in a Slack channel, by an incoming web hook or by a bot's token.",
		Keys: []notify.Key{
			{Name: "webhook_url_file", Form: notify.Path, Help: "The file that holds the address of a web hook."},
			{Name: "webhook_url", Form: notify.URL, Help: "The address of a web hook, in place."},
			{Name: "token_file", Form: notify.Path, Help: "The file that holds a bot's token."},
			{Name: "channel", Help: "With token_file: a channel's name or ID."},
			{Name: "plots", Form: notify.Word, Words: []string{"on", "off"}, Help: "With token_file: pictures of the worst fields in the thread of a message. Default: on."},
			{Name: "api_url", Form: notify.URL, Help: "With token_file: a proxy before Slack's API."},
		},
		Read: read, Digests: notify.Digests,
	}
}

// read reads one of the two ways to Slack.
func read(s notify.Section) notify.Options {
	o := Options{
		WebhookURL:     s.Get("webhook_url").WebURL(),
		WebhookURLFile: s.File("webhook_url_file"),
		Channel:        s.Get("channel").Name(),
		APIURL:         s.Get("api_url").WebURL(),
		NoPlots:        s.Get("plots").OneOf("on", "on", "off") == "off",
	}
	inline := s.RefuseInline("token")
	o.TokenFile = s.File("token_file")
	ways := 0
	for _, key := range []string{"webhook_url", "webhook_url_file", "token_file"} {
		if s.Has(key) {
			ways++
		}
	}
	switch {
	case inline:
	case ways == 0:
		s.At().Errorf("missing-key", "needs one of webhook_url_file, webhook_url, token_file")
	case ways > 1:
		s.At().Errorf("value", "only one of webhook_url_file, webhook_url, token_file can be given")
	case s.Has("token_file") && !s.Has("channel"):
		s.At().Errorf("missing-key", "key %q is missing: token_file needs it", "channel")
	case !s.Has("token_file") && s.Has("channel"):
		s.Key("channel").Errorf("value", "a web hook has its own channel; channel goes with token_file")
	case !s.Has("token_file") && s.Has("plots"):
		s.Key("plots").Errorf("value", "a web hook takes no pictures; plots goes with token_file")
	case !s.Has("token_file") && s.Has("api_url"):
		s.Key("api_url").Errorf("value", "a web hook's proxy is part of its address; api_url goes with token_file")
	}
	return o
}

// New implements notify.Options.
func (o Options) New() (alerting.Receiver, error) { return New(o) }
