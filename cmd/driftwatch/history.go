package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"driftwatch/internal/app"
)

// history writes the profile of a part of a monitor's stream.
func (c *profileCmd) history(ctx context.Context, s streams) error {
	o := app.HistoryOptions{
		Config: c.Config, Monitor: c.Monitor,
		Log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	var err error
	if o.From, o.To, err = readSpan(c.From, c.To); err != nil {
		return err
	}
	p := newProgress(s.err)
	o.Progress = p.add
	made, err := app.ProfileHistory(ctx, o)
	p.done()
	if err != nil {
		return describe(err, s)
	}
	if err := made.WriteFile(c.Output); err != nil {
		return err
	}
	if made.Unusable > 0 {
		fmt.Fprintf(s.err, "left out: %d records that cannot be used\n", made.Unusable)
	}
	if made.Lost > 0 {
		fmt.Fprintf(s.err, "%d records were gone before they could be read\n", made.Lost)
	}
	return c.say(s, made.Reference)
}

// readSpan reads --from and --to, each of which may be "".
func readSpan(from, to string) (f, t time.Time, err error) {
	if f, err = readMoment("--from", from); err != nil {
		return f, t, err
	}
	if t, err = readMoment("--to", to); err != nil {
		return f, t, err
	}
	if !t.IsZero() && !f.Before(t) {
		return f, t, &exit{exitUsage, "--to is not later than --from"}
	}
	return f, t, nil
}

// readMoment reads RFC 3339, or a day, which is its midnight in UTC.
func readMoment(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &exit{exitUsage, fmt.Sprintf("%s is %q, not a time like 2026-01-02T15:04:05Z or a day like 2026-01-02", flag, s)}
}
