package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"driftwatch/internal/app"
	"driftwatch/internal/yamlx"
)

type runCmd struct {
	Config   string `short:"c" required:"" placeholder:"FILE" help:"The configuration, driftwatch.yaml."`
	LogLevel string `enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum}."`
	LogJSON  bool   `name:"log-json" help:"Log JSON lines."`
}

// Run runs the daemon until it is told to end.
func (c *runCmd) Run(ctx context.Context, s streams) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	return describe(app.Run(ctx, app.Options{Config: c.Config, Log: c.logger(s), Hangup: hangup, Build: build()}), s)
}

// describe shows every problem of a configuration, with its place.
func describe(err error, s streams) error {
	var bad *app.ConfigError
	if !errors.As(err, &bad) {
		return err
	}
	if werr := yamlx.Write(s.err, "text", bad.Diagnostics); werr != nil {
		return werr
	}
	return &exit{code: exitFailure}
}

func (c *runCmd) logger(s streams) *slog.Logger {
	var level slog.Level
	// The enum lets only names through that UnmarshalText knows.
	_ = level.UnmarshalText([]byte(c.LogLevel))
	o := &slog.HandlerOptions{Level: level}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(s.err, o))
	}
	return slog.New(slog.NewTextHandler(s.err, o))
}
