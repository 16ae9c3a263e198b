package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/watch"
)

// reloader decides when the configuration is loaded anew: when a person asks,
// or when its files changed. One goroutine does it all, so that loads never
// meet.
type reloader struct {
	load   func(context.Context) loaded
	hangup <-chan os.Signal
	asks   chan chan<- error // get the outcome of a load that begins after they came
	known  loaded            // the newest load
	found  *watch.Files      // other files than those of the newest load, as the newest look found them; or nil
}

// loaded is what a load leaves behind, whether it took over or not.
type loaded struct {
	files *watch.Files  // as it found them
	every time.Duration // between looks at them; 0: nobody looks
	err   error         // why the one before stays
}

// Ask loads the configuration and returns what came of it. All who wait for a
// load share the next one. It goes on if ctx ends.
func (r *reloader) Ask(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case r.asks <- answer:
	case <-ctx.Done():
		return fmt.Errorf("reload: %w", ctx.Err())
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("reload: %w", ctx.Err())
	}
}

// run loads when there is a reason to, until ctx ends.
func (r *reloader) run(ctx context.Context) {
	looks := time.NewTicker(time.Hour)
	defer looks.Stop()
	r.setPace(looks)
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.hangup:
			r.reload(ctx, nil)
		case answer := <-r.asks:
			r.reload(ctx, []chan<- error{answer})
		case <-looks.C:
			if !r.changed() {
				continue
			}
			r.reload(ctx, nil)
		}
		r.setPace(looks)
	}
}

// setPace sets the time between looks. A load that was refused leaves it.
func (r *reloader) setPace(looks *time.Ticker) {
	if r.known.every > 0 {
		looks.Reset(r.known.every)
	} else {
		looks.Stop()
	}
}

// reload loads once for all who ask by now.
func (r *reloader) reload(ctx context.Context, answers []chan<- error) {
	for waiting := true; waiting; {
		select {
		case answer := <-r.asks:
			answers = append(answers, answer)
		default:
			waiting = false
		}
	}
	every := r.known.every
	r.known, r.found = r.load(ctx), nil
	if r.known.err != nil {
		r.known.every = every
	}
	for _, answer := range answers {
		answer <- r.known.err
	}
}

// changed reports whether the files are others than those of the newest load,
// and the same as at the look before. Whoever writes many of them, one after the
// other, has paused then. A load that was refused is not tried again before they
// change once more.
func (r *reloader) changed() bool {
	now := r.known.files.Look()
	if now.Equal(r.known.files) {
		r.known.files, r.found = now, nil
		return false
	}
	before := r.found
	r.found = now
	return before != nil && now.Equal(before)
}

// load builds the configuration anew and lets it take over. Where it cannot be
// used the old one stays, and the error says why.
func (d *daemon) load(ctx context.Context) loaded {
	files := &watch.Files{}
	g, err := build(d.opts.Config, d.opts.Log, files, d.references)
	if err == nil {
		err = d.offer(ctx, g)
	}
	if err != nil {
		if ctx.Err() == nil {
			d.rejected(err)
		}
		return loaded{files: files, err: err}
	}
	d.accepted(g)
	d.opts.Log.Info("the configuration was loaded anew", "monitors", len(g.config.Monitors), "revision", g.revision)
	return loaded{files: files, every: g.config.Reload.Watch}
}

// offer lets a generation take over, and says whether it did.
func (d *daemon) offer(ctx context.Context, g *generation) error {
	select {
	case d.next <- g:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("reload: %w", ctx.Err()), g.close())
	}
	select {
	case err := <-g.taken:
		return err
	case <-ctx.Done():
		return fmt.Errorf("reload: %w", ctx.Err())
	}
}

// accepted says that a configuration is in use.
func (d *daemon) accepted(g *generation) {
	limitMemory(within(g.config.Memory.Limit))
	d.references = g.references
	d.backup.Store(g.config.Web.Backup)
	d.reload.Store(&snapshot.Reload{
		OK: true, At: d.now(), Files: g.config.Files, Flaws: g.flaws, Page: strings.TrimSuffix(g.config.Web.ExternalURL, "/"),
	})
}

// rejected says that a configuration does not take over.
func (d *daemon) rejected(err error) {
	d.opts.Log.Error("the new configuration is not used; the old one stays", "error", err)
	r := *d.reload.Load()
	r.OK, r.Refused, r.Error = false, d.now(), err.Error()
	d.reload.Store(&r)
}
