// Package alertmanager hands alerts to Prometheus Alertmanagers by version 2 of
// their API. An Alertmanager takes an alert for resolved that it no longer hears
// of, so firing ones are sent again and again; it deduplicates, groups and routes by
// itself.
package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// Options say where Alertmanagers are.
type Options struct {
	URLs    []string
	Headers map[string]notify.Value
	Refresh time.Duration // between two messages that an alert fires; 0 for a minute
	Timeout time.Duration // of one request
}

// DefaultRefresh is well below the five minutes after which an Alertmanager
// forgets an alert.
const DefaultRefresh = time.Minute

// Receiver sends to all its Alertmanagers.
type Receiver struct {
	o      Options
	client *notify.Client
	now    func() time.Time
}

// New checks the options.
func New(o Options) (*Receiver, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("alertmanager needs at least one url")
	}
	if o.Refresh == 0 {
		o.Refresh = DefaultRefresh
	}
	return &Receiver{o: o, client: notify.NewClient("alertmanager", o.Timeout), now: time.Now}, nil
}

// Refresh implements alerting.Refresher.
func (r *Receiver) Refresh() time.Duration { return r.o.Refresh }

// Notify implements alerting.Receiver. It is enough that one Alertmanager takes the
// message: the others of a cluster are told by the next refresh, or forget the
// alert by themselves.
func (r *Receiver) Notify(ctx context.Context, m alerting.Message) (string, error) {
	body, err := json.Marshal(r.alerts(m))
	if err != nil {
		return "", fmt.Errorf("write alerts: %w", err)
	}
	head, secrets, err := notify.ReadHeaders(r.o.Headers)
	if err != nil {
		return "", err
	}
	var answers []string
	var failure error
	for _, base := range r.o.URLs {
		answer, err := r.client.Post(ctx, strings.TrimSuffix(base, "/")+"/api/v2/alerts", body, head, secrets...)
		if err != nil {
			failure = err
			continue
		}
		answers = append(answers, answer)
	}
	if len(answers) == 0 {
		return "", failure
	}
	return strings.Join(answers, ", "), nil
}

// alert is one of `postableAlerts`.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

func (r *Receiver) alerts(m alerting.Message) []alert {
	now := r.now().UTC()
	var out []alert
	for _, e := range m.Events {
		out = append(out, r.alert(&e.Alert, m.URL, now))
	}
	return out
}

// missed is how many refreshes may fail before an alert is taken for resolved.
const missed = 4

// alert says when an alert fired and, if it has, ended in event time, as far as
// that is past.
func (r *Receiver) alert(a *rules.Alert, url string, now time.Time) alert {
	out := alert{Labels: labels(a), Annotations: annotations(a), StartsAt: now, EndsAt: now.Add(missed * r.o.Refresh), GeneratorURL: url}
	if a.Fired != nil && a.Fired.Time().Before(now) {
		out.StartsAt = a.Fired.Time()
	}
	if a.State == rules.Resolved {
		out.EndsAt = now
		if a.EndsAt != nil && a.EndsAt.Time().Before(now) {
			out.EndsAt = a.EndsAt.Time()
		}
	}
	return out
}

// labels identify an alert. The rule's own come first, so that none of them
// can take the place of what the alert is.
func labels(a *rules.Alert) map[string]string {
	out := maps.Clone(a.Labels)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, map[string]string{
		"alertname": a.Name, "monitor": a.Monitor, "segment": a.Segment, "field": a.Field, "severity": a.Severity, "check": a.Check,
	})
	maps.DeleteFunc(out, func(_, v string) bool { return v == "" })
	return out
}

// annotations are the rule's, and what the check found.
func annotations(a *rules.Alert) map[string]string {
	out := maps.Clone(a.Annotations)
	if out == nil {
		out = map[string]string{}
	}
	out["finding"] = notify.Finding(a)
	return out
}
