package slack

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"driftwatch/alerting"
	"driftwatch/rules"
)

// channel returns a server and a receiver that posts to it with a token.
func channel(t *testing.T) (*server, *Receiver) {
	s := newServer(t)
	return s, newReceiver(t, Options{
		TokenFile: write(t, filepath.Join(t.TempDir(), "token"), token+"\n"), Channel: "#ml", APIURL: s.URL + "/api/",
	})
}

func deliver(t *testing.T, r *Receiver, events ...rules.Event) {
	t.Helper()
	if _, err := r.Notify(t.Context(), alerting.Message{Events: events}); err != nil {
		t.Fatal(err)
	}
}

func methods(s *server) []string {
	_, calls := s.seen()
	var out []string
	for _, c := range calls {
		out = append(out, strings.TrimSpace(c.Method+" "+c.TS))
	}
	return out
}

func TestResolveChangesTheMessage(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, firing("amount"), firing("tenure"))
	deliver(t, r, resolved("amount"))
	deliver(t, r, resolved("tenure"))
	want := []string{"chat.postMessage", "chat.update 1700000000.000001", "chat.update 1700000000.000001"}
	if got := methods(s); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	_, calls := s.seen()
	if calls[0].Channel != "#ml" || calls[1].Channel != "C123" {
		t.Errorf("channels %q and %q", calls[0].Channel, calls[1].Channel)
	}
	for i, title := range []string{"[FIRING:2]", "[FIRING:1, RESOLVED:1]", "[RESOLVED:2]"} {
		if !strings.HasPrefix(calls[i].Text, title) || !strings.Contains(calls[i].Blocks, title) {
			t.Errorf("call %d says %q, want %s", i, calls[i].Text, title)
		}
	}
	if len(r.posted) != 0 {
		t.Errorf("%d postings are still remembered", len(r.posted))
	}
}

func TestResolveWithoutMemory(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, resolved("amount"))
	if got := methods(s); !slices.Equal(got, []string{"chat.postMessage"}) {
		t.Errorf("got %q", got)
	}
}

func TestResolveAndFireTogether(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, firing("amount"))
	deliver(t, r, resolved("amount"), firing("tenure"))
	want := []string{"chat.postMessage", "chat.update 1700000000.000001", "chat.postMessage"}
	if got := methods(s); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	_, calls := s.seen()
	if strings.Contains(calls[2].Blocks, "amount") {
		t.Errorf("the new message repeats what resolved: %s", calls[2].Blocks)
	}
}

// TestReminderIsChangedToo: people may read the reminder and not the first one.
func TestReminderIsChangedToo(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, firing("amount"))
	if _, err := r.Notify(t.Context(), alerting.Message{Events: []rules.Event{firing("amount")}, Repeat: true}); err != nil {
		t.Fatal(err)
	}
	deliver(t, r, resolved("amount"))
	want := []string{"chat.postMessage", "chat.postMessage", "chat.update 1700000000.000001", "chat.update 1700000000.000002"}
	if got := methods(s); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestUnchangeable posts the end of an alert whose message somebody deleted.
func TestUnchangeable(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, firing("amount"))
	s.answers(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "chat.update") {
			_, _ = io.WriteString(w, `{"ok":false,"error":"message_not_found"}`)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"2"}`)
	})
	deliver(t, r, resolved("amount"))
	if len(r.posted) != 0 {
		t.Errorf("%d postings are still remembered", len(r.posted))
	}
}

// TestHalfWay fails after the first of two changes; the next attempt goes on.
func TestHalfWay(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, firing("amount"))
	deliver(t, r, firing("tenure"))
	n := 0
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 1 {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"1"}`)
	})
	both := alerting.Message{Events: []rules.Event{resolved("amount"), resolved("tenure")}}
	if _, err := r.Notify(t.Context(), both); err == nil {
		t.Fatal("a failed change is no error")
	}
	s.answers(nil)
	if _, err := r.Notify(t.Context(), both); err != nil {
		t.Fatal(err)
	}
	want := []string{"chat.postMessage", "chat.postMessage", "chat.update 1700000000.000002"}
	if got := methods(s); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	_, r := channel(t)
	r.posted = make([]*posting, 0, remembered)
	for i := range remembered {
		r.posted = append(r.posted, &posting{message: alerting.Message{Events: []rules.Event{firing(fmt.Sprint(i))}}})
	}
	deliver(t, r, firing("amount"))
	if len(r.posted) != remembered || r.posted[0].event("prod/churn//FeatureDrift/1") == nil {
		t.Errorf("%d postings, the oldest is %v", len(r.posted), r.posted[0].message.Events[0].Alert.Field)
	}
}
