package alertmanager

import (
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
)

// Kind is Alertmanager in the table of receivers.
func Kind() notify.Kind {
	return notify.Kind{
		Name: "alertmanager",
		Help: "Prometheus Alertmanagers, by version 2 of their API.",
		Keys: []notify.Key{
			{Name: "url", Form: notify.URLs, Needed: true, Help: "Of one or several Alertmanagers; all are told."},
			{Name: "headers", Form: notify.Headers, Help: "Further headers: text, or {file: ...} for a secret."},
			{Name: "refresh", Form: notify.Duration, Help: "How often a firing alert is sent again. Default: 1m."},
			{Name: "timeout", Form: notify.Duration, Help: "Of one request. Default: 10s."},
		},
		Read: read,
	}
}

func read(s notify.Section) notify.Options {
	o := Options{
		Headers: s.Headers("headers"),
		Refresh: s.Get("refresh").Duration(DefaultRefresh, time.Second),
		Timeout: s.Timeout(),
	}
	url := s.Need("url")
	for _, c := range url.OneOrList() {
		if u := c.WebURL(); u != "" {
			o.URLs = append(o.URLs, u)
		}
	}
	if url.IsList() && len(url.List()) == 0 {
		url.Must("not be empty")
	}
	return o
}

// New implements notify.Options.
func (o Options) New() (alerting.Receiver, error) { return New(o) }
