package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"driftwatch/alerting/notify/slack"
	"driftwatch/internal/app"
	"driftwatch/internal/demo"
)

type demoCmd struct {
	Duration time.Duration `help:"End after this time; without it the demo runs until it is interrupted."`
	Listen   string        `placeholder:"ADDR" help:"Address of the page; 127.0.0.1:9474, or a free port where that is taken."`
	Seed     uint64        `default:"1" help:"Of the made-up traffic."`
	Keep     string        `placeholder:"DIR" help:"Put configuration, rules, their tests and the store into this folder, and keep it."`
}

// Run runs the demo.
func (c *demoCmd) Run(ctx context.Context, s streams) error {
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelError}))
	return demo.Run(ctx, demo.Options{
		Duration: c.Duration, Listen: c.Listen, Seed: c.Seed, Out: s.out, Render: slack.Render,
		Keep: c.Keep, Program: os.Args[0],
		Daemon: func(ctx context.Context, path string) error {
			return app.Run(ctx, app.Options{Config: path, Log: log, Build: build()})
		},
	})
}
