package config

import (
	"regexp"
	"slices"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/mute"
	"driftwatch/internal/yamlx"
)

// muteTime is a mute time and the place of its name.
type muteTime struct {
	alerting.MuteTime
	at   yamlx.Cursor
	used bool
}

// readMuteTimes reads {name: [{cron: ..., for: ...}]}.
func readMuteTimes(c yamlx.Cursor) map[string]*muteTime {
	times := make(map[string]*muteTime)
	for _, e := range c.Map().Entries() {
		times[e.Name()] = &muteTime{MuteTime: alerting.MuteTime{Name: e.Name(), Times: mute.Read(e.Value)}, at: e.Key}
	}
	return times
}

// routeReader reads a tree of routes.
type routeReader struct {
	*loader
	receivers map[string]yamlx.Cursor
	times     map[string]*muteTime
}

// read reads a route. What it does not say is as in its parent; the root has
// none.
func (l *routeReader) read(c yamlx.Cursor, parent *alerting.Route) *alerting.Route {
	m := c.Map()
	r := &alerting.Route{GroupBy: alerting.DefaultGroupBy(), Repeat: alerting.DefaultRepeat, FlapWindows: alerting.DefaultFlapWindows}
	if parent != nil {
		*r = *parent
		r.Match, r.Continue, r.Mute, r.Routes = nil, false, nil, nil
	}
	l.readReceiverOf(m, r, parent)
	if by := m.Get("group_by"); by.Present() {
		r.GroupBy = l.readLabels(by)
	}
	r.GroupWait = m.Get("group_wait").Duration(r.GroupWait, 0)
	r.GroupInterval = m.Get("group_interval").Duration(r.GroupInterval, 0)
	if c := m.Get("repeat"); c.Present() {
		r.Repeat = readRepeat(c)
	}
	r.FlapWindows = m.Get("flap_windows").Int(r.FlapWindows, 0, 1000)
	for _, name := range m.Get("mute").OneOrList() {
		r.Mute = append(r.Mute, l.muteTime(name))
	}
	if parent != nil {
		r.Match = l.readMatchers(m.Get("match"))
		r.Continue = m.Get("continue").Bool(false)
		if !m.Has("match") {
			m.At().Warnf("no-match", "the route has no match: it takes all that came here")
		}
	} else {
		for _, key := range []string{"match", "continue"} {
			m.Get(key)
			m.Key(key).Errorf("misplaced", "the first route takes everything; %s belongs to those in its routes", key)
		}
	}
	for _, child := range m.Get("routes").List() {
		r.Routes = append(r.Routes, l.read(child, r))
	}
	m.Done()
	return r
}

func (l *routeReader) readReceiverOf(m *yamlx.Map, r, parent *alerting.Route) {
	at := m.Get("receiver")
	if parent == nil {
		at = m.Need("receiver")
	}
	if !at.Present() {
		return
	}
	r.Receiver = at.Name()
	if _, ok := l.receivers[r.Receiver]; !ok && r.Receiver != "" {
		at.Errorf("unknown-receiver", "unknown receiver %q%s", r.Receiver, yamlx.DidYouMean(r.Receiver, sortedKeys(l.receivers)))
	}
}

// readRepeat reads how often a reminder is sent: 0 for never.
func readRepeat(c yamlx.Cursor) time.Duration {
	d := c.Duration(0, 0)
	if d > 0 && d < time.Minute {
		c.Must("be at least 1m, or 0 for no reminders")
	}
	return d
}

func (l *routeReader) muteTime(c yamlx.Cursor) alerting.MuteTime {
	name := c.Name()
	t := l.times[name]
	if t == nil {
		if name != "" {
			c.Errorf("unknown-mute-time", "unknown mute time %q%s", name, yamlx.DidYouMean(name, sortedKeys(l.times)))
		}
		return alerting.MuteTime{Name: name}
	}
	t.used = true
	return t.MuteTime
}

// unused reports mute times that no route names.
func (l *routeReader) unused() {
	for _, name := range sortedKeys(l.times) {
		if t := l.times[name]; !t.used {
			t.at.Warnf("unused", "no route is muted by %q", name)
		}
	}
}

// readMatchers reads one matcher or a list.
func (l *loader) readMatchers(c yamlx.Cursor) alerting.Matchers {
	var out alerting.Matchers
	for _, at := range c.OneOrList() {
		text := at.Name()
		if text == "" {
			continue
		}
		m, err := alerting.ParseMatcher(text)
		if err != nil {
			at.Errorf("matcher", "%s", err)
			continue
		}
		l.labels = append(l.labels, label{m.Label, at})
		out = append(out, m)
	}
	return out
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// readLabels reads names of labels.
func (l *loader) readLabels(c yamlx.Cursor) []string {
	names := make([]string, 0, len(c.List()))
	for _, at := range c.List() {
		name := at.Name()
		switch {
		case name == "":
		case !labelName.MatchString(name):
			at.Must("be the name of a label, not %q", name)
		case slices.Contains(names, name):
			at.Errorf("value", "%q occurs twice", name)
		default:
			l.labels = append(l.labels, label{name, at})
			names = append(names, name)
		}
	}
	return names
}

// label is the name of a label and where it is used.
type label struct {
	name string
	at   yamlx.Cursor
}

// checkLabels warns of labels that no alert has: a word that is mistyped matches
// nothing.
func (l *loader) checkLabels() {
	known := alerting.Labels()
	for _, r := range l.cfg.Rules.Rules {
		for name := range r.Labels {
			if !slices.Contains(known, name) {
				known = append(known, name)
			}
		}
	}
	slices.Sort(known)
	for _, use := range l.labels {
		if !slices.Contains(known, use.name) && !l.partial {
			use.at.Warnf("unknown-label", "no alert has a label %q%s", use.name, yamlx.DidYouMean(use.name, known))
		}
	}
}

func (l *loader) readInhibit(c yamlx.Cursor) {
	m := c.Map()
	i := alerting.Inhibit{Source: l.readMatchers(m.Need("source")), Target: l.readMatchers(m.Need("target"))}
	i.Equal = l.readLabels(m.Get("equal"))
	m.Done()
	l.cfg.Alerting.Inhibit = append(l.cfg.Alerting.Inhibit, i)
}
