package config

import (
	"path/filepath"
	"slices"
	"time"

	"driftwatch/internal/yamlx"
	"driftwatch/monitors/source"
)

const day = 24 * time.Hour

func (l *loader) readKafka(c yamlx.Cursor) {
	if !c.Present() {
		return
	}
	m := c.Map()
	k := &l.cfg.Kafka
	brokers := m.Need("brokers")
	for _, b := range brokers.List() {
		if addr := b.Address(); addr != "" {
			k.Brokers = append(k.Brokers, addr)
		}
	}
	if brokers.IsList() && len(brokers.List()) == 0 {
		brokers.Errorf("value", "the list of brokers is empty")
	}
	k.Group = m.Get("group").Name()
	k.Session = m.Get("session").Duration(45*time.Second, time.Second)
	k.StateTopic = "driftwatch.state"
	if c := m.Get("state_topic"); c.Present() {
		k.StateTopic = c.Name()
	}
	k.Start = readStart(m.Get("start"))
	k.TLS = l.readTLS(m.Get("tls"))
	k.SASL = l.readSASL(m.Get("sasl"))
	m.Done()
}

func readStart(c yamlx.Cursor) source.Start {
	word, ok := c.Literal()
	if !ok {
		return source.Start{}
	}
	switch word {
	case "earliest":
		return source.Start{}
	case "latest":
		return source.Start{Latest: true}
	}
	at, ok := parseTime(word)
	if !ok {
		c.Must("be earliest, latest or a time such as 2026-01-02T15:04:05Z, not %q", word)
	}
	return source.Start{At: at}
}

// parseTime reads RFC 3339 or a date, which is its midnight in UTC.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func (l *loader) readTLS(c yamlx.Cursor) *TLS {
	if !c.Present() {
		return nil
	}
	m := c.Map()
	t := &TLS{
		CAFile:     l.secret(m.Get("ca_file")),
		CertFile:   l.secret(m.Get("cert_file")),
		KeyFile:    l.secret(m.Get("key_file")),
		ServerName: m.Get("server_name").Name(),
	}
	m.Done()
	if m.Has("cert_file") != m.Has("key_file") {
		c.Errorf("missing-key", "cert_file and key_file belong together")
	}
	return t
}

func (l *loader) readSASL(c yamlx.Cursor) *SASL {
	if !c.Present() {
		return nil
	}
	m := c.Map()
	s := &SASL{
		Mechanism: m.Need("mechanism").OneOf("", "plain", "scram-sha-256", "scram-sha-512"),
		Username:  m.Need("username").Name(),
	}
	if !m.RefuseInline("password") {
		s.PasswordFile = l.secret(m.Need("password_file"))
	}
	m.Done()
	return s
}

func (l *loader) readStore(file string, m *yamlx.Map) {
	l.cfg.Store = Store{
		Path:      l.path(m.Get("path")),
		Retention: m.Get("retention").Duration(30*day, time.Minute),
		Profiles:  m.Get("profiles").Duration(8*day, 0),

		Maintenance: "0 3 * * *",
	}
	if c := m.Get("maintenance"); c.Present() {
		l.cfg.Store.Maintenance = l.readSchedule(c)
	}
	if l.cfg.Store.Path == "" {
		l.cfg.Store.Path = filepath.Join(filepath.Dir(file), "data")
	}
	m.Done()
}

// readSchedule reads a cron expression.
func (l *loader) readSchedule(c yamlx.Cursor) string {
	word, ok := c.Literal()
	if !ok {
		return ""
	}
	if l.opts.Schedule != nil {
		if err := l.opts.Schedule(word); err != nil {
			c.Must("be a cron expression such as \"0 3 * * *\", not %q: %v", word, err)
		}
	}
	return word
}

func (l *loader) readWeb(m *yamlx.Map) {
	l.cfg.Web = Web{Listen: "127.0.0.1:9474", ConfigFile: l.existing(m.Get("config_file"))}
	if c := m.Get("listen"); c.Present() {
		l.cfg.Web.Listen = c.Address()
	}
	if c := m.Get("external_url"); c.Present() {
		l.cfg.Web.ExternalURL = c.WebURL()
	}
	l.backup = m.Get("backup")
	m.Done()
}

// checkBackup decides whether the store, with all that is redacted, may be fetched:
// only where somebody says so.
func (l *loader) checkBackup() {
	redacts := slices.ContainsFunc(l.monitors, func(d declared) bool { return d.Redaction() != nil })
	l.cfg.Web.Backup = readSwitch(l.backup, !redacts)
}

func (l *loader) readMemory(m *yamlx.Map) {
	l.cfg.Memory.Limit = m.Get("limit").Size(defaultMemory)
	m.Done()
}

func (l *loader) readReload(m *yamlx.Map) {
	c := m.Get("watch")
	switch word, ok := c.Literal(); {
	case c.Present() && !ok: // that was reported
	case word == "off":
	default:
		l.cfg.Reload.Watch = c.Duration(5*time.Second, time.Second)
	}
	m.Done()
}
