package alerting

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/rules"
)

// Options are what a Dispatcher needs.
type Options struct {
	Outbox      Outbox
	Receivers   map[string]Receiver
	Settings    map[string]Settings                                           // of receivers; those without are told everything
	Route       *Route                                                        // nil: nobody is told
	Inhibit     []Inhibit                                                     // rules by which alerts keep others quiet
	Silences    *Silences                                                     // nil: there are none
	Limit       int                                                           // of events that wait for one receiver; 0: DefaultLimit
	Alerts      func() []rules.Alert                                          // all alerts as they are now
	Picture     Picture                                                       // nil: messages have none
	ExternalURL string                                                        // of the daemon's page, for links; "" for none
	Counted     []snapshot.Receiver                                           // by the Dispatcher that this one takes over from
	Attempted   func(receiver string, first *rules.Alert, took time.Duration) // of each attempt to deliver; nil: nobody is told
	Logger      *slog.Logger
}

// Picture draws the field of an alert as it was in the alert's window. It returns
// a PNG, or nil where there is nothing to show or it is not to be seen.
type Picture func(ctx context.Context, a *rules.Alert) ([]byte, error)

// DefaultLimit is the usual number of events that may wait for one receiver.
const DefaultLimit = 10_000

// Dispatcher sends the events of an outbox to receivers.
type Dispatcher struct {
	workers []*worker
}

// New checks the options and returns a Dispatcher that Run starts.
func New(o Options) (*Dispatcher, error) {
	if o.Outbox == nil || o.Alerts == nil || o.Logger == nil {
		return nil, errors.New("alerting needs an outbox, the current alerts and a logger")
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Attempted == nil {
		o.Attempted = func(string, *rules.Alert, time.Duration) {}
	}
	d := &Dispatcher{}
	if o.Route == nil {
		return d, nil
	}
	if err := o.Route.prepare("0", o.Receivers); err != nil {
		return nil, err
	}
	for _, name := range o.Route.Receivers() {
		w, err := newWorker(o, name)
		if err != nil {
			return nil, err
		}
		d.workers = append(d.workers, w)
	}
	return d, nil
}

// Run delivers until ctx ends. Messages that are on their way then are given a
// few seconds, so the outbox must outlive Run. It returns nil.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range d.workers {
		wg.Go(func() { w.run(ctx) })
		if to, ok := w.receiver.(Illustrator); ok {
			wg.Go(func() { w.illustrate(ctx, to) })
		}
	}
	wg.Wait()
	return nil
}

// Stats returns what was sent, in the order of the tree of routes: since New, and what
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
	retryAfter   = time.Hour   // the longest wait a receiver may ask for
	batch        = 4096        // events beyond the limit that are looked at in one pass
	lookBacklog  = 1000        // events that wait for a receiver that is down, above which they are looked at once a second
	lookMax      = time.Minute // between looks at what keeps alerts quiet
)
