//go:build integration

package integration

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"driftwatch/internal/daemontest"
)

// nothing walks through pages that have nothing to show: of what is not there, and of
// a daemon whose only monitor waits for a topic and that has no rules.
func (b *browser) nothing(t *testing.T, d *daemontest.Daemon, brokers []string, model string) {
	waiting := daemontest.Start(t, config(t, brokers, map[string]string{"rules.yaml": "groups: []\n", "monitor.yaml": `streams: [{name: s, topic: not.there, time: {field: ts}}]
monitors: [{name: waiting, stream: s, window: {size: 1h}, fields: [{name: x, type: number}]}]
`}))
	pages := map[string]string{ // and what they say
		d.URL + "/monitors/none": "there is no monitor", d.URL + "/none": "there is no /none", d.URL + model + "/fields/none": "no field",
		d.URL + model + "/windows/2001-01-01T00:00:00Z": "older than what the store keeps", d.URL + model + "?windows=0": "not a number from 1 to",
		d.URL + model + "/fields/amount?segment=x%3D1": "no segment", d.URL + "/rules/returns/None": "there is no rule",
		waiting.URL + "/": "Waiting for its first window", waiting.URL + "/monitors/waiting": "Waiting for the first window", waiting.URL + "/alerts": "Nothing is firing",
		waiting.URL + "/rules": "No rules are configured", waiting.URL + "/silences": "There are none", waiting.URL + "/status": "does not exist",
	}
	for _, l := range []look{looks[0], looks[3]} {
		b.as(l)
		for url, says := range pages {
			b.do(chromedp.Navigate(url))
			if text := b.text("document.body.textContent"); !strings.Contains(text, says) {
				t.Errorf("%s does not say %q:\n%s", url, says, text)
			}
			b.fits(url)
			b.accessible(url)
			b.forgive("the server responded with a status of 40") // it is what the page is about
			b.complain(url)
		}
	}
	b.do(chromedp.Navigate(d.URL + "/monitors/none"))
	b.picture("not-there-" + looks[3].name)
	b.do(chromedp.Navigate(waiting.URL))
	b.picture("waiting-" + looks[3].name)
	b.do(chromedp.Navigate(d.URL)) // the other one ends now
	b.forgive("the server responded with a status of 40")
}

// forgive forgets what was seen if it says so.
func (b *browser) forgive(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = slices.DeleteFunc(b.seen, func(s string) bool { return strings.Contains(s, text) })
}
