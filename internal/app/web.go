package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"driftwatch/alerting"
	past "driftwatch/internal/history"
	"driftwatch/internal/metrics"
	"driftwatch/internal/snapshot"
	"driftwatch/internal/web"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/store"
	"driftwatch/monitors/window"
)

// startWeb serves pages, metrics and the API until ctx ends. The channel has
// the outcome then. The address is that of the first configuration: a reload
// does not move it.
func (d *daemon) startWeb(ctx context.Context, g *generation) (<-chan error, error) {
	server, err := web.New(web.Options{
		Listen: g.config.Web.Listen, ConfigFile: g.config.Web.ConfigFile,
		Snapshot: d.snapshot,
		History:  history{d.store, d.redaction}, References: d, Digests: d, Silences: d.silences, Now: d.now, Backup: d.copyStore, Metrics: metrics.Handler(metrics.NewGatherer(d.metrics)), Reload: d.reloader.Ask, Logger: d.opts.Log,
	})
	if err != nil {
		return nil, err
	}
	d.opts.Log.Info("listening", "address", server.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	return ended, nil
}

// snapshot returns the newest one, with what the engine does not know.
func (d *daemon) snapshot() *snapshot.Snapshot {
	v := *d.view.Load()
	v.Reload = *d.reload.Load()
	if dispatcher := d.dispatcher.Load(); dispatcher != nil {
		v.Notified = dispatcher.Stats()
	}
	if digests := d.digests.Load(); digests != nil {
		v.Notified = alerting.AddStats(v.Notified, digests.sender.Stats())
	}
	return &v
}

// copyStore returns a copy of the store, which holds all that is redacted.
func (d *daemon) copyStore() (*os.File, error) {
	if !d.backup.Load() {
		return nil, snapshot.Refused("the store holds values that are redacted, and web.backup is not on")
	}
	return d.store.Copy()
}

// redaction is the fields of a monitor whose values are not shown.
func (d *daemon) redaction(monitor string) checks.Redaction {
	v := d.view.Load()
	for i := range v.Monitors {
		if v.Monitors[i].Name == monitor {
			return v.Monitors[i].Redaction
		}
	}
	return nil
}

// history reads of closed windows in the store what may be shown.
type history struct {
	store     *store.Store
	redaction func(monitor string) checks.Redaction
}

// Windows implements web.History.
func (h history) Windows(monitor string, from, to window.Time, limit int) (list []*checks.Window, err error) {
	viewErr := h.store.View(func(tx *store.Tx) error {
		tx.Windows(monitor, from, to, func(end window.Time, b []byte) bool {
			w := &checks.Window{}
			if err = json.Unmarshal(b, w); err != nil {
				err = fmt.Errorf("read window %v of %q: %w", end, monitor, err)
				return false
			}
			list = append(list, w)
			return len(list) < limit
		})
		return err
	})
	slices.Reverse(list)
	return h.redaction(monitor).Windows(list), viewErr
}

// Digests implements web.History. Windows that closed before there were digests
// get theirs here. Who reads them leaves out what is redacted now.
func (h history) Digests(monitor string, from, to window.Time, fn func(digest []byte) bool) error {
	return h.store.View(func(tx *store.Tx) (err error) {
		tx.Windows(monitor, from, to, func(end window.Time, result []byte) bool {
			b, readErr := storedDigest(tx, monitor, end, result)
			err = readErr
			return err == nil && fn(b)
		})
		return err
	})
}

// storedDigest returns the digest of a window; nil of one that is not kept.
func storedDigest(tx *store.Tx, monitor string, end window.Time, result []byte) ([]byte, error) {
	if b := tx.Digest(monitor, end); b != nil || result == nil {
		return b, nil
	}
	w := &checks.Window{}
	if err := json.Unmarshal(result, w); err != nil {
		return nil, fmt.Errorf("read window %v of %q: %w", end, monitor, err)
	}
	return digest.Append(nil, w), nil
}

// Alerts implements web.History. Values that were kept before their field was
// redacted are left out.
func (h history) Alerts(monitor string, from, to window.Time, limit int) (list []past.Entry, err error) {
	hidden := h.redaction(monitor)
	err = h.store.View(func(tx *store.Tx) error {
		entries, err := readHistory(tx, monitor)
		for _, e := range slices.Backward(entries) {
			if e.Alert != nil && e.End > from && e.End <= to && len(list) < limit {
				if hidden.Hides(e.Alert.Field, e.Alert.Check) {
					e.Alert.Value = nil
				}
				list = append(list, e)
			}
		}
		return err
	})
	return list, err
}

// errStarting says that there is no engine to ask yet.
var errStarting = errors.New("the daemon is starting")

// WindowProfile implements web.References.
func (d *daemon) WindowProfile(monitor string, end window.Time) ([]byte, error) {
	if e := d.engine.Load(); e != nil {
		return e.WindowProfile(monitor, end)
	}
	return nil, errStarting
}

// Compared implements web.References.
func (d *daemon) Compared(monitor string, end window.Time, segment, field string) (monitors.Compared, error) {
	if e := d.engine.Load(); e != nil {
		return e.Compared(monitor, end, segment, field)
	}
	return monitors.Compared{}, errStarting
}

// Accept implements web.References.
func (d *daemon) Accept(ctx context.Context, monitor string, end window.Time) error {
	e := d.engine.Load()
	if e == nil {
		return errStarting
	}
	if err := e.Accept(ctx, monitor, end); err != nil {
		return err
	}
	d.opts.Log.Info("a window was accepted as the reference", "monitor", monitor, "window", end)
	return nil
}

// Release implements web.References.
func (d *daemon) Release(ctx context.Context, monitor string) error {
	e := d.engine.Load()
	if e == nil {
		return errStarting
	}
	if err := e.Release(ctx, monitor); err != nil {
		return err
	}
	d.opts.Log.Info("the configured reference holds again", "monitor", monitor)
	return nil
}
