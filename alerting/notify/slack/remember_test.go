package slack

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"driftwatch/alerting"
	"driftwatch/monitors/checks"
	"driftwatch/rules"
)

// again returns the receiver of the next process, that knows what another one kept.
func again(t *testing.T, s *server, kept map[string][]byte) *Receiver {
	t.Helper()
	r := newReceiver(t, Options{TokenFile: write(t, filepath.Join(t.TempDir(), "token"), token), Channel: "#ml", APIURL: s.URL + "/api/"})
	if err := r.Recall(kept); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRestartChangesTheMessage: the end of an alert changes the message of its fire
// though another process sent that, and what joins later joins.
func TestRestartChangesTheMessage(t *testing.T) {
	s, r := channel(t)
	told := with(firing("amount"), func(a *rules.Alert) {
		a.Labels, a.Moved = map[string]string{"team": "risk"}, []checks.Move{{Bin: "> 90", Reference: 0.1, Current: 0.2}}
	})
	if err := group(t, r, told, firing("score")); err != nil {
		t.Fatal(err)
	}
	before := r.posted[0].message
	kept := r.Remember()
	r = again(t, s, kept)
	before.Events[0].Alert.Labels = nil
	want, err := json.Marshal(payload(before))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(payload(r.posted[0].message)); err != nil || string(got) != string(want) {
		t.Errorf("the message was\n%s\nand is\n%s", want, got)
	}
	for _, e := range []rules.Event{firing("tenure"), resolved("amount"), resolved("score"), resolved("tenure")} {
		if err := group(t, r, e); err != nil {
			t.Fatal(err)
		}
		kept = r.Remember()
		r = again(t, s, kept)
	}
	update := "chat.update 1700000000.000001"
	calls := []string{"chat.postMessage", update, "chat.postMessage", update, update, update}
	if got := methods(s); !slices.Equal(got, calls) {
		t.Errorf("got %q, want %q", got, calls)
	}
	if len(kept) != 0 {
		t.Errorf("all has ended, and kept is %s", kept)
	}
}

// TestRestartInTheMiddle: a process ends after the first of two changes, before it
// could write that down. The next one changes both, once each.
func TestRestartInTheMiddle(t *testing.T) {
	s, r := channel(t)
	deliver(t, r, firing("amount"))
	deliver(t, r, firing("tenure"))
	kept := r.Remember()
	n := 0
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 1 {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"1700000000.000001"}`)
	})
	both := []rules.Event{resolved("amount"), resolved("tenure")}
	if _, err := r.Notify(t.Context(), alerting.Message{Events: both}); err == nil {
		t.Fatal("a failed change is no error")
	}
	s.answers(nil)
	deliver(t, again(t, s, kept), both...)
	want := []string{"chat.postMessage", "chat.postMessage", "chat.update 1700000000.000001", "chat.update 1700000000.000002"}
	if got := methods(s); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRestartBeforeTheThread: what joined the message before the process ended is
// told to the thread by the next one.
func TestRestartBeforeTheThread(t *testing.T) {
	s, r := channel(t)
	if err := group(t, r, firing("amount")); err != nil {
		t.Fatal(err)
	}
	s.answers(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "chat.update") {
			_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"1700000000.000001"}`)
			return
		}
		_, _ = io.WriteString(w, `{"ok":false,"error":"internal_error"}`)
	})
	if err := group(t, r, firing("tenure")); err == nil {
		t.Fatal("no failure")
	}
	s.answers(nil)
	if err := group(t, again(t, s, r.Remember()), firing("tenure")); err != nil {
		t.Fatal(err)
	}
	_, calls := s.seen()
	if last := calls[len(calls)-1]; last.Thread != "1700000000.000001" || !strings.Contains(last.Text, "*tenure*") {
		t.Errorf("the thread is told %+v", last)
	}
}

// TestKeptByMonitor: postings of one monitor can move with it; those of several
// stay.
func TestKeptByMonitor(t *testing.T) {
	_, r := channel(t)
	other := with(firing("amount"), func(a *rules.Alert) { a.Monitor, a.Fingerprint = "fraud", "f" })
	deliver(t, r, firing("amount"))
	deliver(t, r, other)
	deliver(t, r, firing("tenure"), other)
	kept := r.Remember()
	if got := slices.Sorted(maps.Keys(kept)); !slices.Equal(got, []string{"", "churn", "fraud"}) {
		t.Fatalf("kept of %q", got)
	}
	delete(kept, "churn")
	if err := r.Recall(kept); err != nil || len(r.posted) != 2 {
		t.Errorf("%d postings, %v", len(r.posted), err)
	}
}

// TestKeptIsBounded keeps the newest postings, in a bounded number of bytes.
func TestKeptIsBounded(t *testing.T) {
	s, r := channel(t)
	for i := range remembered {
		r.posted = append(r.posted, &posting{channel: channelID, ts: fmt.Sprintf("1700000000.%06d", i), message: alerting.Message{
			Events: []rules.Event{with(firing(fmt.Sprint(i)), func(a *rules.Alert) { a.Annotations = map[string]string{"summary": strings.Repeat("x", 10_000)} })},
		}})
	}
	kept := r.Remember()
	if n := len(kept["churn"]); len(kept) != 1 || n > maxKept+1000 || n < maxKept/2 {
		t.Errorf("%d parts, of %d bytes", len(kept), n)
	}
	next := again(t, s, kept)
	if n := len(next.posted); n < 10 || next.posted[n-1].ts != r.posted[remembered-1].ts || next.posted[0].ts != r.posted[remembered-n].ts {
		t.Errorf("%d postings are known again", n)
	}
}

// TestKeptIsUnreadable: what another version kept, or somebody broke, is left out,
// and the rest is used; a web hook knows of nothing.
func TestKeptIsUnreadable(t *testing.T) {
	_, r := channel(t)
	deliver(t, r, firing("amount"))
	good := r.Remember()["churn"]
	for name, bad := range map[string]string{"version": `{"version":99,"postings":[]}`, "no JSON": `{`, "posting": `{"version":1,"postings":[7]}`} {
		t.Run(name, func(t *testing.T) {
			if err := r.Recall(map[string][]byte{"churn": good, "x": []byte(bad)}); err == nil || len(r.posted) != 1 {
				t.Errorf("%d postings, %v", len(r.posted), err)
			}
		})
	}
	hook := newReceiver(t, Options{WebhookURL: "https://hooks.example/x"})
	if err := hook.Recall(map[string][]byte{"churn": good}); err != nil || len(hook.Remember()) != 0 {
		t.Errorf("%v", err)
	}
	if !json.Valid(good) || strings.Contains(string(good), "SECRET") {
		t.Errorf("kept is %s", good)
	}
}
