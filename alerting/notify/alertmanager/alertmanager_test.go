package alertmanager

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/rules"
)

func told(t *testing.T) func(*http.Request, []byte) []string {
	return func(r *http.Request, body []byte) (list []string) {
		var sent []alert
		if err := json.Unmarshal(body, &sent); err != nil || r.URL.Path != "/am/api/v2/alerts" {
			t.Errorf("%s: %v: %s", r.URL, err, body)
		}
		for _, a := range sent {
			state := rules.Firing
			if a.EndsAt.Before(time.Now()) {
				state = rules.Resolved
			}
			list = append(list, a.Labels["field"]+" "+state)
		}
		return list
	}
}

func TestConformance(t *testing.T) {
	notifytest.Run(t, notifytest.Subject{AnswersCount: true, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
		s := notifytest.NewServer(t, told(t))
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte("Bearer "+notifytest.Canary), 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{URLs: []string{s.URL("/am/")}, Headers: map[string]notify.Value{"Authorization": {File: path}}, Timeout: notifytest.Timeout}
		return s, func() alerting.Receiver { return receiver(t, o) }
	}})
}

func receiver(t *testing.T, o Options) *Receiver {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOneOfSeveral: a message is delivered if one Alertmanager has it, and each is
// tried.
func TestOneOfSeveral(t *testing.T) {
	first, second := notifytest.NewServer(t, told(t)), notifytest.NewServer(t, told(t))
	first.Set(notifytest.Broken)
	r := receiver(t, Options{URLs: []string{first.URL("/am"), second.URL("/am")}})
	if _, err := r.Notify(t.Context(), notify.Sample(time.Now(), rules.Firing)); err != nil {
		t.Error(err)
	}
	second.Set(notifytest.Broken)
	if _, err := r.Notify(t.Context(), notify.Sample(time.Now(), rules.Firing)); err == nil {
		t.Error("none of them has it")
	}
	if len(first.Tried()) != 2 || len(second.Accepted()) != 1 {
		t.Errorf("the first was tried %d times, the second took %d", len(first.Tried()), len(second.Accepted()))
	}
}

// TestTimes: Alertmanager refuses an alert that ends before it starts, and takes
// one for firing while its end is ahead.
func TestTimes(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	r := receiver(t, Options{URLs: []string{"http://am.example"}})
	for _, tc := range []struct {
		name         string
		fired        time.Time
		state        string
		starts, ends time.Time
	}{
		{"fires", now.Add(-time.Hour), rules.Firing, now.Add(-time.Hour), now.Add(4 * time.Minute)},
		{"fires in data that is ahead", now.Add(time.Hour), rules.Firing, now, now.Add(4 * time.Minute)},
		{"resolved", now.Add(-3 * time.Hour), rules.Resolved, now.Add(-3 * time.Hour), now.Add(-2 * time.Hour)},
		{"resolved in data that is ahead", now.Add(-time.Minute), rules.Resolved, now.Add(-time.Minute), now},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := notify.Sample(tc.fired, tc.state)
			a := r.alert(&m.Events[0].Alert, "", now)
			if !a.StartsAt.Equal(tc.starts) || !a.EndsAt.Equal(tc.ends) {
				t.Errorf("from %v to %v", a.StartsAt, a.EndsAt)
			}
		})
	}
}

// TestLabels: a rule's labels cannot change which alert it is, and are the same in
// each message.
func TestLabels(t *testing.T) {
	m := notify.Sample(time.Now(), rules.Firing)
	a := &m.Events[0].Alert
	a.Labels = map[string]string{"monitor": "other", "team": "risk", "empty": ""}
	want := map[string]string{"alertname": "SampleAlert", "monitor": "sample", "field": "amount", "severity": "info", "check": "psi", "team": "risk"}
	if got := labels(a); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if a.Labels["monitor"] != "other" {
		t.Error("the rule's labels were changed")
	}
}
