package app

import (
	"context"
	"errors"

	"driftwatch/alerting"
	"driftwatch/internal/engine"
	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

// running is a generation's parts that have a state.
type running struct {
	*generation
	engine     *engine.Engine // nil: the group has not said what to run
	dispatcher *alerting.Dispatcher
	digests    *digests
}

// runGenerations runs one generation after the other.
func (d *daemon) runGenerations(ctx context.Context, g *generation) error {
	r, err := d.start(ctx, g)
	for err == nil {
		var next *generation
		if next, err = d.runGeneration(ctx, r); err != nil || next == nil {
			break
		}
		r, err = d.takeOver(ctx, r.generation, next)
		g = r.generation
	}
	return errors.Join(err, g.close())
}

// takeOver makes the next generation the one that runs. One that turns out not
// to fit the store gives way to the one before it.
func (d *daemon) takeOver(ctx context.Context, old, next *generation) (running, error) {
	r, err := d.start(ctx, next)
	next.taken <- err
	if err == nil {
		return r, old.close()
	}
	r, err = d.start(ctx, old)
	return r, errors.Join(err, next.close())
}

// start makes a generation's parts, which then only have to be run.
func (d *daemon) start(ctx context.Context, g *generation) (running, error) {
	if err := d.join(g); err != nil {
		return running{generation: g}, err
	}
	return d.startEngine(ctx, g)
}

// startEngine makes the parts for the monitors that are this process's.
func (d *daemon) startEngine(ctx context.Context, g *generation) (running, error) {
	r := running{generation: g}
	if d.group != nil && d.share == nil {
		return r, nil
	}
	err := d.settle(ctx, g)
	if err != nil {
		return r, err
	}
	if r.engine, err = d.newEngine(g); err != nil {
		return r, err
	}
	var counted []snapshot.Receiver
	if before := d.dispatcher.Load(); before != nil {
		counted = before.Stats()
	}
	r.dispatcher, err = alerting.New(alerting.Options{
		Outbox: r.engine.Outbox(), Receivers: g.receivers, Settings: g.settings, Logger: g.log,
		Route: g.config.Alerting.Route, Inhibit: g.config.Alerting.Inhibit, Silences: d.silences, Limit: g.config.Alerting.Limit,
		Alerts:  func() []rules.Alert { return d.view.Load().Alerts },
		Picture: d.picture, ExternalURL: g.config.Web.ExternalURL, Counted: counted, Attempted: d.latencies.Attempted,
	})
	if err != nil {
		return r, err
	}
	if r.digests, err = d.newDigests(g); err != nil {
		return r, err
	}
	d.dispatcher.Store(r.dispatcher) // who asks after the reload hears of its receivers
	d.digests.Store(r.digests)
	return r, nil
}

// runGeneration runs a generation until ctx ends or another one is to take
// over, which it returns. Its engine is another one whenever the group gives
// this process other monitors.
func (d *daemon) runGeneration(ctx context.Context, r running) (*generation, error) {
	m := d.beMember(ctx)
	defer m.stop()
	for {
		e := d.runEngine(ctx, r, m)
		if e.share == nil {
			return e.next, e.err
		}
		if e.err == nil {
			r, e.err = d.takeShare(ctx, r.generation, e.share)
		}
		e.share.taken <- e.err
		if e.err != nil {
			return nil, e.err
		}
	}
}

// event is what an engine has to end for; all nil: the daemon ends.
type event struct {
	next  *generation // that takes over
	share *share      // that the group gives
	err   error       // that cannot be gone on with
}

// runEngine runs the parts until something happens.
func (d *daemon) runEngine(ctx context.Context, r running, m *member) event {
	ended, stop := d.runParts(ctx, r)
	var e event
	select {
	case <-ctx.Done():
	case e.next = <-d.next:
	case e.share = <-m.shares:
	case e.err = <-m.failed:
	case e.err = <-ended:
		return event{err: errors.Join(e.err, stop())}
	}
	e.err = errors.Join(e.err, stop())
	return e
}

// runParts starts what is to run. The channel gets the error of an engine that
// ends too early; stop ends all, in order, and waits.
func (d *daemon) runParts(ctx context.Context, r running) (ended <-chan error, stop func() error) {
	if r.engine == nil {
		return nil, func() error { return nil }
	}
	d.engine.Store(r.engine)
	engineCtx, stopEngine := context.WithCancel(context.WithoutCancel(ctx))
	dispatchCtx, stopDispatcher := context.WithCancel(ctx)
	done, dispatched, digested := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { done <- r.engine.Run(engineCtx); close(done) }()
	go func() { dispatched <- r.dispatcher.Run(dispatchCtx) }()
	go func() { digested <- r.digests.sender.Run(dispatchCtx) }()
	return done, func() error {
		// The dispatcher acknowledges through the engine, so it ends first.
		stopDispatcher()
		err := errors.Join(<-dispatched, <-digested)
		stopEngine()
		return errors.Join(err, <-done)
	}
}

// timing is where the engine's latencies go.
func (d *daemon) timing() engine.Timing {
	l := d.latencies
	return engine.Timing{Fetched: l.Fetched, Evaluated: l.Evaluated, Stepped: l.Stepped, Shown: l.Shown, Committed: l.Committed}
}

func (d *daemon) newEngine(g *generation) (*engine.Engine, error) {
	plans, elsewhere, err := g.divide(d.mine)
	if err != nil {
		return nil, err
	}
	membership := d.membership(g, plans)
	route := g.config.Alerting.Route
	group := d.groupView(elsewhere)
	limit, shown := within(g.config.Memory.Limit), g.ruleViews()
	return engine.New(engine.Options{
		Plans: plans, Elsewhere: elsewhere, Programs: g.programs,
		Source: partitions{g.cluster, membership}, Membership: membership, Store: d.store, Moves: d.moves, Before: d.view.Load(),
		Start: g.config.Kafka.Start, Receivers: route.Receivers(), Log: g.log,
		Route: func(e rules.Event) []string { return route.ReceiversOf(&e.Alert) },
		Describe: func(s *snapshot.Snapshot) {
			s.Rules, s.Revision, s.Group = shown.with(s.Alerts), g.revision, group
			s.Memory = snapshot.Memory{Live: liveHeap(), Estimate: g.config.Memory.Estimate, Limit: g.config.Memory.Limit}
			d.metrics.Prepare(s)
		},
		Publish:   d.view.Store,
		Crowded:   func() bool { return crowded(limit) },
		Retention: g.config.Store.Retention, Profiles: g.config.Store.Profiles,
		Timing: d.timing(),
	})
}
