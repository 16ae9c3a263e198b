package alerting

import (
	"context"
	"time"

	"driftwatch/rules"
)

// illustrate lets a receiver add the pictures of its messages, until ctx ends.
// What is missing is said once, and again when it is for another reason.
func (w *worker) illustrate(ctx context.Context, to Illustrator) {
	for problem := ""; ctx.Err() == nil; {
		added, next, err := to.Illustrate(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if problem != err.Error() {
				w.log.Warn("messages are sent without their pictures", "error", err)
			}
			problem = err.Error()
			w.stats.pictures(problem)
		case added > 0:
			problem = ""
			w.stats.pictures("")
		}
		var timer <-chan time.Time
		if !next.IsZero() {
			timer = time.After(time.Until(next))
		}
		select {
		case <-ctx.Done():
		case <-w.sent:
		case <-timer:
		}
	}
}

// told wakes the one who illustrates.
func (w *worker) told() {
	select {
	case w.sent <- struct{}{}:
	default:
	}
}

// pictures returns what a message is given to draw its alerts with.
func (w *worker) pictures() func(context.Context, *rules.Alert) []byte {
	if w.picture == nil {
		return nil
	}
	return func(ctx context.Context, a *rules.Alert) []byte {
		b, err := w.picture(ctx, a)
		if err != nil && ctx.Err() == nil {
			w.log.Warn("a picture cannot be drawn", "monitor", a.Monitor, "field", a.Field, "window", a.WindowEnd, "error", err)
		}
		return b
	}
}
