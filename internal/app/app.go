// Package app is the daemon: it builds a configuration into running parts,
// keeps them running, replaces them on a reload and ends them in order. It
// holds no logic of its own.
package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/engine"
	"driftwatch/internal/metrics"
	"driftwatch/internal/snapshot"
	"driftwatch/internal/watch"
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
	reloader   *reloader
	latencies  *metrics.Latencies
	metrics    *metrics.Collector
	references *references // of what runs; of the reloader's goroutine
	reload     atomic.Pointer[snapshot.Reload]
	backup     atomic.Bool // the store may be fetched
	now        func() time.Time
	silences   *alerting.Silences
	engine     atomic.Pointer[engine.Engine]
	dispatcher atomic.Pointer[alerting.Dispatcher]
	digests    atomic.Pointer[digests]

	// Of runGenerations' goroutine.
	group *kafka.Group  // the newest membership; nil: this process is alone
	share *share        // what the group gave; nil: nothing is known yet
	moves *engine.Moves // what moves with monitors; nil: this process is alone
}

// Run runs the daemon until ctx ends. It returns a *ConfigError where the
// configuration cannot be used at the start; later such errors keep the old one.
func Run(ctx context.Context, o Options) error {
	d, g, err := newDaemon(o)
	if err != nil {
		return err
	}
	return errors.Join(d.run(ctx, g), d.store.Close())
}

// newDaemon opens the store, and returns the generation that is to run first.
func newDaemon(o Options) (*daemon, *generation, error) {
	files := &watch.Files{}
	g, err := build(o.Config, o.Log, files, nil)
	if err != nil {
		return nil, nil, err
	}
	st, err := store.Open(g.config.Store.Path)
	if err != nil {
		return nil, nil, errors.Join(err, g.close())
	}
	d := &daemon{opts: o, store: st, latencies: metrics.NewLatencies(), next: make(chan *generation), now: time.Now}
	d.metrics = metrics.NewCollector(metrics.Options{Snapshot: d.snapshot, Latencies: d.latencies, Now: d.now, Build: o.Build, Log: o.Log})
	if d.silences, err = alerting.NewSilences(shelf{st, silencesKey}, d.now); err != nil {
		return nil, nil, errors.Join(err, st.Close(), g.close())
	}
	d.reloader = &reloader{
		load: d.load, hangup: o.Hangup, asks: make(chan chan<- error), known: loaded{files: files, every: g.config.Reload.Watch},
	}
	d.view.Store(&snapshot.Snapshot{Reason: "starting"})
	d.accepted(g)
	return d, g, nil
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
	reloads := make(chan struct{})
	go func() { defer close(reloads); d.reloader.run(ctx) }()

	err = d.runGenerations(ctx, g)
	cancel()
	<-reloads
	<-housekeeping.Stop().Done()
	return errors.Join(err, <-web)
}
