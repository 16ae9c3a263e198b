package app

import (
	"context"
	"errors"
	"time"

	"github.com/robfig/cron/v3"

	"driftwatch/monitors/store"
)

// schedule reports what is wrong with a cron expression.
func schedule(expression string) error {
	_, err := cron.ParseStandard(expression)
	return err
}

// housekeeping keeps the store small: every hour old windows go, and as the
// configuration says the file is made smaller where much of it is free.
func (d *daemon) housekeeping(ctx context.Context, maintenance string) (*cron.Cron, error) {
	c := cron.New(cron.WithLocation(time.UTC))
	_, hourly := c.AddFunc("@hourly", func() { d.retain(ctx) })
	_, daily := c.AddFunc(maintenance, func() { d.retain(ctx); d.compact() })
	return c, errors.Join(hourly, daily)
}

// retain removes what is older than the store's retention.
func (d *daemon) retain(ctx context.Context) {
	e := d.engine.Load()
	if e == nil {
		return
	}
	if err := e.Retain(ctx); err != nil && ctx.Err() == nil {
		d.opts.Log.Error("old windows could not be removed", "error", err)
	}
}

// compact makes the store's file smaller if that is worth it.
func (d *daemon) compact() {
	began := d.now()
	won, err := d.store.Compact()
	var noRoom *store.NoRoomError
	switch {
	case errors.As(err, &noRoom):
		d.opts.Log.Warn("the store's file is not made smaller", "path", d.store.Path(), "error", err)
	case err != nil:
		d.opts.Log.Error("the store's file could not be made smaller", "path", d.store.Path(), "error", err)
	case won > 0:
		d.opts.Log.Info("the store's file was made smaller", "path", d.store.Path(), "bytes", won, "took", d.now().Sub(began))
	}
}
