package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"driftwatch/internal/engine"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/source/kafka"
)

// share is what the group gives this process.
type share struct {
	monitors []string        // their names
	standing context.Context // ends when the group takes it back
	taken    chan error      // gets the outcome when they run
}

// join makes the membership of the group that the configuration names, if it
// names one. It follows the one before, so that a reload moves nothing.
func (d *daemon) join(g *generation) error {
	k := g.config.Kafka
	if k.Group == "" || g.cluster == nil {
		d.group, d.share, d.moves = nil, nil, nil
		return nil
	}
	id, err := d.instance()
	if err != nil {
		return err
	}
	var group *kafka.Group
	moves := engine.NewMoves(engine.MovesOptions{
		Store: d.store, Ledger: g.cluster.Ledger(k.StateTopic), Group: k.Group, Owner: id, Log: g.log,
		Active: func() bool { return group.Active(d.now()) },
	}, d.moves)
	former, err := moves.Former()
	if err != nil {
		return err
	}
	group, err = g.cluster.Group(kafka.GroupConfig{
		ID: k.Group, InstanceID: id, Units: g.units(), Session: k.Session, Former: former, Before: d.group,
	})
	if err != nil {
		return err
	}
	if d.group != nil && d.group.ID() != group.ID() {
		d.share = nil
	}
	d.group, d.moves = group, moves
	return nil
}

// units are the configuration's monitors, for the group to share. What one costs
// grows with its fields.
func (g *generation) units() []kafka.Unit {
	var units []kafka.Unit
	for _, p := range g.plans {
		for _, m := range p.Monitors {
			units = append(units, kafka.Unit{Name: m.Spec.Name, Topic: p.Stream.Topic, Weight: 1 + len(m.Spec.Fields)})
		}
	}
	return units
}

// mine reports whether a monitor is this process's to run.
func (d *daemon) mine(monitor string) bool {
	return d.group == nil || d.share != nil && slices.Contains(d.share.monitors, monitor)
}

// divide returns plans of the monitors that are mine, and the names of those
// that are for other processes.
func (g *generation) divide(mine func(monitor string) bool) (plans []*monitors.Plan, elsewhere []string, err error) {
	for _, p := range g.plans {
		var here []*monitors.Monitor
		for _, m := range p.Monitors {
			if mine(m.Spec.Name) {
				here = append(here, m)
			} else {
				elsewhere = append(elsewhere, m.Spec.Name)
			}
		}
		if len(here) == 0 {
			continue
		}
		plan, err := monitors.NewPlan(p.Stream, here)
		if err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan)
	}
	return plans, elsewhere, nil
}

// groupView is what people see of the group, or nil.
func (d *daemon) groupView(elsewhere []string) *snapshot.Group {
	if d.group == nil {
		return nil
	}
	slices.Sort(elsewhere)
	return &snapshot.Group{Name: d.group.ID(), Elsewhere: elsewhere}
}

// takeShare makes the parts for the monitors that the group gives this process.
// A share that is taken back meanwhile is none.
func (d *daemon) takeShare(ctx context.Context, g *generation, s *share) (running, error) {
	d.share = s
	g.log.Info("the group shared the monitors", "group", d.group.ID(), "mine", len(s.monitors), "of", len(g.config.Monitors))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.standing, cancel)()
	r, err := d.startEngine(ctx, g)
	if ctx.Err() == nil {
		return r, err
	}
	d.share = &share{}
	return running{generation: g}, nil
}

// settleTimeout is after how long people are told that monitors wait.
const settleTimeout = time.Minute

func (d *daemon) settleOnce(ctx context.Context, g *generation) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	return d.moves.Settle(ctx, g.plans, g.programs, d.mine)
}

// settle takes over the monitors that are this process's and gives up those that
// are not, again and again while Kafka cannot be reached.
func (d *daemon) settle(ctx context.Context, g *generation) error {
	if d.moves == nil {
		return nil
	}
	told := false
	for {
		err := d.settleOnce(ctx, g)
		var passing *kafka.RetryError
		if err == nil || !errors.As(err, &passing) && !errors.Is(err, engine.ErrInactive) {
			return err
		}
		if !told && ctx.Err() == nil {
			told = true
			g.log.Warn("monitors wait for the state that moves with them; trying again until it works", "topic", g.config.Kafka.StateTopic, "error", err)
			d.view.Store(&snapshot.Snapshot{Reason: fmt.Sprintf("the state of monitors cannot be read: %v", err)})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// member is a membership that runs beside an engine.
type member struct {
	shares <-chan *share
	failed <-chan error
	stop   func() // ends it and waits
}

// beMember runs the membership of the group until it is stopped. Without a group
// nothing comes from it.
func (d *daemon) beMember(ctx context.Context) *member {
	if d.group == nil {
		return &member{stop: func() {}}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	shares, failed, ended := make(chan *share), make(chan error, 1), make(chan struct{})
	group := d.group
	go func() {
		defer close(ended)
		err := group.Run(ctx, func(ctx context.Context, monitors []string) error {
			s := &share{monitors: monitors, standing: ctx, taken: make(chan error, 1)}
			select {
			case shares <- s:
				return <-s.taken
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			failed <- err
		}
	}()
	return &member{shares: shares, failed: failed, stop: func() { cancel(); <-ended }}
}

// membership is of the group, or alone, and reads all partitions that plans need.
func (d *daemon) membership(g *generation, plans []*monitors.Plan) kafka.Membership {
	switch {
	case len(plans) == 0:
		return nothing{}
	case d.group == nil:
		return g.cluster.All(topics(plans))
	}
	return d.group.Share(topics(plans))
}
