package webhook

import (
	"driftwatch/alerting"
	"driftwatch/alerting/notify"
)

// Kind is the web hook in the table of receivers.
func Kind() notify.Kind {
	return notify.Kind{
		Name: "webhook",
		Help: "A JSON body that is posted to an address.",
		Keys: []notify.Key{
			{Name: "url", Form: notify.URL, Help: "Where to post to."},
			{Name: "url_file", Form: notify.Path, Help: "The file that holds the address."},
			{Name: "headers", Form: notify.Headers, Help: "Further headers: text, or {file: ...} for a secret."},
			{Name: "secret_file", Form: notify.Path, Help: "The file that holds the key that bodies are signed with."},
			{Name: "template", Help: "A Go template that gives the JSON body. Without it the body is the message as it is."},
			{Name: "timeout", Form: notify.Duration, Help: "Of one request. Default: 10s."},
		},
		Read: read, Digests: digests,
	}
}

func read(s notify.Section) notify.Options {
	s.RefuseInline("secret")
	o := Options{
		URL:        s.Get("url").WebURL(),
		URLFile:    s.File("url_file"),
		Headers:    s.Headers("headers"),
		SecretFile: s.File("secret_file"),
		Template:   s.Get("template").Str(""),
		Timeout:    s.Timeout(),
	}
	s.OneOf("url", "url_file")
	if _, err := newBody(o.Template); err != nil {
		s.Get("template").Errorf("template", "%s", err)
	}
	return o
}

// New implements notify.Options.
func (o Options) New() (alerting.Receiver, error) { return New(o) }

// digests says what keeps a receiver from taking digests.
func digests(o notify.Options) string {
	if o.(Options).Template != "" {
		return "its template is for alerts, so name a webhook without one"
	}
	return ""
}
