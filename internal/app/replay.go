package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"driftwatch/internal/config"
	"driftwatch/internal/replay"
	"driftwatch/monitors"
	"driftwatch/monitors/source"
	"driftwatch/monitors/source/file"
	"driftwatch/monitors/store"
)

// ReplayOptions say what is replayed.
type ReplayOptions struct {
	Config   string    // path of driftwatch.yaml
	Rules    []string  // files and folders, in place of the configured ones; nil: those
	Monitors []string  // names and globs; nil: all
	Inputs   []string  // data files to read in place of Kafka, each one partition; "-" is Stdin
	From, To time.Time // only windows between them; zero: no bound
	Store    string    // of Verify: a store, or a copy of its file, in place of the configured one
	Stdin    io.Reader
	Progress func(records int)
	Log      *slog.Logger
}

// Replay runs the monitors and rules of a configuration over history. The
// result has to be closed.
func Replay(ctx context.Context, o ReplayOptions) (_ *replay.Result, err error) {
	g, logs, err := o.build()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	limit := within(g.config.Memory.Limit)
	limitMemory(limit)
	return replay.Run(ctx, replay.Options{
		Plans: g.plans, Programs: g.programs, Logs: logs, From: o.From, To: o.To, Whole: len(o.Inputs) > 0, Progress: o.Progress,
		Crowded: func() bool { return crowded(limit) }, Log: o.Log,
	})
}

// build makes the generation that is replayed, and its logs.
func (o *ReplayOptions) build() (*generation, replay.Logs, error) {
	g, err := read(o.Config, config.Options{Rules: o.Rules, MissingSecrets: true}, nil, o.Log)
	if err != nil {
		return nil, nil, err
	}
	if err := g.choose(o.Monitors); err != nil {
		return nil, nil, err
	}
	if err := g.buildPlans(); err != nil {
		return nil, nil, err
	}
	logs, err := g.logs(o)
	return g, logs, err
}

// Verify computes the windows in a store again from Kafka and compares them.
func Verify(ctx context.Context, o ReplayOptions) (_ *replay.Verification, err error) {
	g, logs, err := o.build()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	st, err := store.OpenReadOnly(cmp.Or(o.Store, g.config.Store.Path))
	if errors.Is(err, store.ErrLocked) {
		return nil, fmt.Errorf("%w: stop the daemon, or verify a copy, which GET /api/v1/backup gives, by --store", err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return replay.Verify(ctx, replay.VerifyOptions{
		Plans: g.plans, Store: st, Logs: logs, From: o.From, To: o.To, Progress: o.Progress, Log: o.Log,
	})
}

// choose leaves only the monitors of these names and globs.
func (g *generation) choose(names []string) error {
	if names == nil {
		return nil
	}
	chosen := map[string]bool{}
	for _, name := range names {
		found := false
		for _, m := range g.config.Monitors {
			if ok, err := path.Match(name, m.Name); ok && err == nil {
				chosen[m.Name], found = true, true
			}
		}
		if !found {
			return fmt.Errorf("%s has no monitor %q", g.config.File, name)
		}
	}
	g.config.Monitors = slices.DeleteFunc(g.config.Monitors, func(m monitors.Spec) bool { return !chosen[m.Name] })
	return nil
}

// logs are the files that were given, else the topics.
func (g *generation) logs(o *ReplayOptions) (replay.Logs, error) {
	if len(g.plans) == 0 {
		return nil, fmt.Errorf("%s has no monitors: there is nothing to replay", g.config.File)
	}
	if len(o.Inputs) == 0 {
		return &topicLogs{generation: g}, g.buildCluster()
	}
	var streams []string
	for _, p := range g.plans {
		streams = append(streams, p.Stream.Name)
	}
	s := &g.plans[0].Stream
	switch {
	case len(streams) > 1:
		return nil, fmt.Errorf("--input is of one stream, and the monitors are of %s: choose some by --monitor", strings.Join(streams, ", "))
	case s.Format != "json":
		return nil, fmt.Errorf("--input is JSON Lines, and the records of stream %q are %s", s.Name, s.Format)
	case s.Time == nil:
		return nil, fmt.Errorf("stream %q has no time field, and the lines of a file have no time of their own", s.Name)
	}
	return &fileLogs{topic: s.Topic, paths: o.Inputs, stdin: o.Stdin}, nil
}

// topicLogs are the topics of a generation as they are when they are first asked
// for.
type topicLogs struct {
	*generation
	ends map[source.Partition]int64
}

// Partitions implements replay.Logs.
func (l *topicLogs) Partitions(ctx context.Context) ([]source.Partition, error) {
	l.ends = map[source.Partition]int64{}
	for _, topic := range topics(l.plans) {
		ids, err := l.cluster.Partitions(ctx, topic)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, fmt.Errorf("topic %q does not exist", topic)
		}
		for _, id := range ids {
			p := source.Partition{Topic: topic, ID: id}
			if l.ends[p], err = l.cluster.Resolve(ctx, p, source.Start{Latest: true}); err != nil {
				return nil, err
			}
		}
	}
	return slices.Collect(maps.Keys(l.ends)), nil
}

// Resolve implements replay.Logs. No event time is further ahead of its record's
// Kafka timestamp than its stream allows, so all records before the first that
// Kafka has had from then on are older.
func (l *topicLogs) Resolve(ctx context.Context, p source.Partition, start source.Start) (int64, error) {
	if !start.At.IsZero() {
		ahead := time.Duration(0)
		for _, plan := range l.plans {
			if plan.Stream.Topic == p.Topic && plan.Stream.Time != nil {
				ahead = max(ahead, plan.Stream.MaxAhead)
			}
		}
		start.At = start.At.Add(-ahead)
	}
	return l.cluster.Resolve(ctx, p, start)
}

// Log implements replay.Logs.
func (l *topicLogs) Log(p source.Partition) source.Log {
	return replay.Until(l.cluster.Log(p), l.ends[p])
}

// fileLogs are data files, each as one partition.
type fileLogs struct {
	topic string
	paths []string
	stdin io.Reader
}

// Partitions implements replay.Logs.
func (l *fileLogs) Partitions(context.Context) (list []source.Partition, err error) {
	for i := range l.paths {
		list = append(list, source.Partition{Topic: l.topic, ID: i})
	}
	return list, nil
}

// Resolve implements replay.Logs: a file is read from its first line on.
func (l *fileLogs) Resolve(context.Context, source.Partition, source.Start) (int64, error) {
	return 0, nil
}

// Log implements replay.Logs.
func (l *fileLogs) Log(p source.Partition) source.Log {
	return &fileLog{path: l.paths[p.ID], stdin: l.stdin}
}

// fileLog is a file that is opened when it is first read, and closed at its end.
type fileLog struct {
	path  string
	stdin io.Reader
	log   *file.Log
}

// Fetch implements source.Log. An interrupted read is not waited for: standard
// input may be a terminal that nobody types at.
func (l *fileLog) Fetch(ctx context.Context, from int64) (source.Batch, error) {
	type answer struct {
		batch source.Batch
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		b, err := l.read(ctx, from)
		answers <- answer{b, err}
	}()
	select {
	case a := <-answers:
		return a.batch, a.err
	case <-ctx.Done():
		return source.Batch{}, ctx.Err()
	}
}

func (l *fileLog) read(ctx context.Context, from int64) (b source.Batch, err error) {
	if l.log == nil {
		if l.log, err = file.OpenLog(l.path, l.stdin); err != nil {
			return b, err
		}
	}
	b, err = l.log.Fetch(ctx, from)
	if b.Final || err != nil {
		err = errors.Join(err, l.log.Close())
	}
	return b, err
}
