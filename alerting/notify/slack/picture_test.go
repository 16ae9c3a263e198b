package slack

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/rules"
)

func drawn(_ context.Context, _ *rules.Alert) []byte { return notifytest.Picture() }

// tell delivers events of one group that may have pictures, and lets them be added.
func tell(t *testing.T, r *Receiver, events ...rules.Event) (int, error) {
	t.Helper()
	m := alerting.Message{Group: []alerting.Label{{Name: "monitor", Value: "churn"}}, Events: events, Picture: drawn}
	if _, err := r.Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	added, _, err := r.Illustrate(t.Context())
	return added, err
}

// TestPicturesOfTheWorst: fifty fields are one message with three pictures, which
// are one reply in its thread; those that join get theirs, ends and reminders none.
func TestPicturesOfTheWorst(t *testing.T) {
	s, r := channel(t)
	var events []rules.Event
	for i := range 50 {
		events = append(events, with(firing(fmt.Sprintf("field_%02d", i)), func(a *rules.Alert) {
			a.Result.Effect = new(float64(i))
			if i == 7 {
				a.Severity = rules.Critical
			}
		}))
	}
	events = append(events, with(firing(""), func(a *rules.Alert) { a.Severity = rules.Critical }))
	events = append(events, with(events[49], func(a *rules.Alert) { a.Segment, a.Fingerprint = "country=BR", "other" }))
	if added, err := tell(t, r, events...); added != 3 || err != nil {
		t.Fatalf("%d pictures, %v", added, err)
	}
	_, calls := s.seen()
	last := calls[len(calls)-1]
	if last.Method != "files.completeUploadExternal" || last.Thread != "1700000000.000001" || last.Channel != channelID {
		t.Errorf("the last call is %+v", last)
	}
	for _, field := range []string{"field_07", "field_49", "field_48"} {
		if !strings.Contains(last.Files, field) {
			t.Errorf("no picture of %s in %s", field, last.Files)
		}
	}
	if !strings.Contains(calls[0].Text, "*field_07*") || !strings.Contains(calls[0].Text, "[FIRING:52]") {
		t.Errorf("a notification says %q", calls[0].Text)
	}
	if n := len(slices.DeleteFunc(methods(s), func(m string) bool { return m != "chat.postMessage" })); n != 1 {
		t.Errorf("%d messages", n)
	}
	for _, tc := range []struct {
		events []rules.Event
		want   int
	}{{[]rules.Event{resolved("field_49")}, 0}, {[]rules.Event{firing("tenure")}, 1}, {[]rules.Event{firing("field_49")}, 1}} {
		if added, err := tell(t, r, tc.events...); added != tc.want || err != nil {
			t.Errorf("%s %s: %d pictures, %v", tc.events[0].Alert.Field, tc.events[0].Alert.State, added, err)
		}
	}
	if _, err := r.Notify(t.Context(), alerting.Message{Events: events[:1], Repeat: true, Picture: drawn}); err != nil {
		t.Fatal(err)
	}
	if added, next, err := r.Illustrate(t.Context()); added != 0 || !next.IsZero() || err != nil {
		t.Errorf("a reminder got %d pictures, %v, %v", added, next, err)
	}
}

// TestNoPictures: without the right, or where there is nothing to show, the message
// goes alone.
func TestNoPictures(t *testing.T) {
	t.Run("missing scope", func(t *testing.T) {
		s, r := channel(t)
		s.noFiles = true
		added, err := tell(t, r, firing("amount"))
		if added != 0 || err == nil || !strings.Contains(err.Error(), "needs the scope files:write") || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%d pictures, %v", added, err)
		}
		if _, next, err := r.Illustrate(t.Context()); !next.IsZero() || err != nil {
			t.Errorf("tried again at %v, %v", next, err)
		}
		if got := methods(s); !slices.Equal(got, []string{"chat.postMessage"}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("off", func(t *testing.T) {
		s := newServer(t)
		r := newReceiver(t, Options{TokenFile: write(t, filepath.Join(t.TempDir(), "token"), token), Channel: "#ml", APIURL: s.URL + "/api/", NoPlots: true})
		if added, err := tell(t, r, firing("amount")); added != 0 || err != nil || len(methods(s)) != 1 {
			t.Errorf("%d pictures, %v, %q", added, err, methods(s))
		}
	})
	t.Run("nothing to show", func(t *testing.T) {
		s, r := channel(t)
		m := message()
		m.Picture = func(context.Context, *rules.Alert) []byte { return nil }
		if _, err := r.Notify(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if added, _, err := r.Illustrate(t.Context()); added != 0 || err != nil || len(methods(s)) != 1 {
			t.Errorf("%d pictures, %v, %q", added, err, methods(s))
		}
	})
}

// TestPicturesAreGivenUp: what cannot be added is tried a few times, later; what
// Slack may have shown already is not.
func TestPicturesAreGivenUp(t *testing.T) {
	limited := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	broken := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusBadGateway) }
	for _, tc := range []struct {
		call   string
		answer http.HandlerFunc
		waits  []time.Duration // between attempts
		shown  bool            // in the end, if it is answered well from the second attempt on
	}{
		{"files.getUploadURLExternal", limited, []time.Duration{7 * time.Second, 7 * time.Second}, true},
		{"files.getUploadURLExternal", broken, []time.Duration{tryAgain, tryAgain}, true},
		{"/upload/v1/", broken, []time.Duration{tryAgain, tryAgain}, true},
		{"files.completeUploadExternal", limited, []time.Duration{7 * time.Second, 7 * time.Second}, true},
		{"files.completeUploadExternal", broken, nil, false},
	} {
		for _, lasting := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, lasting %v", tc.call, lasting), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := newWorkspace(t)
					failed := 0
					r := newReceiver(t, Options{TokenFile: write(t, filepath.Join(t.TempDir(), "token"), token), Channel: "#ml", APIURL: "http://slack.example/api/"})
					r.inProcess(func(w http.ResponseWriter, req *http.Request) {
						if strings.Contains(req.URL.Path, tc.call) && (lasting || failed == 0) {
							failed++
							tc.answer(w, req)
							return
						}
						v.ServeHTTP(w, req)
					})
					added, next, err := illustrateFirst(t, r)
					var waits []time.Duration
					for !next.IsZero() {
						waits = append(waits, time.Until(next))
						time.Sleep(time.Until(next))
						added, next, err = r.Illustrate(t.Context())
					}
					want := tc.waits
					if !lasting && tc.shown {
						want = want[:1]
					}
					if !slices.Equal(waits, want) || (added == 1) != (tc.shown && !lasting) || (err == nil) != (added == 1) {
						t.Errorf("waited %v, then %d pictures, %v", waits, added, err)
					}
					if calls := v.seen(); calls[0].Method != "chat.postMessage" || slices.ContainsFunc(calls[1:], func(c call) bool { return strings.HasPrefix(c.Method, "chat") }) {
						t.Errorf("calls %+v", calls)
					}
				})
			})
		}
	}
}

func illustrateFirst(t *testing.T, r *Receiver) (int, time.Time, error) {
	t.Helper()
	m := message()
	m.Events, m.Picture = m.Events[:1], drawn
	if _, err := r.Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return r.Illustrate(t.Context())
}

// inProcess lets a function answer, without a network, so that a test's clock
// can stand in for the real one.
func (r *Receiver) inProcess(answer http.HandlerFunc) {
	r.client.Transport = explain{transport(answer)}
}

type transport http.HandlerFunc

// RoundTrip implements http.RoundTripper.
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r.Host = r.URL.Host
	f(w, r)
	return w.Result(), nil
}
