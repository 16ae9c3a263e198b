package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"driftwatch/internal/config"
	"driftwatch/monitors"
	"driftwatch/monitors/decode"
	"driftwatch/monitors/reference"
	"driftwatch/monitors/source"
	"driftwatch/monitors/source/kafka"
	"driftwatch/monitors/window"
)

// HistoryOptions say of which records of a stream a profile is made.
type HistoryOptions struct {
	Config   string    // path of driftwatch.yaml
	Monitor  string    // whose stream it is, and what is counted of it
	From, To time.Time // event times in [From, To); zero: no bound
	Progress func(records int)
	Log      *slog.Logger
}

// History is the profile of a part of a stream, with the monitor's segments.
type History struct {
	*reference.Reference
	Unusable uint64 // records that could not be decoded, or had no time
	Lost     uint64 // records that were gone before they could be read
}

// ProfileHistory reads the committed records of a monitor's topic, up to where
// each partition ends when it begins, and counts them as the daemon would. It
// joins no group and leaves nothing behind.
func ProfileHistory(ctx context.Context, o HistoryOptions) (_ *History, err error) {
	c, diagnostics := config.Load(o.Config, config.Options{MissingReferences: true})
	if c == nil {
		return nil, &ConfigError{diagnostics}
	}
	plan, err := planOf(c, o.Monitor)
	if err != nil {
		return nil, err
	}
	g := &generation{config: c, plans: []*monitors.Plan{plan}, log: o.Log}
	if err := g.buildCluster(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	r := &historyReader{HistoryOptions: o, cluster: g.cluster, plan: plan, pane: plan.Monitors[0].NewPane(0)}
	return r.read(ctx)
}

// planOf returns the plan of one monitor alone, without its reference.
func planOf(c *config.Config, monitor string) (*monitors.Plan, error) {
	spec, err := findMonitor(c, monitor)
	if err != nil {
		return nil, err
	}
	for _, s := range c.Streams {
		if s.Name == spec.Stream {
			return monitors.NewPlan(s, []*monitors.Monitor{{Spec: *spec}})
		}
	}
	return nil, fmt.Errorf("%s has no stream %q", c.File, spec.Stream)
}

func findMonitor(c *config.Config, name string) (*monitors.Spec, error) {
	for i := range c.Monitors {
		if c.Monitors[i].Name == name {
			return &c.Monitors[i], nil
		}
	}
	return nil, fmt.Errorf("%s has no monitor %q", c.File, name)
}

// historyReader reads the partitions of a topic, some at a time.
type historyReader struct {
	HistoryOptions
	cluster *kafka.Cluster
	plan    *monitors.Plan

	mu             sync.Mutex
	pane           *monitors.Pane // of the partitions that are read
	unusable, lost uint64
}

func (r *historyReader) read(ctx context.Context) (*History, error) {
	topic := r.plan.Stream.Topic
	ids, err := r.cluster.Partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("topic %q does not exist", topic)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, id := range ids {
		group.Go(func() error { return r.partition(ctx, source.Partition{Topic: topic, ID: id}) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if r.pane.Rows() == 0 {
		return nil, fmt.Errorf("no record of topic %q that monitor %q watches has an event time in that span (%d records cannot be used)",
			topic, r.Monitor, r.unusable)
	}
	ref, err := r.pane.Reference()
	if err != nil {
		return nil, err
	}
	return &History{ref, r.unusable, r.lost}, nil
}

// start is where records of the span begin in a partition: no event time is
// further ahead of its record's Kafka timestamp than the stream allows, so all
// records before the first that Kafka has had from then on are older.
func (r *historyReader) start() source.Start {
	if r.From.IsZero() {
		return source.Start{}
	}
	ahead := r.plan.Stream.MaxAhead
	if r.plan.Stream.Time == nil {
		ahead = 0
	}
	return source.Start{At: r.From.Add(-ahead)}
}

// unknownEnd stands for a partition's end before its first answer.
const unknownEnd = int64(math.MaxInt64)

func (r *historyReader) partition(ctx context.Context, p source.Partition) error {
	next, err := r.cluster.Resolve(ctx, p, r.start())
	if err != nil {
		return err
	}
	decoder, err := r.plan.NewDecoder()
	if err != nil {
		return err
	}
	part := historyPart{historyReader: r, id: p.ID, decoder: decoder, row: r.plan.NewRow(), pane: r.plan.Monitors[0].NewPane(0)}
	log, lost := r.cluster.Log(p), int64(0)
	for end := unknownEnd; next < end; {
		b, err := log.Fetch(ctx, next)
		if err != nil {
			return err
		}
		end = min(end, b.End) // as it was when it was first asked for
		for i := range b.Records {
			if b.Records[i].Offset < end {
				part.observe(&b.Records[i])
			}
		}
		r.progress(len(b.Records))
		lost, next = lost+b.Lost, b.Next
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += uint64(lost)
	r.unusable += part.unusable
	return r.pane.Merge(part.pane)
}

func (r *historyReader) progress(records int) {
	if r.Progress != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.Progress(records)
	}
}

// historyPart counts the records of one partition.
type historyPart struct {
	*historyReader
	id       int
	decoder  decode.Decoder
	row      *monitors.Row
	pane     *monitors.Pane
	unusable uint64
}

func (p *historyPart) observe(rec *source.Record) {
	if err := p.row.Fill(p.decoder, p.id, rec); err != nil {
		p.unusable++
		return
	}
	t, err := p.row.Time(rec)
	switch {
	case err != nil:
		p.unusable++
	case !p.From.IsZero() && t < window.FromTime(p.From), !p.To.IsZero() && t >= window.FromTime(p.To):
	default:
		p.pane.Observe(p.row)
	}
}
