package config

import (
	"net/url"
	"slices"
	"time"

	"driftwatch/internal/yamlx"
)

func (l *loader) readAlerting(m *yamlx.Map) {
	places := make(map[string]yamlx.Cursor)
	for _, c := range m.Get("receivers").List() {
		l.readReceiver(c, places)
	}
	l.readRoute(m.Get("route"), places)
	m.Unsupported("inhibit", "mute_times")
	if n := len(l.cfg.Alerting.Receivers); n > 0 && !m.Has("route") {
		m.At().Errorf("missing-key", "key %q is missing: it says which receiver is told", "route")
	}
	m.Done()
}

func (l *loader) readReceiver(c yamlx.Cursor, places map[string]yamlx.Cursor) {
	m := c.Map()
	at := m.Need("name")
	r := Receiver{Name: at.Name()}
	if first, twice := places[r.Name]; twice && r.Name != "" {
		reportTwice(at, "receiver", r.Name, first)
	}
	places[r.Name] = at
	later := []string{"webhook", "alertmanager", "pagerduty", "email", "teams", "opsgenie"}
	m.Unsupported(later...)
	if s := m.Get("slack"); s.Present() {
		r.Slack = l.readSlack(s)
	} else if !hasAny(m, later) {
		c.Errorf("missing-key", "receiver %q says no way to reach it: slack is missing", r.Name)
	}
	m.Done()
	l.cfg.Alerting.Receivers = append(l.cfg.Alerting.Receivers, r)
}

func hasAny(m *yamlx.Map, keys []string) bool {
	for _, k := range keys {
		if m.Has(k) {
			return true
		}
	}
	return false
}

// readSlack reads one of the two ways to Slack.
func (l *loader) readSlack(c yamlx.Cursor) *Slack {
	m := c.Map()
	s := &Slack{
		WebhookURL:     readURL(m.Get("webhook_url")),
		WebhookURLFile: l.secret(m.Get("webhook_url_file")),
		Channel:        m.Get("channel").Name(),
		APIURL:         readURL(m.Get("api_url")),
	}
	inline := refuseInline(m, "token")
	s.TokenFile = l.secret(m.Get("token_file"))
	m.Done()
	ways := 0
	for _, key := range []string{"webhook_url", "webhook_url_file", "token_file"} {
		if m.Has(key) {
			ways++
		}
	}
	switch {
	case inline:
	case ways == 0:
		c.Errorf("missing-key", "needs one of webhook_url_file, webhook_url, token_file")
	case ways > 1:
		c.Errorf("value", "only one of webhook_url_file, webhook_url, token_file can be given")
	case m.Has("token_file") && !m.Has("channel"):
		c.Errorf("missing-key", "key %q is missing: token_file needs it", "channel")
	case !m.Has("token_file") && m.Has("channel"):
		m.Key("channel").Errorf("value", "a web hook has its own channel; channel goes with token_file")
	}
	return s
}

// readURL reads an http or https address. It may be a secret, so messages do
// not repeat it.
func readURL(c yamlx.Cursor) string {
	s := c.Name()
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		c.Must("be an address that begins with http:// or https://")
		return ""
	}
	return s
}

func (l *loader) readRoute(c yamlx.Cursor, receivers map[string]yamlx.Cursor) {
	if !c.Present() {
		return
	}
	m := c.Map()
	at := m.Need("receiver")
	r := &Route{
		Receiver:  at.Name(),
		GroupBy:   []string{"monitor"},
		GroupWait: m.Get("group_wait").Duration(0, 0),
		Repeat:    m.Get("repeat").Duration(4*time.Hour, time.Minute),
	}
	if c := m.Get("group_interval"); c.Present() && c.Duration(0, 0) > 0 {
		c.Unsupported("group_interval above 0s")
	}
	if by := m.Get("group_by"); by.Present() {
		r.GroupBy = readGroupBy(by)
	}
	m.Unsupported("routes", "match", "continue", "mute")
	m.Done()
	if _, ok := receivers[r.Receiver]; !ok && r.Receiver != "" {
		at.Errorf("unknown-receiver", "unknown receiver %q%s", r.Receiver, yamlx.DidYouMean(r.Receiver, sortedKeys(receivers)))
	}
	l.cfg.Alerting.Route = r
}

// readGroupBy reads the labels that the events of one message agree in. They are
// those of the alerting package, which stands above this one.
func readGroupBy(c yamlx.Cursor) []string {
	labels := make([]string, 0, len(c.List()))
	for _, at := range c.List() {
		label := at.OneOf("", "monitor", "alert", "severity", "segment", "field")
		if slices.Contains(labels, label) {
			at.Errorf("value", "%q occurs twice", label)
		}
		if label != "" {
			labels = append(labels, label)
		}
	}
	return labels
}
