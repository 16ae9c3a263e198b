package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/internal/snapshot/snapshottest"
)

var silencesNow = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// silences are kept in memory.
type silences struct{ list []alerting.Silence }

func (s *silences) All() []alerting.Silence { return s.list }

func (s *silences) Add(n alerting.Silence) (alerting.Silence, error) {
	n.ID = "abc"
	if n.StartsAt.IsZero() {
		n.StartsAt = silencesNow
	}
	s.list = append(s.list, n)
	return n, nil
}

func (s *silences) Expire(id string) error {
	if len(s.list) == 0 || s.list[0].ID != id {
		return alerting.ErrNoSilence
	}
	s.list[0].EndsAt = silencesNow
	return nil
}

func TestSilences(t *testing.T) {
	o := optionsOf(snapshottest.New())
	h := Handler(o, nil)
	post := func(body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v1/silences", strings.NewReader(body)))
		return w
	}
	for _, tc := range []struct {
		body, says string
	}{
		{``, "read the silence: there is nothing in it"},
		{`{`, "read the silence: it ends in the middle of the JSON"},
		{`{"matchers": x}`, "read the silence: it is not JSON from byte 14 on"},
		{`{"matcher": "x"}`, `read the silence: unknown key \"matcher\"`},
		{`{"ends_at": "noon"}`, `ends_at is \"noon\", not a time like 2026-01-02T15:04:05Z`},
		{`{"starts_at": 7}`, "found number where another value belongs"},
		{`{"matchers": "x"}`, "found string where another value belongs"},
		{`{"matchers": ["a=b"], "duration": "2"}`, "not a length of time"},
		{`{"matchers": ["a=b"], "duration": "2h", "ends_at": "2026-01-02T14:00:00Z"}`, "not both"},
	} {
		if w := post(tc.body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tc.says) {
			t.Errorf("%.60s: %d %s", tc.body, w.Code, w.Body)
		}
	}
	if w := post(`{"comment": "` + strings.Repeat("x", maxSilence) + `"}`); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "at most 16384 bytes") {
		t.Errorf("too large: %d %s", w.Code, w.Body)
	}
	if w := post(`{"matchers": ["monitor=churn"], "duration": "2h", "created_by": "jane", "comment": "why"}`); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	list := func() string {
		var got struct{ Silences []silenceJSON }
		if err := json.Unmarshal(call(h, http.MethodGet, "/api/v1/silences").Body.Bytes(), &got); err != nil || len(got.Silences) != 1 {
			t.Fatalf("%v %+v", err, got)
		}
		return got.Silences[0].State + " until " + got.Silences[0].EndsAt.Format(time.RFC3339)
	}
	if got := list(); got != "active until 2026-01-02T14:00:00Z" {
		t.Error(got)
	}
	if w := call(h, http.MethodDelete, "/api/v1/silences/none"); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := call(h, http.MethodDelete, "/api/v1/silences/abc"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := list(); got != "expired until 2026-01-02T12:00:00Z" {
		t.Error(got)
	}
	if w := call(h, http.MethodPut, "/api/v1/silences"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	// A page elsewhere cannot silence anything.
	r := httptest.NewRequest(http.MethodPost, "/api/v1/silences", strings.NewReader(`{}`))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusForbidden || w.Body.String() != `{"error":"the request comes from a page of another site"}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestSuppressed: an alert of which nobody is told still fires, and says why.
func TestSuppressed(t *testing.T) {
	s := snapshottest.New()
	var fp string
	for _, a := range s.Alerts {
		if a.State == "firing" {
			fp = a.Fingerprint
		}
	}
	s.Notified[0].Quiet = map[string]string{fp: "silenced by jane <b>"}
	h := Handler(optionsOf(s), nil)
	if got := call(h, http.MethodGet, "/api/v1/alerts").Body.String(); !strings.Contains(got, `"suppressed":[{"receiver":"ml-team","reason":"silenced by jane \u003cb\u003e"}]`) {
		t.Errorf("%s", got)
	}
	if got := call(h, http.MethodGet, "/").Body.String(); !strings.Contains(got, "ml-team is not told: silenced by jane &lt;b&gt;") {
		t.Error("the page does not say it")
	}
}
