package demo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"driftwatch/rules"
)

// answers is a daemon that gives each path the same answer.
func answers(t *testing.T, of map[string]string) daemonAPI {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := of[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return daemonAPI{srv.URL, srv.Client()}
}

func TestCounts(t *testing.T) {
	api := answers(t, map[string]string{
		"/api/v1/status": `{"streams": [{"records": 100, "lost_records": 1, "errors": {"json": 2, "null": 3}}, {"records": 50, "errors": {}}],
			"memory": {"live_heap_bytes": 94371840}}`,
		"/api/v1/monitors": `{"monitors": [{"windows_total": 7, "late_records": 4}, {"windows_total": 6, "late_records": 5}]}`,
	})
	got, err := api.counts(t.Context())
	if want := (counts{records: 150, unusable: 5, lost: 1, late: 9, windows: 13, memory: 94371840}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if text := got.text(); !strings.Contains(text, "150 records read, 13 windows") || !strings.Contains(text, "90 MB") {
		t.Errorf("text %q", text)
	}
	if _, err := answers(t, nil).counts(t.Context()); err == nil || !strings.Contains(err.Error(), "/api/v1/status: 404") {
		t.Errorf("without an answer the error is %v", err)
	}
}

// TestDataOrModel: the answer waits for the windows of the inputs, and is what
// they say.
func TestDataOrModel(t *testing.T) {
	const steady, drifted = `{"fields": [{"field": "plan", "role": "feature", "checks": {"psi": {"value": 0, "drift": false}}}, {"field": "app_version", "role": "metadata", "checks": {"psi": {"value": 1, "drift": true}}}]}`,
		`{"fields": [{"field": "plan", "role": "feature", "checks": {"psi": {"value": 1, "drift": true}}}]}`
	for _, c := range []struct {
		name    string
		windows []string
		done    bool
		want    string
	}{
		{"not all closed", []string{steady}, false, ""},
		{"the model", []string{steady, steady}, true, "In the 2 windows since it began no feature of churn-inputs drifted:\n       it is the model.\n"},
		{"the data", []string{steady, drifted}, true, "In the same windows there drifted of churn-inputs: plan."},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out page
			api := answers(t, map[string]string{"/api/v1/monitors/churn-inputs/windows": `{"windows": [` + strings.Join(c.windows, ",") + `]}`})
			screen := newScreen(&out)
			screen.begin(time.Now())
			w := newWatcher(api, screen, start)
			if got := w.dataOrModel(t.Context(), start.Add(CreepBegin+2*WindowLength)); got != c.done {
				t.Errorf("done %v", got)
			}
			if got := out.String(); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}

func TestPageOfAnAlert(t *testing.T) {
	a := alert(rules.Firing)
	a.Segment = bugSegment
	const want = "http://h/monitors/churn-inputs/fields/monthly_charge?check=psi&end=2026-03-01T12:00:00Z&segment=country=MX,device=android"
	if got := (daemonAPI{base: "http://h"}).page(&a); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if at := time.Duration(0); (&finding{fired: a}).at(start) != at {
		t.Error("an alert that fired at the start is not at 0")
	}
}
