// Package demo runs the whole system in one process on traffic that it makes
// up: an embedded Kafka broker, a service that asks a churn model, a stand-in
// for Slack, and the daemon, which knows nothing of all this and reads its
// configuration from a folder like any other. It tells on a terminal what
// happens.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// defaultListen is where the daemon's page is unless that is taken.
const defaultListen = "127.0.0.1:9474"

// Options are what a demo can be told.
type Options struct {
	Duration time.Duration // 0: until the context ends
	Listen   string        // of the daemon; "": 127.0.0.1:9474, or a free port where that is taken
	Seed     uint64        // of the traffic
	Keep     string        // folder for the files, which stays; "": a temporary one
	Program  string        // how the person called this program
	Out      io.Writer
	// Daemon runs the daemon with a configuration file until ctx ends.
	Daemon func(ctx context.Context, configPath string) error
	// Render draws an incoming web hook's payload as Slack would show it.
	Render func(payload []byte) (string, error)
}

// Run runs the demo until ctx ends or the duration has passed, and leaves
// nothing behind but the folder that is to be kept. An error of any part ends it.
func Run(ctx context.Context, opts Options) error {
	dir, remove, err := opts.folder()
	if err != nil {
		return err
	}
	defer remove()
	listen, err := freeAddress(opts.Listen)
	if err != nil {
		return err
	}
	broker, err := NewBroker()
	if err != nil {
		return err
	}
	defer broker.Close()

	out := newScreen(opts.Out)
	slack, err := newSlack(out, opts.Render)
	if err != nil {
		return err
	}
	defer slack.close()

	traffic := Traffic{Seed: opts.Seed, Start: time.Now().Truncate(WindowLength)}
	files := Files{Dir: dir, Broker: broker.Addr(), Listen: listen, Slack: slack.url()}
	if err := files.Write(traffic); err != nil {
		return err
	}
	return opts.run(ctx, files, broker, traffic, out)
}

// folder makes the folder of the demo's files.
func (o Options) folder() (dir string, remove func(), err error) {
	if o.Keep == "" {
		if dir, err = os.MkdirTemp("", "driftwatch-demo-"); err != nil {
			return "", nil, fmt.Errorf("make a folder for the demo: %w", err)
		}
		return dir, func() { os.RemoveAll(dir) }, nil
	}
	if err := os.MkdirAll(o.Keep, 0o755); err != nil {
		return "", nil, fmt.Errorf("make the folder to keep: %w", err)
	}
	if there, err := os.ReadDir(o.Keep); err != nil || len(there) > 0 {
		return "", nil, cmp.Or(err, fmt.Errorf("the folder to keep, %s, is not empty", o.Keep))
	}
	return o.Keep, func() {}, nil
}

// run starts what moves, waits until all of it has ended, and sums up.
func (o Options) run(ctx context.Context, files Files, broker *Broker, traffic Traffic, out *screen) error {
	if o.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	out.begin(traffic.Start)
	client := &http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	alerts := newWatcher(daemonAPI{baseURL(files.Listen), client}, out, traffic.Start)
	tour := &tour{out: out, files: files, program: o.Program, start: traffic.Start, watcher: alerts}
	tour.banner()

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return o.daemon(ctx, files.ConfigPath()) })
	g.Go(func() error { return broker.Run(ctx, traffic) })
	g.Go(func() error { alerts.run(ctx); return nil })
	g.Go(func() error { tour.tell(ctx); return nil })
	if err := g.Wait(); err != nil {
		return err
	}
	tour.sumUp()
	if o.Keep != "" {
		out.print(fmt.Sprintf("Kept in %s: configuration, rules, training data and the store.\n", o.Keep))
	}
	return nil
}

// daemon runs the daemon; an end that nobody asked for is an error, so that
// the rest ends too.
func (o Options) daemon(ctx context.Context, config string) error {
	err := o.Daemon(ctx, config)
	if err == nil && ctx.Err() == nil {
		return errors.New("the daemon ended by itself")
	}
	return err
}

// freeAddress returns an address that the daemon can listen on. The port is
// freed again before the daemon takes it: nobody else asks for it meanwhile but
// by bad luck, and then the daemon says so.
func freeAddress(listen string) (string, error) {
	addr := listen
	if addr == "" {
		addr = defaultListen
	}
	l, err := net.Listen("tcp", addr)
	if err != nil && listen == "" {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("find a port for the page: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// baseURL is the page's URL as a person on this machine opens it.
func baseURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		listen = net.JoinHostPort("localhost", port)
	}
	return "http://" + listen
}
