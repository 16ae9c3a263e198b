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
	"driftwatch/monitors/store"
	"driftwatch/rules"
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

// running is a generation's parts that have a state.
type running struct {
	*generation
	engine     *engine.Engine
	dispatcher *alerting.Dispatcher
}

// runGenerations runs one generation after the other.
func (d *daemon) runGenerations(ctx context.Context, g *generation) error {
	r, err := d.start(g)
	for err == nil {
		var next *generation
		if next, err = d.runOne(ctx, r); err != nil || next == nil {
			break
		}
		r, err = d.takeOver(r.generation, next)
		g = r.generation
	}
	return errors.Join(err, g.close())
}

// takeOver makes the next generation the one that runs. One that turns out not
// to fit the store gives way to the one before it.
func (d *daemon) takeOver(old, next *generation) (running, error) {
	r, err := d.start(next)
	next.taken <- err
	if err == nil {
		return r, old.close()
	}
	r, err = d.start(old)
	return r, errors.Join(err, next.close())
}

// start makes a generation's parts, which then only have to be run.
func (d *daemon) start(g *generation) (running, error) {
	r := running{generation: g}
	var err error
	if r.engine, err = d.newEngine(g); err != nil {
		return r, err
	}
	var counted []snapshot.Receiver
	if before := d.dispatcher.Load(); before != nil {
		counted = before.Stats()
	}
	r.dispatcher, err = alerting.New(alerting.Options{
		Outbox: r.engine.Outbox(), Receivers: g.receivers, Routes: g.routes, Logger: g.log,
		Alerts:      func() []rules.Alert { return d.view.Load().Alerts },
		ExternalURL: g.config.Web.ExternalURL, Counted: counted,
	})
	return r, err
}

// runOne runs a generation until ctx ends or another one takes over, which it
// returns.
func (d *daemon) runOne(ctx context.Context, r running) (*generation, error) {
	d.dispatcher.Store(r.dispatcher)
	d.engine.Store(r.engine)
	engineCtx, stopEngine := context.WithCancel(context.WithoutCancel(ctx))
	defer stopEngine()
	dispatchCtx, stopDispatcher := context.WithCancel(ctx)
	defer stopDispatcher()
	ended, dispatched := make(chan error, 1), make(chan error, 1)
	go func() { ended <- r.engine.Run(engineCtx) }()
	go func() { dispatched <- r.dispatcher.Run(dispatchCtx) }()

	var next *generation
	select {
	case <-ctx.Done():
	case next = <-d.next:
	case err := <-ended:
		stopDispatcher()
		return nil, errors.Join(err, <-dispatched)
	}
	// The dispatcher acknowledges through the engine, so it ends first.
	stopDispatcher()
	err := <-dispatched
	stopEngine()
	return next, errors.Join(err, <-ended)
}

func (d *daemon) newEngine(g *generation) (*engine.Engine, error) {
	membership, err := d.membership(g)
	if err != nil {
		return nil, err
	}
	var receivers []string
	for _, r := range g.routes {
		receivers = append(receivers, r.Receiver)
	}
	return engine.New(engine.Options{
		Plans: g.plans, Programs: g.programs, Source: partitions{g.cluster, membership}, Membership: membership, Store: d.store,
		Start: g.config.Kafka.Start, Receivers: receivers, Log: g.log,
		Route: func(rules.Event) []string { return receivers },
		Describe: func(s *snapshot.Snapshot) {
			s.Rules, s.Revision = g.rules(s.Alerts), g.revision
		},
		Publish:   d.view.Store,
		Retention: g.config.Store.Retention, Profiles: g.config.Store.Profiles,
	})
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
