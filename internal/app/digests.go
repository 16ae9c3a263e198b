package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/summary"
	"driftwatch/internal/config"
	past "driftwatch/internal/history"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// digestLength is what a digest is about that nobody said it of.
const digestLength = 7 * 24 * time.Hour

// digests make digests of what the store remembers of the monitors that run here,
// and send them.
type digests struct {
	*generation
	store     *store.Store
	here      []string // names of monitors
	elsewhere int
	silences  *alerting.Silences
	receivers func() []snapshot.Receiver
	all       []alerting.Digest // as they are configured
	sender    *alerting.Digests
}

// newDigests makes the digests of a generation, for the monitors that are this
// process's.
func (d *daemon) newDigests(g *generation) (*digests, error) {
	v := &digests{generation: g, store: d.store, silences: d.silences, receivers: func() []snapshot.Receiver { return d.snapshot().Notified }}
	for _, p := range g.plans {
		for _, m := range p.Monitors {
			if d.mine(m.Spec.Name) {
				v.here = append(v.here, m.Spec.Name)
			} else {
				v.elsewhere++
			}
		}
	}
	slices.Sort(v.here)
	for _, c := range g.config.Alerting.Digests {
		to, err := v.receiver(c.Receiver)
		if err != nil {
			return nil, err
		}
		v.all = append(v.all, alerting.Digest{
			Name: c.Name, Receiver: c.Receiver, Cron: c.Cron, Next: c.Next, For: c.For, To: to, Log: g.log,
			Make:  func(from, to time.Time) (summary.Digest, error) { return v.make(&c, from, to) },
			Shelf: shelf{d.store, digestKey + c.Name},
		})
	}
	var counted []snapshot.Receiver
	if before := d.digests.Load(); before != nil {
		counted = before.sender.Stats()
	}
	var err error
	v.sender, err = alerting.NewDigests(v.all, counted)
	return v, err
}

// receiver makes another receiver than the one that is told of alerts, so that
// neither waits for the other.
func (v *digests) receiver(name string) (alerting.Digester, error) {
	for _, r := range v.config.Alerting.Receivers {
		if r.Name != name {
			continue
		}
		made, err := r.Options.New()
		if err != nil {
			return nil, fmt.Errorf("receiver %q: %w", name, err)
		}
		if to, ok := made.(alerting.Digester); ok {
			return to, nil
		}
	}
	return nil, fmt.Errorf("receiver %q takes no digests", name)
}

// Digest implements web.Digests.
func (d *daemon) Digest(name string, length time.Duration) (summary.Digest, error) {
	v := d.digests.Load()
	if v == nil {
		return summary.Digest{}, errStarting
	}
	now := d.now()
	if name == "" {
		return v.make(&config.Digest{}, now.Add(-cmp.Or(length, digestLength)), now)
	}
	i := slices.IndexFunc(v.all, func(a alerting.Digest) bool { return a.Name == name })
	if i < 0 {
		return summary.Digest{}, snapshot.Missing("there is no digest %q", name)
	}
	if length == 0 {
		length = v.all[i].Length(v.all[i].Next(now.UTC()))
	}
	return v.make(&v.config.Alerting.Digests[i], now.Add(-length), now)
}

// make reads all that a digest needs and makes it.
func (v *digests) make(c *config.Digest, from, to time.Time) (summary.Digest, error) {
	in := summary.Input{Name: c.Name, From: from, To: to, Elsewhere: v.elsewhere, Some: c.Monitors != nil}
	for _, name := range v.here {
		if !c.About(name) {
			continue
		}
		m, err := v.read(name, from, to)
		if err != nil {
			return summary.Digest{}, fmt.Errorf("read what is known of %q: %w", name, err)
		}
		in.Monitors = append(in.Monitors, m)
	}
	for _, s := range v.silences.All() {
		in.Silences = append(in.Silences, summary.Silence{
			ID: s.ID, Matchers: s.Matchers, StartsAt: s.StartsAt, EndsAt: s.EndsAt, CreatedBy: s.CreatedBy, Comment: s.Comment, Match: s.Match,
		})
	}
	for _, r := range v.receivers() {
		in.Receivers = append(in.Receivers, summary.Receiver{Name: r.Name, Dropped: r.Dropped, Problem: r.Problem})
	}
	d := summary.Make(in)
	if site := v.config.Web.ExternalURL; site != "" {
		d.URL = strings.TrimSuffix(site, "/") + "/"
	}
	return d, nil
}

// read reads what was found of a monitor, as of one moment.
func (v *digests) read(name string, from, to time.Time) (m summary.Monitor, err error) {
	m = summary.Monitor{Name: name, Rules: v.programs[name].Rules(), Before: window.None, Earlier: map[string]bool{}}
	err = v.store.View(func(tx *store.Tx) error {
		entries, err := readHistory(tx, name)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			m.Known = entries[0].At.Time()
		}
		r := windowReader{tx: tx, monitor: name, log: v.log}
		for _, e := range entries {
			early := e.At.Time().Before(from)
			switch {
			case e.Alert != nil && early:
				m.Earlier[e.Alert.Name] = true
			case e.Alert != nil:
				m.Changes = append(m.Changes, e)
			case early:
				m.Before = max(m.Before, e.End)
			case e.At.Time().Before(to):
				r.read(&m, e.End)
			}
		}
		m.Firing, err = readAlerts(tx, name)
		return err
	})
	return m, err
}

// readHistory returns what was found of a monitor, oldest first.
func readHistory(tx *store.Tx, monitor string) (entries []past.Entry, err error) {
	tx.History(monitor, window.None, window.Newest, func(at window.Time, b []byte) bool {
		var e past.Entry
		e, err = past.Decode(monitor, at, b)
		entries = append(entries, e)
		return err == nil
	})
	slices.Reverse(entries)
	return past.Distinct(entries), err
}

// readAlerts returns the monitor's alerts as they are now.
func readAlerts(tx *store.Tx, monitor string) ([]rules.Alert, error) {
	b := tx.Rules(monitor)
	if b == nil {
		return nil, nil
	}
	var state rules.State
	err := json.Unmarshal(b, &state)
	return state.Alerts(), err
}

// windowReader reads closed windows.
type windowReader struct {
	tx      *store.Tx
	monitor string
	digest  digest.Reader
	log     *slog.Logger
}

// read adds the window that ends at end. One whose result is no longer kept, or
// cannot be read, is left out.
func (r *windowReader) read(m *summary.Monitor, end window.Time) {
	b, err := storedDigest(r.tx, r.monitor, end, r.tx.Window(r.monitor, end))
	if b == nil && err == nil {
		return
	}
	w := summary.Window{End: end}
	if err == nil {
		var head digest.Window
		head, err = r.digest.Each(b, func(segment string, c digest.Cell) { count(&w, segment, c) })
		w.Rows = head.Rows
	}
	if err != nil {
		r.log.Error("a digest leaves out a window that cannot be read", "monitor", r.monitor, "window", end, "error", err)
		return
	}
	m.Windows = append(m.Windows, w)
}

// count notes what one result of a window says.
func count(w *summary.Window, segment string, c digest.Cell) {
	names := &w.Fields
	switch c.Verdict {
	case digest.Drift:
		w.Drift = true
	case digest.Violation:
		w.Broken, names = true, &w.Breaking
	default:
		return
	}
	if segment == "" && c.Field != "" && !slices.Contains(*names, c.Field) {
		*names = append(*names, c.Field)
	}
}
