package main

import (
	"context"
	"fmt"
	"time"

	"driftwatch/internal/app"
)

type notifyTestCmd struct {
	Receiver string        `arg:"" help:"The name of the receiver."`
	Config   string        `short:"c" required:"" help:"Configuration file."`
	Resolve  bool          `help:"Send the end of the sample alert after it."`
	Timeout  time.Duration `default:"30s" help:"How long the receiver may take."`
}

// Run sends a sample message and prints what the receiver answered.
func (c *notifyTestCmd) Run(ctx context.Context, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	answers, err := app.NotifyTest(ctx, c.Config, c.Receiver, c.Resolve)
	for _, a := range answers {
		if _, err := fmt.Fprintf(s.out, "%s was told. %s\n", c.Receiver, a); err != nil {
			return err
		}
	}
	return describe(err, s)
}
