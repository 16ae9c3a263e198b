package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"driftwatch/internal/app"
	"driftwatch/internal/replay"
)

type replayCmd struct {
	Config      string   `short:"c" required:"" placeholder:"FILE" help:"The configuration, driftwatch.yaml."`
	From        string   `placeholder:"TIME" help:"Only windows that start at this time or later. RFC 3339, or a day."`
	To          string   `placeholder:"TIME" help:"Only windows that end at this time or earlier."`
	Input       []string `placeholder:"FILE" sep:"none" help:"Read this file in place of Kafka: JSON Lines, also .gz and .zst; - is standard input. Each is one partition."`
	Rules       []string `placeholder:"PATH" sep:"none" help:"Rule files, or folders of them, in place of the configured ones."`
	Monitor     []string `placeholder:"NAME" sep:"none" help:"Only this monitor; a glob for several."`
	JSON        bool     `name:"json" help:"Print one JSON document: windows, alerts and summary."`
	Verify      bool     `help:"Compute the windows in the store again from Kafka, by their cuts, and compare bytes: exit code 1 if one differs."`
	Store       string   `placeholder:"PATH" help:"With --verify: a store's folder, or a copy of its file, in place of the configured one."`
	OpenMetrics string   `name:"openmetrics" placeholder:"FILE" help:"Also write the checks of all windows for promtool tsdb create-blocks-from openmetrics."`
}

// Run replays and prints.
func (c *replayCmd) Run(ctx context.Context, s streams) error {
	o := app.ReplayOptions{
		Config: c.Config, Rules: c.Rules, Monitors: c.Monitor, Inputs: c.Input, Stdin: s.in,
		Log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	var err error
	if o.From, o.To, err = readSpan(c.From, c.To); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	p := newProgress(s.err)
	o.Progress = p.add
	if c.Verify {
		return c.verify(ctx, s, o, p)
	}
	result, err := app.Replay(ctx, o)
	p.done()
	if err != nil {
		return describe(err, s)
	}
	write := result.WriteText
	if c.JSON {
		write = result.WriteJSON
	}
	return errors.Join(write(s.out), c.writeOpenMetrics(result), result.Close())
}

// check finds flags that do not go together.
func (c *replayCmd) check() error {
	switch {
	case c.Verify && (c.Rules != nil || c.Input != nil || c.OpenMetrics != ""):
		return &exit{exitUsage, "--verify is of the windows in a store: it does not go with --rules, --input and --openmetrics"}
	case !c.Verify && c.Store != "":
		return &exit{exitUsage, "--store goes with --verify"}
	}
	return spare(c.OpenMetrics, c.Input...)
}

func (c *replayCmd) verify(ctx context.Context, s streams, o app.ReplayOptions, p *progress) error {
	o.Store = c.Store
	v, err := app.Verify(ctx, o)
	p.done()
	if err != nil {
		return describe(err, s)
	}
	write := v.WriteText
	if c.JSON {
		write = v.WriteJSON
	}
	if err := write(s.out); err != nil {
		return err
	}
	if v.Differs() {
		return &exit{code: exitFound}
	}
	return nil
}

func (c *replayCmd) writeOpenMetrics(r *replay.Result) (err error) {
	if c.OpenMetrics == "" {
		return nil
	}
	f, err := os.Create(c.OpenMetrics)
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return errors.Join(r.WriteOpenMetrics(f), f.Close())
}
