package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/internal/config"
	"driftwatch/rules"
)

// NotifyTest sends a sample message to one receiver of a configuration, and the
// sample's end after it if resolve says so. It returns what the receiver answered.
func NotifyTest(ctx context.Context, path, receiver string, resolve bool) (answers []string, err error) {
	opts := LoadOptions()
	opts.MissingSecrets, opts.MissingReferences = true, true
	c, diagnostics := config.Load(path, opts)
	if c == nil {
		return nil, &ConfigError{diagnostics}
	}
	var names []string
	for _, r := range c.Alerting.Receivers {
		names = append(names, r.Name)
		if r.Name == receiver {
			return sendSamples(ctx, r, c.Web.ExternalURL, resolve)
		}
	}
	return nil, fmt.Errorf("%s has no receiver %q; there is %s", path, receiver, strings.Join(names, ", "))
}

func sendSamples(ctx context.Context, r config.Receiver, page string, resolve bool) (answers []string, err error) {
	to, err := r.Options.New()
	if err != nil {
		return nil, err
	}
	states := []string{rules.Firing}
	if resolve {
		states = append(states, rules.Resolved)
	}
	now := time.Now().Add(-time.Hour)
	for _, state := range states {
		m := notify.Sample(now, state)
		m.Receiver, m.URL, m.Picture = r.Name, page, samplePicture
		answer, err := to.Notify(ctx, m)
		if err != nil {
			return answers, err
		}
		answers = append(answers, state+": "+answer)
	}
	if to, ok := to.(alerting.Illustrator); ok {
		added, _, err := to.Illustrate(ctx)
		switch {
		case err != nil:
			answers = append(answers, "the picture is missing: "+err.Error())
		case added > 0:
			answers = append(answers, "picture: ok")
		}
	}
	return answers, nil
}
