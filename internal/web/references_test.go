package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors"
	"driftwatch/monitors/profile"
	"driftwatch/monitors/window"
)

// references keeps what it was asked for in a snapshot, as the engine would.
type references struct {
	monitor *snapshot.Monitor
	err     error
}

func (r *references) WindowProfile(_ string, end window.Time) ([]byte, error) {
	return []byte("profile of " + end.String()), r.err
}

// Compared makes up two profiles; segments have no reference.
func (r *references) Compared(_ string, _ window.Time, segment, field string) (monitors.Compared, error) {
	kind := profile.Number
	if field == "contract" {
		kind = profile.Category
	}
	made := func(shift float64) *profile.Profile {
		p := profile.New(profile.Options{Kind: kind})
		for i := range 100 {
			if kind == profile.Number {
				p.ObserveNumbers([]float64{float64(i) + shift})
			} else {
				p.ObserveCategory([]byte{byte('a' + i%3)})
			}
		}
		return p
	}
	out := monitors.Compared{Current: made(20), Reference: made(0)}
	if segment != "" {
		out.Reference, out.NoReference = nil, "the reference has no segment "+segment
	}
	return out, r.err
}

func (r *references) Accept(_ context.Context, _ string, end window.Time) error {
	if r.err == nil {
		r.monitor.Pinned = &snapshot.Pinned{Window: end, Reference: "0123"}
	}
	return r.err
}

func (r *references) Release(context.Context, string) error {
	if r.err == nil {
		r.monitor.Pinned = nil
	}
	return r.err
}

func send(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAccept(t *testing.T) {
	s := snapshottest.New()
	o := optionsOf(s)
	refs := &references{}
	for i := range s.Monitors {
		if s.Monitors[i].Name == "churn" {
			refs.monitor = &s.Monitors[i]
		}
	}
	o.References = refs
	h := Handler(o, nil)
	const at, body = "/api/v1/monitors/churn/accept", `{"window": "2026-01-02T11:00:00Z"}`
	for _, c := range []struct {
		name, method, body string
		err                error
		code               int
		says               string
	}{
		{"a window", "POST", body, nil, 200, `"pinned":{"window":"2026-01-02T11:00:00Z","reference_hash":"0123"}`},
		{"none any more", "DELETE", "", nil, 200, `"name":"churn"`},
		{"no body", "POST", "", nil, 400, "the body must be"},
		{"another key", "POST", `{"windows": 1}`, nil, 400, "the body must be"},
		{"a list", "POST", "[1]", nil, 400, "end of a window\\\"}: found array where another value belongs"},
		{"a number", "POST", `{"window": 1}`, nil, 400, "end of a window\\\"}: found number where another value belongs"},
		{"no time", "POST", `{"window": "noon"}`, nil, 400, `window is \"noon\"`},
		{"too long", "POST", `{"window": "` + strings.Repeat("2", 5000) + `"}`, nil, 413, "too large"},
		{"not there", "POST", body, snapshot.Missing("no window"), 404, "no window"},
		{"not possible", "POST", body, snapshot.Refused("it is partial"), 409, "it is partial"},
		{"not now", "DELETE", "", errors.New("the engine has stopped"), 503, "stopped"},
		{"another method", "GET", "", nil, 405, "only POST and DELETE"},
	} {
		refs.err = c.err
		w := send(h, c.method, at, c.body)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s, want %d and %s", c.name, w.Code, w.Body, c.code, c.says)
		}
	}
	if w := send(h, "POST", at, body, "Sec-Fetch-Site", "cross-site"); w.Code != 403 {
		t.Errorf("another site's page: %d", w.Code)
	}
	refs.err = nil
	send(h, "POST", at, body)
	if page := send(h, "GET", "/monitors/churn", "").Body.String(); !strings.Contains(page, "<b>pinned</b> to the window until 2 Jan 2026 11:00:00") {
		t.Errorf("the page does not say what is pinned:\n%s", page)
	}
}

func TestProfileOfAWindow(t *testing.T) {
	o := optionsOf(snapshottest.New())
	refs := &references{}
	o.References = refs
	const at = "/api/v1/monitors/churn/windows/2026-01-02T11:00:00Z/profile"
	w := send(Handler(o, nil), "GET", at, "")
	if w.Code != 200 || w.Body.String() != "profile of 2026-01-02T11:00:00Z" || w.Header().Get("Content-Disposition") != "attachment; filename*=UTF-8''churn-2026-01-02T110000Z.profile" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	refs.err = snapshot.Missing("it is gone")
	if w := send(Handler(o, nil), "GET", at, ""); w.Code != 404 || !strings.Contains(w.Body.String(), "it is gone") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := send(Handler(o, nil), "GET", "/api/v1/monitors/churn/windows/noon/profile", ""); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
