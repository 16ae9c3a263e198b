package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

// Options are what a Dispatcher needs.
type Options struct {
	Outbox      Outbox
	Receivers   map[string]Receiver
	Routes      []Route              // each names another receiver
	Alerts      func() []rules.Alert // all alerts as they are now, for reminders
	ExternalURL string               // of the daemon's page, for links; "" for none
	Counted     []snapshot.Receiver  // by the Dispatcher that this one takes over from
	Logger      *slog.Logger
}

// Dispatcher sends the events of an outbox to receivers.
type Dispatcher struct {
	workers []*worker
}

// New checks the options and returns a Dispatcher that Run starts.
func New(o Options) (*Dispatcher, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	d := &Dispatcher{}
	for _, r := range o.Routes {
		d.workers = append(d.workers, newWorker(o, r))
	}
	return d, nil
}

func (o *Options) validate() error {
	if o.Outbox == nil || o.Alerts == nil || o.Logger == nil {
		return errors.New("alerting needs an outbox, the current alerts and a logger")
	}
	seen := map[string]bool{}
	for _, r := range o.Routes {
		if o.Receivers[r.Receiver] == nil {
			return fmt.Errorf("route to %q: there is no receiver of that name", r.Receiver)
		}
		if seen[r.Receiver] {
			return fmt.Errorf("route to %q: another route leads to it", r.Receiver)
		}
		seen[r.Receiver] = true
		if err := r.validate(); err != nil {
			return fmt.Errorf("route to %q: %w", r.Receiver, err)
		}
	}
	return nil
}

func (r *Route) validate() error {
	for _, g := range r.GroupBy {
		if !slices.Contains(GroupLabels(), g) {
			return fmt.Errorf("cannot group by %q, only by %s", g, strings.Join(GroupLabels(), ", "))
		}
	}
	if r.GroupWait < 0 || r.Repeat < 0 {
		return errors.New("group_wait and repeat cannot be negative")
	}
	return nil
}

// Run delivers until ctx ends. Messages that are on their way then are given a
// few seconds, so the outbox must outlive Run. It returns nil.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range d.workers {
		wg.Go(func() { w.run(ctx) })
	}
	wg.Wait()
	return nil
}

// Stats returns what was sent, in the order of the routes: since New, and what
// Options.Counted says.
func (d *Dispatcher) Stats() []snapshot.Receiver {
	out := make([]snapshot.Receiver, 0, len(d.workers))
	for _, w := range d.workers {
		out = append(out, w.stats.view())
	}
	return out
}

// The times of retries. Someone who repairs a receiver should not wait long,
// and a receiver that is down should not be hammered.
const (
	sendTimeout  = 30 * time.Second
	drainTimeout = 5 * time.Second
	retryFirst   = time.Second
	retryMax     = time.Minute
	retrySlow    = 5 * time.Minute
	retryAfter   = time.Hour // the longest wait a receiver may ask for
	batch        = 4096      // events looked at in one pass
)
