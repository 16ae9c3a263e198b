package config

import (
	"strings"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/receivers"
	"driftwatch/internal/yamlx"
)

func (l *loader) readAlerting(m *yamlx.Map) {
	places := make(map[string]yamlx.Cursor)
	for _, c := range m.Get("receivers").List() {
		l.readReceiver(c, places)
	}
	r := &routeReader{loader: l, receivers: places, times: readMuteTimes(m.Get("mute_times"))}
	if c := m.Get("route"); c.Present() {
		l.cfg.Alerting.Route = r.read(c, nil)
	}
	r.unused()
	for _, c := range m.Get("inhibit").List() {
		l.readInhibit(c)
	}
	l.readDigests(m.Get("digests"), places)
	l.cfg.Alerting.Limit = m.Get("outbox_limit").Int(alerting.DefaultLimit, 100, 1_000_000)
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
	r.Settings = alerting.Settings{Cooldown: m.Get("cooldown").Duration(0, time.Second), FireOnly: !m.Get("send_resolved").Bool(true)}
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
