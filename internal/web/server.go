// Package web serves the daemon's page, its HTTP API, its metrics and its
// health. It reads an immutable snapshot and, for older windows, a history; it
// waits for nobody and changes nothing but by asking for a reload or for another
// reference.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"driftwatch/alerting/summary"
	past "driftwatch/internal/history"
	"driftwatch/internal/snapshot"
	"driftwatch/monitors"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
)

// History reads windows that the snapshot no longer holds.
type History interface {
	// Windows returns the results of the monitor's windows with
	// from < end <= to, oldest first. Where there are more than limit it
	// returns the newest ones.
	Windows(monitor string, from, to window.Time, limit int) ([]*checks.Window, error)
	// Digests calls fn for the digests of such windows, newest first, until it
	// returns false. They are valid inside fn only.
	Digests(monitor string, from, to window.Time, fn func(digest []byte) bool) error
	// Alerts returns how the monitor's alerts changed at event times with
	// from < end <= to, as it was found, newest first, at most limit.
	Alerts(monitor string, from, to window.Time, limit int) ([]past.Entry, error)
}

// References are what monitors compare windows with. What cannot be met is a
// *snapshot.Refusal; other errors may pass.
type References interface {
	// WindowProfile returns a closed window's profile file.
	WindowProfile(monitor string, end window.Time) ([]byte, error)
	// Compared returns the profiles that a window's results of a field come from.
	Compared(monitor string, end window.Time, segment, field string) (monitors.Compared, error)
	// Accept makes a closed window the monitor's reference.
	Accept(ctx context.Context, monitor string, end window.Time) error
	// Release undoes Accept.
	Release(ctx context.Context, monitor string) error
}

// Digests make digests.
type Digests interface {
	// Digest returns what a digest would say now: of its name, or with "" of all
	// monitors; about so long a time, or with 0 its own. An unknown name is a
	// *snapshot.Refusal.
	Digest(name string, length time.Duration) (summary.Digest, error)
}

// Options are what is served, and where.
type Options struct {
	Listen     string // address
	ConfigFile string // Prometheus web-config file (TLS, basic auth), or ""
	Snapshot   func() *snapshot.Snapshot
	History    History
	References References
	Digests    Digests
	Backup     func() (*os.File, error) // a copy of the store, to be closed
	Silences   Silences
	Now        func() time.Time // for silences
	Metrics    http.Handler
	Reload     func(context.Context) error
	Logger     *slog.Logger
}

// Server is a bound listener and what it serves.
type Server struct {
	o        Options
	listener net.Listener
}

// How long clients may take. Reading a long history takes longest.
const (
	headerTimeout   = 10 * time.Second
	readTimeout     = 30 * time.Second
	writeTimeout    = 2 * time.Minute
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 5 * time.Second
	maxHeaders      = 64 << 10
)

// New checks the web-config file and binds the address, so that both are
// errors of the start. Run serves.
func New(o Options) (*Server, error) {
	if err := toolkit.Validate(o.ConfigFile); err != nil {
		return nil, fmt.Errorf("read the web config file %s: %w", o.ConfigFile, err)
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the page and the metrics: %w", err)
	}
	return &Server{o: o, listener: l}, nil
}

// Addr returns the address that was bound.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, then lets requests end for a few seconds.
func (s *Server) Run(ctx context.Context) error {
	ended := make(chan struct{})
	srv := &http.Server{
		Handler:           Handler(s.o, ended),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaders,
		ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelDebug), // what clients do wrong
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(srv) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the page and the metrics: %w", err)
	case <-ctx.Done():
	}
	close(ended)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(ending); err != nil {
		_ = srv.Close() // ends what would not end by itself
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page and the metrics: %w", err)
	}
	return nil
}

func (s *Server) serve(srv *http.Server) error {
	if s.o.ConfigFile == "" {
		return srv.Serve(s.listener)
	}
	return toolkit.Serve(s.listener, srv, &toolkit.FlagConfig{WebConfigFile: &s.o.ConfigFile}, s.o.Logger)
}
