package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"driftwatch/alerting/summary"
	past "driftwatch/internal/history"
	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
	"driftwatch/rules"
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

// Alerts makes a history of the alerts as they are: each was found a minute later.
func (h history) Alerts(monitor string, from, to window.Time, limit int) (out []past.Entry, err error) {
	if h.err != nil {
		return nil, h.err
	}
	for i := range h.s.Alerts {
		if a := &h.s.Alerts[i]; a.State != rules.Pending && a.Monitor == monitor {
			e := past.OfAlert(a)
			if e.At = e.End.Add(time.Minute); from < e.End && e.End <= to && len(out) < limit {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// digests knows one digest.
type digests struct{}

func (digests) Digest(name string, length time.Duration) (summary.Digest, error) {
	if name == "weekly" {
		d := summary.Make(summary.Input{Name: name, From: silencesNow.Add(-length), To: silencesNow})
		return d, nil
	}
	return summary.Digest{}, snapshot.Missing("there is no digest %q", name)
}

func optionsOf(s *snapshot.Snapshot) Options {
	return Options{
		Listen:   "127.0.0.1:0",
		Snapshot: func() *snapshot.Snapshot { return s },
		History:  history{s: s}, References: &references{}, Digests: digests{}, Silences: &silences{}, Now: func() time.Time { return silencesNow },
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
	h := Handler(optionsOf(snapshottest.New()), nil)
	for name, target := range map[string]string{
		"monitors.json": "/api/v1/monitors",
		"monitor.json":  "/api/v1/monitors/churn",
		"digest.json":   "/api/v1/digest?name=weekly&for=1w",
		"history.json":  "/api/v1/alerts/history?to=2026-01-02T20:00:00Z&limit=1",
		"windows.json":  "/api/v1/monitors/churn/windows?from=2026-01-02T09:00:00Z&to=2026-01-02T11:00:00Z",
		"segment.json":  "/api/v1/monitors/churn/windows?segment=country%3DBR&limit=1",
		"window.json":   "/api/v1/monitors/churn/windows/2026-01-02T18:00:00Z",
		"alerts.json":   "/api/v1/alerts",
		"rules.json":    "/api/v1/rules",
		"rule.json":     "/api/v1/rules/churn/TooManyNulls",
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
	h := Handler(optionsOf(snapshottest.New()), nil)
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
	h := Handler(o, nil)
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
		{"GET", "/api/v1/alerts/history?monitor=none", 404, `there is no monitor "none"`},
		{"GET", "/api/v1/alerts/history?limit=0", 400, `limit "0" is not a number`},
		{"GET", "/api/v1/digest?name=none", 404, `there is no digest "none"`},
		{"GET", "/api/v1/digest?for=long", 400, `for is "long", not a length of time such as 12h or 7d`},
		{"GET", "/api/v1/nothing", 404, "there is no /api/v1/nothing"},
		{"POST", "/api/v1/monitors", 405, "POST is not allowed here, only GET"},
		{"DELETE", "/", 405, "only GET"},
		{"GET", "/-/reload", 405, "GET is not allowed here, only POST"},
		{"POST", "/-/reload", 500, `rules/churn.yaml:3:5: unknown key "foo"`},
		{"GET", "/monitors/none", 404, `there is no monitor "none"`},
		{"GET", "/monitors/churn/fields/tenure?end=2026-01-02T10:30:00Z", 404, "has no window"},
		{"GET", "/api/v1/monitors/churn/fields/none", 404, `no field "none"`},
		{"GET", "/api/v1/monitors/churn/heatmap?windows=0", 400, `windows "0" is not a number from 1 to 500`},
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
	for _, target := range []string{"/api/v1/monitors/churn/windows", "/api/v1/monitors/churn/windows/2026-01-02T11:00:00Z", "/api/v1/alerts/history"} {
		if w := call(Handler(o, nil), "GET", target); w.Code != 500 || !strings.Contains(w.Body.String(), "the disk is gone") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestHealth(t *testing.T) {
	s := &snapshot.Snapshot{Reason: "the partitions of churn.features are not known yet"}
	h := Handler(optionsOf(s), nil)
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
	h := Handler(o, nil)
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
	if w := call(Handler(o, nil), "GET", "/api/v1/alerts"); w.Code != 500 || w.Body.String() != "{\"error\":\"internal error\"}\n" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestOddNames(t *testing.T) {
	h := Handler(optionsOf(snapshottest.New()), nil)
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

// inline is what the page's policy forbids, and what would ask another host.
var inline = regexp.MustCompile(`<script[^>]*>[^<]|<style| style=|\son[a-z]+=|(src|href|action)="?(https?:|//)|ZgotmplZ`)

func TestPages(t *testing.T) {
	s := snapshottest.New()
	h := Handler(optionsOf(s), nil)
	for _, tc := range []struct {
		target string
		says   []string
	}{
		{"/", []string{
			"2 of 4 fields drifted", "Waiting for its first window (10m)", "TooManyNulls", "monthly_charges of churn drifted",
			"topic churn.scores does not exist yet", "1\u202f234\u202f567", "ahead 1, json 31, time 4", "Worst: <b>monthly_charges</b>, psi 0.42", "(revised: 3 late records)",
			"Now filling until 2 Jan 2026 22:00:00", `href="/monitors/churn/windows/2026-01-02T21:00:00Z"`,
		}},
		{"/monitors/churn", []string{
			"country=BR", `<td class=d3>▲<i>psi 0.42</i>`, `<td class=v3>!<i>nulls 0.08</i>`, `<td class=u3>?<i>ks 0.09</i>`, `<td class=s1><i>ok</i>`,
			"rows in each window: from 5\u202f000 to 5\u202f407", `aria-label="FeatureDrift monthly_charges: firing, since 2 Jan 2026 18:00:00"`, "trailing 7d", "17, 5 of them in time to amend windows",
			`href="/api/v1/monitors/churn/heatmap?windows=60"`, `<option value="quantile_0.99"`,
		}},
		{"/monitors/churn?check=psi&windows=14&end=2026-01-02T20:00:00Z", []string{`<td class=d4>▲<i>0.41</i>`, "Newest windows →"}},
		{"/monitors/churn?segment=country%3DBR", []string{"monthly_charges", "/monitors/churn/fields/monthly_charges?segment=country%3DBR"}},
		{"/monitors/churn-quiet", []string{"Waiting for the first window to close"}},
		{"/monitors/churn/windows/2026-01-02T21:00:00Z", []string{
			"5\u202f407", `title="skipped: needs 7 windows"><dt>volume</dt><dd class="unknown">–</dd>`, "campaign", "20:00:00 – 21:00:00", "Window before", "9d1b0c5e7f4a", "<dt>Revised</dt><dd>3 late records</dd>",
			"60\u202f000", "/api/v1/monitors/churn/windows/2026-01-02T21:00:00Z/profile",
		}},
		{"/monitors/churn/windows/2026-01-02T10:00:00Z", []string{"records before the first one read are missing", "Window after", "an object key is not a string", "&lt;script&gt;alert(1)"}},
		{"/monitors/churn/windows/2026-01-02T21:00:00Z?segment=country%3DBR", []string{"911"}},
		{"/monitors/churn/fields/monthly_charges", []string{
			"Drift by psi, ks.", "<svg", "drift: large enough to matter", "psi in 12 windows", "country=BR", "median", "70.3",
			`href="/api/v1/monitors/churn/fields/monthly_charges?end=2026-01-02T21%3A00%3A00Z&amp;check=psi"`,
		}},
		{"/monitors/churn/fields/tenure?check=nulls&end=2026-01-02T21:00:00Z", []string{"Outside your limits by nulls", "outside the limit that you set", "nulls in 12 windows", "8 %"}},
		{"/monitors/churn/fields/monthly_charges?segment=country%3DBR", []string{"No reference: the reference has no segment country=BR"}},
		{"/alerts", []string{"FeatureDrift", "Resolved", "rule: psi is above 0.2", "/silences?matcher=monitor%3D%22churn%22&amp;matcher=alert%3D%22FeatureDrift%22", "/monitors/churn/fields/contract?check=psi&amp;end=2026-01-02T21%3A00%3A00Z"}},
		{"/silences", []string{"There are none", "Nobody is told"}},
		{"/silences?matcher=monitor%3Dchurn&matcher=x%3D%3C", []string{"monitor=churn\nx=&lt;</textarea>"}},
		{"/rules", []string{`href="/rules/churn/FeatureDrift"`, "window until 2 Jan 2026 21:00:00", "rules/churn.yaml", "psi is above 0.2", "2 firing", "3f2a9c"}},
		{"/rules/churn/FeatureDrift", []string{
			"what the rule made of the newest 12 windows of churn", "2 of 3", "0 of 3", "not met by any of 3", "2 firing", "not known", "psi 0.420", `class="verdict drift">met`,
			`href="/monitors/churn/fields/monthly_charges?end=2026-01-02T21%3A00%3A00Z&amp;check=psi"`, "rules/churn.yaml:5", `href="/api/v1/rules/churn/FeatureDrift"`,
		}},
		{"/rules/churn/TooManyNulls?monitor=churn", []string{"not judged, the window is partial", "1 not judged: the field may not be null", "1 pending", "2 of 5"}},
		{"/status", []string{"617\u202f280", "an object key is not a string", "&lt;script&gt;", "monitors/churn.yaml", "1 MiB", "default receiver is not used"}},
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
			if found := inline.FindString(w.Body.String()); found != "" {
				t.Errorf("the page contains %q", found)
			}
			links := regexp.MustCompile(`href="(/api[^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1)
			for _, link := range links {
				if at := html.UnescapeString(link[1]); !strings.HasSuffix(at, "/profile") {
					if api := call(h, "GET", at); api.Code != 200 || !json.Valid(api.Body.Bytes()) {
						t.Errorf("%s: %d %s", at, api.Code, api.Body)
					}
				}
			}
		})
	}
}

// Browsers get a page where there is nothing.
func TestMissingPages(t *testing.T) {
	h := Handler(optionsOf(snapshottest.New()), nil)
	for target, says := range map[string]string{
		"/nothing":                    "there is no /nothing",
		"/monitors/none":              "there is no monitor &#34;none&#34;",
		"/monitors/churn/fields/none": "no field &#34;none&#34;",
		"/monitors/churn/windows/2026-01-02T10:30:00Z":            "has no window that ends at",
		"/rules/churn/None":                                       "there is no rule &#34;None&#34; in a group &#34;churn&#34;",
		"/monitors/churn?windows=9999":                            "is not a number from 1 to 500",
		"/monitors/churn/fields/tenure?segment=x":                 "no segment",
		"/monitors/churn-quiet/fields/tenure":                     "has no window yet",
		"/monitors/churn/windows/noon":                            "not a time like",
		"/monitors/churn/windows/2026-01-02T10:00:00Z?segment=no": "no segment",
	} {
		w := send(h, "GET", target, "", "Accept", "text/html")
		if w.Code < 400 || !strings.Contains(w.Body.String(), says) || !strings.Contains(w.Body.String(), "<h1>") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// A monitor of another process is not there, but there is one.
func TestMonitorElsewhere(t *testing.T) {
	s := snapshottest.New()
	s.Group = &snapshot.Group{Name: "watchers", Elsewhere: []string{"pricing"}}
	for _, target := range []string{"/monitors/pricing", "/api/v1/monitors/pricing", "/monitors/pricing/fields/x"} {
		if w := call(Handler(optionsOf(s), nil), "GET", target); w.Code != 404 || !strings.Contains(w.Body.String(), "another process of the group") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestProblems(t *testing.T) {
	s := snapshottest.New()
	s.Ready, s.Reason = false, "waiting for partitions"
	s.Reload = snapshot.Reload{Error: "monitors/x.yaml:1:1: empty"}
	s.Notified[0].Problem = "timeout: slack: no answer in time"
	body := call(Handler(optionsOf(s), nil), "GET", "/").Body.String()
	for _, want := range []string{"Not ready: waiting for partitions", "monitors/x.yaml:1:1: empty", "Receiver ml-team: timeout"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	h := Handler(optionsOf(snapshottest.New()), nil)
	b.ReportAllocs()
	for b.Loop() {
		if w := call(h, "GET", "/"); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
