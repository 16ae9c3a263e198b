package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
)

//go:embed assets
var assets embed.FS

type handler struct {
	o     Options
	pages map[string]*template.Template
	ended <-chan struct{} // closed when the server ends: what would go on for ever ends too
}

// Handler returns all routes. It ends what goes on for ever when ended is closed.
func Handler(o Options, ended <-chan struct{}) http.Handler {
	h := &handler{o: o, pages: pageTemplates(), ended: ended}
	mux := http.NewServeMux()
	for path, f := range map[string]http.HandlerFunc{
		"/{$}":                                   h.index,
		"/style.css":                             asset("style.css", "text/css; charset=utf-8"),
		"/live.js":                               asset("live.js", "text/javascript; charset=utf-8"),
		"/favicon.ico":                           asset("icon.svg", "image/svg+xml"),
		"/monitors/{name}":                       h.monitor,
		"/monitors/{name}/fields/{field}":        h.field,
		"/monitors/{name}/windows/{end}":         h.window,
		"/alerts":                                h.alertsPage,
		"/silences":                              h.silencesPage,
		"/rules":                                 h.rulesPage,
		"/rules/{group}/{alert}":                 h.rulePage,
		"/status":                                h.statusPage,
		"/-/healthy":                             h.healthy,
		"/-/ready":                               h.ready,
		"/api/v1/monitors":                       h.apiMonitors,
		"/api/v1/monitors/{name}":                h.apiMonitor,
		"/api/v1/monitors/{name}/heatmap":        h.apiHeat,
		"/api/v1/monitors/{name}/fields/{field}": h.apiField,
		"/api/v1/monitors/{name}/windows":        h.apiWindows,
		"/api/v1/monitors/{name}/windows/{end}":  h.apiWindow,
		"/api/v1/monitors/{name}/windows/{end}/profile": h.apiProfile,
		"/api/v1/alerts":                h.apiAlerts,
		"/api/v1/alerts/history":        h.apiAlertHistory,
		"/api/v1/rules":                 h.apiRules,
		"/api/v1/rules/{group}/{alert}": h.apiRule,
		"/api/v1/status":                h.apiStatus,
		"/api/v1/backup":                h.apiBackup,
		"/api/v1/events":                h.apiEvents,
		"/api/v1/digest":                h.apiDigest,
	} {
		mux.Handle(path, only(http.MethodGet, f))
	}
	mux.Handle("/metrics", only(http.MethodGet, o.Metrics.ServeHTTP))
	// A page elsewhere must not make a visitor's browser change the daemon.
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusForbidden, errors.New("the request comes from a page of another site"))
	}))
	mux.Handle("/-/reload", own.Handler(only(http.MethodPost, h.reload)))
	mux.Handle("/api/v1/monitors/{name}/accept", own.Handler(http.HandlerFunc(h.apiAccept)))
	mux.Handle("/api/v1/silences", own.Handler(http.HandlerFunc(h.apiSilences)))
	mux.Handle("/api/v1/silences/{id}", own.Handler(http.HandlerFunc(h.apiSilence)))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.failPage(w, r, http.StatusNotFound, fmt.Errorf("there is no %s", r.URL.Path))
	})
	return protect(o.Logger, mux)
}

// only answers other methods than the given one with 405. GET includes HEAD.
func only(method string, f http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method || method == http.MethodGet && r.Method == http.MethodHead {
			f(w, r)
			return
		}
		notAllowed(w, r, method)
	})
}

func notAllowed(w http.ResponseWriter, r *http.Request, methods ...string) {
	w.Header().Set("Allow", strings.Join(methods, ", "))
	fail(w, http.StatusMethodNotAllowed, fmt.Errorf("%s is not allowed here, only %s", r.Method, strings.Join(methods, " and ")))
}

// protect sets the headers that keep browsers from doing more than showing the
// page, and turns a panic into an answer.
func protect(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-store")
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				log.Error("a request failed", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				fail(w, http.StatusInternalServerError, errors.New("internal error"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// asset serves an embedded file.
func asset(name, kind string) http.HandlerFunc {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "max-age=300")
		compressed(w, r, http.StatusOK, b)
	}
}

func (h *handler) healthy(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "healthy\n")
}

func (h *handler) ready(w http.ResponseWriter, _ *http.Request) {
	if s := h.o.Snapshot(); !s.Ready {
		reason := s.Reason
		if reason == "" {
			reason = "not ready yet"
		}
		fail(w, http.StatusServiceUnavailable, errors.New(reason))
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

func (h *handler) reload(w http.ResponseWriter, r *http.Request) {
	if err := h.o.Reload(r.Context()); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	_, _ = io.WriteString(w, "reloaded\n")
}

// reply writes v as JSON. Nothing is sent before all of it could be written, so
// an error is never the second half of an answer.
func reply(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("write the answer: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(b, '\n'))
}

func fail(w http.ResponseWriter, code int, err error) {
	b, _ := json.Marshal(map[string]string{"error": strings.ToValidUTF8(err.Error(), "\uFFFD")}) // strings always marshal
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n'))
}
