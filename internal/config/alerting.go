package config

import (
	"slices"
	"strings"
	"time"

	"driftwatch/alerting/notify"
	"driftwatch/alerting/receivers"
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
	for _, kind := range receivers.All() {
		if !m.Has(kind.Name) {
			m.Get(kind.Name)
			continue
		}
		if r.Kind != "" {
			m.Key(kind.Name).Errorf("value", "receiver %q is %s already: a receiver is of one kind", r.Name, r.Kind)
		}
		section := notify.NewSection(m.Get(kind.Name), l.secret)
		r.Kind, r.Options = kind.Name, kind.Read(section)
		section.Done()
	}
	if r.Kind == "" {
		c.Errorf("missing-key", "receiver %q says no way to reach it: it needs one of %s", r.Name, strings.Join(receivers.Names(), ", "))
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

func (l *loader) readRoute(c yamlx.Cursor, places map[string]yamlx.Cursor) {
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
	if _, ok := places[r.Receiver]; !ok && r.Receiver != "" {
		at.Errorf("unknown-receiver", "unknown receiver %q%s", r.Receiver, yamlx.DidYouMean(r.Receiver, sortedKeys(places)))
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
