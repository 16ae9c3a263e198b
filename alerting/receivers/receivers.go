// Package receivers is the table of the kinds of receivers.
package receivers

import (
	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/alertmanager"
	"driftwatch/alerting/notify/email"
	"driftwatch/alerting/notify/pagerduty"
	"driftwatch/alerting/notify/slack"
	"driftwatch/alerting/notify/webhook"
)

// All returns the kinds, in the order in which they are documented.
func All() []notify.Kind {
	return []notify.Kind{
		slack.Kind(),
		webhook.Kind(),
		alertmanager.Kind(),
		pagerduty.Kind(),
		email.Kind(),
	}
}

// Names returns the names of the kinds.
func Names() []string {
	var names []string
	for _, k := range All() {
		names = append(names, k.Name)
	}
	return names
}

// OfDigests returns the names of the kinds that take digests.
func OfDigests() []string {
	var names []string
	for _, k := range All() {
		if k.Digests != nil {
			names = append(names, k.Name)
		}
	}
	return names
}
