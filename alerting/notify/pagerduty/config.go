package pagerduty

import (
	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// Kind is PagerDuty in the table of receivers.
func Kind() notify.Kind {
	return notify.Kind{
		Name: "pagerduty",
		Help: "Incidents in PagerDuty, by version 2 of its Events API.",
		Keys: []notify.Key{
			{Name: "routing_key_file", Form: notify.Path, Needed: true, Help: "The file that holds the integration key of a service."},
			{Name: "url", Form: notify.URL, Help: "Where events are sent. Default: " + DefaultURL + "."},
			{Name: "severity", Form: notify.Map, Help: "PagerDuty's severity for info, warning and critical. Default: the same."},
			{Name: "timeout", Form: notify.Duration, Help: "Of one request. Default: 10s."},
		},
		Read: read,
	}
}

func read(s notify.Section) notify.Options {
	o := Options{URL: s.Get("url").WebURL(), Severity: DefaultSeverity(), Timeout: s.Timeout()}
	for _, e := range s.Get("severity").Map().Entries() {
		if _, ok := o.Severity[e.Name()]; !ok {
			e.Key.Errorf("value", "severity must be one of %s, %s, %s, not %q", rules.Info, rules.Warning, rules.Critical, e.Name())
		}
		o.Severity[e.Name()] = e.Value.OneOf("warning", "info", "warning", "error", "critical")
	}
	if !s.RefuseInline("routing_key") {
		o.RoutingKeyFile = s.NeedFile("routing_key_file")
	}
	return o
}

// New implements notify.Options.
func (o Options) New() (alerting.Receiver, error) { return New(o) }
