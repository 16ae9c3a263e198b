package pagerduty

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/rules"
)

func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(notifytest.Canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// told checks an event by PagerDuty's documentation.
func told(t *testing.T) func(*http.Request, []byte) []string {
	return func(_ *http.Request, body []byte) []string {
		var e event
		if err := json.Unmarshal(body, &e); err != nil || e.RoutingKey != notifytest.Canary {
			t.Errorf("%v: %s", err, body)
		}
		field := strings.TrimPrefix(e.DedupKey, "driftwatch/fp-")
		if e.EventAction == "resolve" {
			return []string{field + " resolved"}
		}
		if p := e.Payload; e.EventAction != "trigger" || p.Summary == "" || p.Source == "" || p.Severity != "warning" {
			t.Errorf("%s", body)
		}
		return []string{field + " firing"}
	}
}

func TestConformance(t *testing.T) {
	notifytest.Run(t, notifytest.Subject{AnswersCount: true, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
		s := notifytest.NewServer(t, told(t))
		o := Options{RoutingKeyFile: keyFile(t), URL: s.URL("/v2/enqueue"), Severity: DefaultSeverity(), Timeout: notifytest.Timeout}
		return s, func() alerting.Receiver {
			r, err := New(o)
			if err != nil {
				t.Error(err)
			}
			return r
		}
	}})
}

// TestHalfWay: an alert that PagerDuty has is not sent again when a later one of
// the same message failed.
func TestHalfWay(t *testing.T) {
	s := notifytest.NewServer(t, told(t))
	r, err := New(Options{RoutingKeyFile: keyFile(t), URL: s.URL("/"), Severity: DefaultSeverity()})
	if err != nil {
		t.Fatal(err)
	}
	m := notify.Sample(time.Now(), rules.Firing)
	m.Events[0].Alert.Severity = rules.Warning
	second := m.Events[0]
	second.Alert.Fingerprint = "fp-b"
	m.Events[0].Alert.Fingerprint = "fp-a"
	if _, err := r.Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	m.Events = append(m.Events, second)
	s.Set(notifytest.Broken)
	r.sent["1 fp-a firing"] = true // as if it had failed after the first
	if _, err := r.Notify(t.Context(), m); err == nil {
		t.Fatal("no failure")
	}
	s.Set(notifytest.OK)
	if _, err := r.Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Accepted(), ", "); got != "a firing, b firing" {
		t.Errorf("it was told %s", got)
	}
}

func TestEvent(t *testing.T) {
	r := &Receiver{o: Options{Severity: map[string]string{rules.Info: "error"}}}
	m := notify.Sample(time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC), rules.Firing)
	m.Events[0].Alert.Annotations["runbook"] = "https://wiki.example/x"
	e := r.event("key", &m.Events[0].Alert, "http://drift.example/monitors/sample")
	if e.Payload.Severity != "error" || e.ClientURL == "" || len(e.Links) != 1 ||
		e.Payload.Summary != "sample: SampleAlert: amount psi 0.310 (rule: psi is above 0.2, p < 0.000001)" {
		t.Errorf("%+v %+v", e, e.Payload)
	}
}
