package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// history answers from the windows of a snapshot, as the store would.
type history struct {
	s   *snapshot.Snapshot
	err error
}

func (h history) Windows(monitor string, from, to window.Time, limit int) ([]*checks.Window, error) {
	if h.err != nil {
		return nil, h.err
	}
	m, err := find(h.s, monitor)
	if err != nil {
		return nil, err
	}
	var out []*checks.Window
	for _, w := range m.Windows {
		if from < w.End && w.End <= to {
			out = append(out, w)
		}
	}
	return newest(out, limit), nil
}

func (h history) Digests(monitor string, from, to window.Time, fn func([]byte) bool) error {
	ws, err := h.Windows(monitor, from, to, maxWindows)
	for _, w := range slices.Backward(ws) {
		if !fn(digest.Append(nil, w)) {
			break
		}
	}
	return err
}

func optionsOf(s *snapshot.Snapshot) Options {
	return Options{
		Listen:   "127.0.0.1:0",
		Snapshot: func() *snapshot.Snapshot { return s },
		History:  history{s: s}, References: &references{},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics\n") }),
		Reload:  func(context.Context) error { return nil },
		Logger:  slog.New(slog.DiscardHandler),
	}
}

func call(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s changed (run with -update to accept):\n%s", path, got)
	}
}

func TestAPIGolden(t *testing.T) {
	h := Handler(optionsOf(snapshottest.New()))
	for name, target := range map[string]string{
		"monitors.json": "/api/v1/monitors",
		"monitor.json":  "/api/v1/monitors/churn",
		"windows.json":  "/api/v1/monitors/churn/windows?from=2026-01-02T09:00:00Z&to=2026-01-02T11:00:00Z",
		"segment.json":  "/api/v1/monitors/churn/windows?segment=country%3DBR&limit=1",
		"window.json":   "/api/v1/monitors/churn/windows/2026-01-02T18:00:00Z",
		"alerts.json":   "/api/v1/alerts",
		"rules.json":    "/api/v1/rules",
		"status.json":   "/api/v1/status",
	} {
		t.Run(name, func(t *testing.T) {
			w := call(h, "GET", target)
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
				t.Fatalf("status %d, %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
			var b bytes.Buffer
			if err := json.Indent(&b, w.Body.Bytes(), "", "  "); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
		})
	}
}

// TestWindowsRange checks which windows are answered with, by their ends.
func TestWindowsRange(t *testing.T) {
	h := Handler(optionsOf(snapshottest.New()))
	const base = "/api/v1/monitors/churn/windows"
	for _, tc := range []struct {
		name, query string
		want        []string
		more        bool
	}{
		{"an hour", "?from=2026-01-02T10:00:00Z&to=2026-01-02T11:00:00Z", []string{"11:00"}, false},
		{"another zone", "?from=2026-01-02T11:00:00%2B01:00&to=2026-01-02T12:00:00%2B01:00", []string{"11:00"}, false},
		{"part of windows", "?from=2026-01-02T10:30:00Z&to=2026-01-02T12:30:00Z", []string{"11:00", "12:00"}, false},
		{"open end", "?from=2026-01-02T19:00:00Z", []string{"20:00", "21:00"}, false},
		{"newest", "?limit=2", []string{"20:00", "21:00"}, true},
		{"nothing", "?to=2025-01-01T00:00:00Z", nil, false},
		{"no such segment", "?segment=country%3DXX", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := call(h, "GET", base+tc.query)
			var got struct {
				Windows []struct {
					Start, End, Segment string
					Rows                int
					Fields              []map[string]any
				}
				More bool
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
				t.Fatalf("%d %v: %s", w.Code, err, w.Body)
			}
			var ends []string
			for _, win := range got.Windows {
				ends = append(ends, win.End[11:16])
			}
			if !slices.Equal(ends, tc.want) || got.More != tc.more || got.Windows == nil {
				t.Errorf("got %v, more %v; want %v, %v", ends, got.More, tc.want, tc.more)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	o := optionsOf(snapshottest.New())
	o.Reload = func(context.Context) error { return errors.New("rules/churn.yaml:3:5: unknown key \"foo\"") }
	h := Handler(o)
	for _, tc := range []struct {
		method, target string
		code           int
		says           string
	}{
		{"GET", "/api/v1/monitors/none", 404, `there is no monitor "none"`},
		{"GET", "/api/v1/monitors/none/windows", 404, `there is no monitor "none"`},
		{"GET", "/api/v1/monitors/churn/windows?from=yesterday", 400, `from is "yesterday", not a time like`},
		{"GET", "/api/v1/monitors/churn/windows?to=2026", 400, `to is "2026"`},
		{"GET", "/api/v1/monitors/churn/windows?limit=0", 400, `limit "0" is not a number from 1 to 10000`},
		{"GET", "/api/v1/monitors/churn/windows?from=2026-01-02T10:00:00Z&to=2026-01-01T10:00:00Z", 400, "from is later than to"},
		{"GET", "/api/v1/monitors/churn/windows?from=%zz", 400, "read the query"},
		{"GET", "/api/v1/monitors/churn/windows/noon", 400, `the window's end is "noon"`},
		{"GET", "/api/v1/monitors/churn/windows/2026-01-02T10:30:00Z", 404, "has no window that ends at 2026-01-02T10:30:00Z"},
		{"GET", "/api/v1/monitors/churn/windows/2026-01-02T11:00:00Z?segment=x", 404, `no segment "x"`},
		{"GET", "/api/v1/nothing", 404, "there is no /api/v1/nothing"},
		{"GET", "/favicon.ico", 404, "there is no /favicon.ico"},
		{"POST", "/api/v1/monitors", 405, "POST is not allowed here, only GET"},
		{"DELETE", "/", 405, "only GET"},
		{"GET", "/-/reload", 405, "GET is not allowed here, only POST"},
		{"POST", "/-/reload", 500, `rules/churn.yaml:3:5: unknown key "foo"`},
		{"GET", "/monitors/none", 404, `there is no monitor "none"`},
		{"GET", "/monitors/churn?end=2026-01-02T10:30:00Z", 404, "has no window"},
	} {
		t.Run(tc.method+" "+tc.target, func(t *testing.T) {
			w := call(h, tc.method, tc.target)
			var got struct{ Error string }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != tc.code || !strings.Contains(got.Error, tc.says) {
				t.Errorf("got %d %q, want %d %q", w.Code, got.Error, tc.code, tc.says)
			}
			if tc.code == 405 && w.Header().Get("Allow") == "" {
				t.Error("no Allow header")
			}
		})
	}
}

func TestHistoryFails(t *testing.T) {
	s := snapshottest.New()
	o := optionsOf(s)
	o.History = history{s, errors.New("the disk is gone")}
	for _, target := range []string{"/api/v1/monitors/churn/windows", "/api/v1/monitors/churn/windows/2026-01-02T11:00:00Z"} {
		if w := call(Handler(o), "GET", target); w.Code != 500 || !strings.Contains(w.Body.String(), "the disk is gone") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestHealth(t *testing.T) {
	s := &snapshot.Snapshot{Reason: "the partitions of churn.features are not known yet"}
	h := Handler(optionsOf(s))
	if w := call(h, "GET", "/-/healthy"); w.Code != 200 {
		t.Errorf("healthy: %d", w.Code)
	}
	if w := call(h, "GET", "/-/ready"); w.Code != 503 || !strings.Contains(w.Body.String(), s.Reason) {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	s.Ready, s.Reason = true, ""
	if w := call(h, "GET", "/-/ready"); w.Code != 200 {
		t.Errorf("ready: %d", w.Code)
	}
	if w := call(h, "GET", "/metrics"); w.Code != 200 || w.Body.String() != "metrics\n" {
		t.Errorf("metrics: %d %s", w.Code, w.Body)
	}
	if w := call(h, "HEAD", "/"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestReload(t *testing.T) {
	n := 0
	o := optionsOf(snapshottest.New())
	o.Reload = func(context.Context) error { n++; return nil }
	h := Handler(o)
	if w := call(h, "POST", "/-/reload"); w.Code != 200 || n != 1 {
		t.Errorf("got %d after %d reloads: %s", w.Code, n, w.Body)
	}
	r := httptest.NewRequest(http.MethodPost, "/-/reload", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 403 || n != 1 {
		t.Errorf("another site's page: %d after %d reloads", w.Code, n)
	}
}

func TestPanic(t *testing.T) {
	o := optionsOf(nil) // a nil snapshot is a bug, and made into one here
	if w := call(Handler(o), "GET", "/api/v1/alerts"); w.Code != 500 || w.Body.String() != "{\"error\":\"internal error\"}\n" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestOddNames(t *testing.T) {
	h := Handler(optionsOf(snapshottest.New()))
	escaped := url.PathEscape(snapshottest.Odd)
	w := call(h, "GET", "/api/v1/monitors/"+escaped)
	var got struct{ Name string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Name != snapshottest.Odd {
		t.Errorf("API: %d %q %v", w.Code, got.Name, err)
	}
	for _, target := range []string{"/", "/monitors/" + escaped} {
		w := call(h, "GET", target)
		body := w.Body.String()
		if w.Code != 200 || strings.Contains(body, "name <b>") || !strings.Contains(body, "odd/name &lt;b&gt;&amp;&#34;50%&#34; ü") {
			t.Errorf("%s: %d, the name is not escaped:\n%s", target, w.Code, body)
		}
		if !strings.Contains(body, `href="/monitors/odd%2fname%20%3cb%3e`) && !strings.Contains(body, `href="/monitors/odd%2Fname%20%3Cb%3E`) {
			t.Errorf("%s: the link is not escaped:\n%s", target, body)
		}
	}
}

func TestPages(t *testing.T) {
	s := snapshottest.New()
	h := Handler(optionsOf(s))
	for _, tc := range []struct {
		target string
		says   []string
	}{
		{"/", []string{
			"2 of 4 fields drifted", "Waiting for its first window (10m)", "TooManyNulls", "monthly_charges of churn drifted",
			"topic churn.scores does not exist yet", "1\u202f234\u202f567", "ahead 1, json 31, time 4", "(revised: 3 late records)",
		}},
		{"/monitors/churn", []string{"Last windows", "country=BR", "nulls 0.080", "Numbers without a name", "uncertain", `title="skipped: needs 7 windows"><dt>volume</dt><dd class="unknown">–</dd>`, "campaign", "2 Jan 2026 20:00:00 – 21:00:00", "<dt>Revised</dt><dd>3 late records</dd>", "17, 5 of them in time to amend windows"}},
		{"/monitors/churn?end=2026-01-02T10:00:00Z", []string{"records before the first one read are missing"}},
		{"/monitors/churn?end=2026-01-02T21:00:00Z&segment=country%3DBR", []string{"911"}},
		{"/monitors/churn-quiet", []string{"Waiting for the first window to close"}},
	} {
		t.Run(tc.target, func(t *testing.T) {
			w := call(h, "GET", tc.target)
			if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy %q", csp)
			}
			for _, s := range tc.says {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page does not say %q:\n%s", s, w.Body)
				}
			}
			for _, never := range []string{"http://", "https://", "<script", "style=", "ZgotmplZ"} {
				if strings.Contains(w.Body.String(), never) {
					t.Errorf("the page contains %q", never)
				}
			}
		})
	}
}

func TestProblems(t *testing.T) {
	s := snapshottest.New()
	s.Ready, s.Reason = false, "waiting for partitions"
	s.Reload = snapshot.Reload{Error: "monitors/x.yaml:1:1: empty"}
	s.Notified[0].Problem = "timeout: slack: no answer in time"
	body := call(Handler(optionsOf(s)), "GET", "/").Body.String()
	for _, want := range []string{"Not ready: waiting for partitions", "monitors/x.yaml:1:1: empty", "Receiver ml-team: timeout"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	h := Handler(optionsOf(snapshottest.New()))
	b.ReportAllocs()
	for b.Loop() {
		if w := call(h, "GET", "/"); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
