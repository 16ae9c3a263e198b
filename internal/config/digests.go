package config

import (
	"path"
	"slices"
	"strings"
	"time"

	"driftwatch/alerting/receivers"
	"driftwatch/internal/mute"
	"driftwatch/internal/yamlx"
)

// readDigests reads [{name, cron, receiver, for, monitors}].
func (l *loader) readDigests(c yamlx.Cursor, places map[string]yamlx.Cursor) {
	names := make(map[string]yamlx.Cursor)
	for _, item := range c.List() {
		m := item.Map()
		at := m.Need("name")
		d := Digest{Name: at.Name()}
		if first, twice := names[d.Name]; twice && d.Name != "" {
			reportTwice(at, "digest", d.Name, first)
		}
		names[d.Name] = at
		d.Cron, d.Next = mute.ReadCron(m.Need("cron"))
		d.Receiver = l.readDigestReceiver(m.Need("receiver"), places)
		length := m.Get("for")
		if d.For = length.Duration(0, time.Minute); d.For > l.cfg.Store.Retention {
			length.Must("be at most store.retention (%s), for which history is kept", yamlx.FormatDuration(l.cfg.Store.Retention))
		}
		d.Monitors = l.readDigestMonitors(m.Get("monitors"))
		m.Done()
		l.cfg.Alerting.Digests = append(l.cfg.Alerting.Digests, d)
	}
}

// readDigestReceiver reads the name of a receiver that can take digests.
func (l *loader) readDigestReceiver(c yamlx.Cursor, places map[string]yamlx.Cursor) string {
	name := c.Name()
	i := slices.IndexFunc(l.cfg.Alerting.Receivers, func(r Receiver) bool { return r.Name == name })
	switch {
	case name == "":
	case i < 0:
		c.Errorf("unknown-receiver", "unknown receiver %q%s", name, yamlx.DidYouMean(name, sortedKeys(places)))
	default:
		checkTakesDigests(c, &l.cfg.Alerting.Receivers[i])
	}
	return name
}

func checkTakesDigests(c yamlx.Cursor, r *Receiver) {
	for _, kind := range receivers.All() {
		switch {
		case kind.Name != r.Kind:
		case kind.Digests == nil:
			c.Errorf("no-digest", "receiver %q is %s, which takes alerts only: a digest needs one of %s", r.Name, r.Kind, strings.Join(receivers.OfDigests(), ", "))
		case kind.Digests(r.Options) != "":
			c.Errorf("no-digest", "receiver %q takes no digests: %s", r.Name, kind.Digests(r.Options))
		}
	}
}

// readDigestMonitors reads the names and globs of monitors.
func (l *loader) readDigestMonitors(c yamlx.Cursor) (globs []string) {
	for _, at := range c.OneOrList() {
		glob := at.Name()
		if glob == "" {
			continue
		}
		if _, err := path.Match(glob, ""); err != nil {
			at.Errorf("glob", "not a glob: %q", glob)
			continue
		}
		globs = append(globs, glob)
		l.digested = append(l.digested, at)
	}
	return globs
}

// checkDigests finds names of monitors that there are not.
func (l *loader) checkDigests() {
	var names []string
	for i := range l.monitors {
		names = append(names, l.monitors[i].Name)
	}
	for _, at := range l.digested {
		d := Digest{Monitors: []string{at.Name()}}
		switch glob := at.Name(); {
		case l.partial || slices.ContainsFunc(names, d.About):
		case strings.ContainsAny(glob, `*?[`):
			at.Warnf("unknown-monitor", "no monitor matches %q", glob)
		default:
			at.Errorf("unknown-monitor", "unknown monitor %q%s", glob, yamlx.DidYouMean(glob, names))
		}
	}
}
