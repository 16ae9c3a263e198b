// Package pagerduty opens and closes incidents in PagerDuty by version 2 of its
// Events API. Each alert is one event: its fingerprint is the deduplication key, so
// that a repeated message changes the incident that is open.
package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// Options say which service is told.
type Options struct {
	RoutingKeyFile string
	URL            string // "" for DefaultURL
	Severity       map[string]string
	Timeout        time.Duration
}

// DefaultURL is PagerDuty's own.
const DefaultURL = "https://events.pagerduty.com/v2/enqueue"

// DefaultSeverity maps the severities of rules to PagerDuty's.
func DefaultSeverity() map[string]string {
	return map[string]string{rules.Info: "info", rules.Warning: "warning", rules.Critical: "critical"}
}

// Receiver sends to one service.
type Receiver struct {
	o      Options
	client *notify.Client
	sent   map[string]bool // fingerprints of a message that failed half way
}

// New checks the options. It reads no files.
func New(o Options) (*Receiver, error) {
	if o.RoutingKeyFile == "" {
		return nil, errors.New("pagerduty needs routing_key_file")
	}
	if o.URL == "" {
		o.URL = DefaultURL
	}
	return &Receiver{o: o, client: notify.NewClient("pagerduty", o.Timeout), sent: map[string]bool{}}, nil
}

// Notify implements alerting.Receiver. A message that fails half way goes on
// where it failed.
func (r *Receiver) Notify(ctx context.Context, m alerting.Message) (answer string, err error) {
	key, err := notify.Secret(r.o.RoutingKeyFile)
	if err != nil {
		return "", err
	}
	for _, e := range m.Events {
		id := fmt.Sprintf("%d %s %s", e.ID, e.Alert.Fingerprint, e.Alert.State)
		if r.sent[id] {
			continue
		}
		body, err := json.Marshal(r.event(key, &e.Alert, m.URL))
		if err != nil {
			return "", fmt.Errorf("write an event: %w", err)
		}
		if answer, err = r.client.Post(ctx, r.o.URL, body, nil, key); err != nil {
			return "", err
		}
		r.sent[id] = true
	}
	clear(r.sent)
	return answer, nil
}

type event struct {
	RoutingKey  string   `json:"routing_key"`
	EventAction string   `json:"event_action"`
	DedupKey    string   `json:"dedup_key"`
	Payload     *payload `json:"payload,omitempty"`
	Client      string   `json:"client,omitempty"`
	ClientURL   string   `json:"client_url,omitempty"`
	Links       []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp time.Time      `json:"timestamp"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group,omitempty"`
	Class     string         `json:"class,omitempty"`
	Details   map[string]any `json:"custom_details,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// maxSummary is PagerDuty's limit.
const maxSummary = 1024

func (r *Receiver) event(key string, a *rules.Alert, url string) event {
	e := event{RoutingKey: key, EventAction: "trigger", DedupKey: "driftwatch/" + a.Fingerprint}
	if a.State == rules.Resolved {
		e.EventAction = "resolve"
		return e
	}
	e.Client, e.ClientURL = "Driftwatch", url
	e.Payload = &payload{
		Summary: summary(a), Source: a.Monitor, Severity: r.o.Severity[a.Severity], Timestamp: a.WindowEnd.Time(),
		Component: a.Field, Group: a.Segment, Class: a.Name, Details: details(a),
	}
	if e.Payload.Severity == "" {
		e.Payload.Severity = "warning"
	}
	for _, u := range notify.Runbooks([]rules.Event{{Alert: *a}}) {
		e.Links = append(e.Links, link{u, "Runbook"})
	}
	return e
}

// summary is like "churn: FeatureDrift: amount psi 0.312 (rule: psi is above 0.2)".
func summary(a *rules.Alert) string {
	s := fmt.Sprintf("%s: %s: %s", a.Monitor, a.Name, notify.Subject(a))
	if a.Segment != "" {
		s += " in " + a.Segment
	}
	return notify.OneLine(s+" "+notify.Finding(a), maxSummary)
}

func details(a *rules.Alert) map[string]any {
	d := map[string]any{"window": notify.Span(a.WindowStart, a.WindowEnd), "labels": a.Labels}
	if notes := notify.Notes(a); len(notes) > 0 {
		d["notes"] = notes
	}
	return d
}
