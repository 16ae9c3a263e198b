// Package app is the daemon: it builds a configuration into running parts,
// keeps them running, replaces them on a reload and ends them in order. It
// holds no logic of its own.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/engine"
	"driftwatch/internal/metrics"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors/source/kafka"
	"driftwatch/monitors/store"
)

// Options is what a daemon is started with.
type Options struct {
	Config string // path of driftwatch.yaml
	Log    *slog.Logger
	Hangup <-chan os.Signal // a value asks for a reload; nil: none come
	Build  metrics.Build
}

// daemon is what outlives a reload.
type daemon struct {
	opts       Options
	store      *store.Store
	view       atomic.Pointer[snapshot.Snapshot]
	next       chan *generation // a generation that is to take over
	reload     atomic.Pointer[snapshot.Reload]
	now        func() time.Time
	engine     atomic.Pointer[engine.Engine]
	dispatcher atomic.Pointer[alerting.Dispatcher]

	// Of runGenerations' goroutine.
	group *kafka.Group // the newest membership; nil: this process is alone
	share *share       // what the group gave; nil: nothing is known yet
}

// Run runs the daemon until ctx ends. It returns a *ConfigError where the
// configuration cannot be used at the start; later such errors keep the old one.
func Run(ctx context.Context, o Options) error {
	g, err := build(o.Config, o.Log)
	if err != nil {
		return err
	}
	st, err := store.Open(g.config.Store.Path)
	if err != nil {
		return errors.Join(err, g.close())
	}
	d := &daemon{opts: o, store: st, next: make(chan *generation), now: time.Now}
	d.view.Store(&snapshot.Snapshot{Reason: "starting"})
	d.reload.Store(&snapshot.Reload{OK: true, At: d.now()})
	return errors.Join(d.run(ctx, g), st.Close())
}

func (d *daemon) run(ctx context.Context, g *generation) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web, err := d.startWeb(ctx, g)
	if err != nil {
		return errors.Join(err, g.close())
	}
	housekeeping, err := d.housekeeping(ctx, g.config.Store.Maintenance)
	if err != nil {
		return errors.Join(err, g.close())
	}
	housekeeping.Start()
	hangups := make(chan struct{})
	go func() { defer close(hangups); d.followHangups(ctx) }()

	err = d.runGenerations(ctx, g)
	cancel()
	<-hangups
	<-housekeeping.Stop().Done()
	return errors.Join(err, <-web)
}

// Reload builds the configuration anew and lets it take over. Where it cannot
// be used the old one stays, and the error says why.
func (d *daemon) Reload(ctx context.Context) error {
	g, err := build(d.opts.Config, d.opts.Log)
	if err != nil {
		d.rejected(err)
		return err
	}
	select {
	case d.next <- g:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("reload: %w", ctx.Err()), g.close())
	}
	select {
	case err = <-g.taken:
	case <-ctx.Done():
		return fmt.Errorf("reload: %w", ctx.Err())
	}
	if err != nil {
		d.rejected(err)
		return err
	}
	d.reload.Store(&snapshot.Reload{OK: true, At: d.now()})
	d.opts.Log.Info("the configuration was loaded anew", "monitors", len(g.config.Monitors), "revision", g.revision)
	return nil
}

// rejected says that a configuration does not take over.
func (d *daemon) rejected(err error) {
	d.opts.Log.Error("the new configuration is not used; the old one stays", "error", err)
	d.reload.Store(&snapshot.Reload{At: d.reload.Load().At, Error: err.Error()})
}

func (d *daemon) followHangups(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.opts.Hangup:
			_ = d.Reload(ctx) // logged and shown there
		}
	}
}
