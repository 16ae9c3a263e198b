package slack

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"driftwatch/alerting"
	"driftwatch/rules"
)

func group(t *testing.T, r *Receiver, events ...rules.Event) error {
	t.Helper()
	_, err := r.Notify(t.Context(), alerting.Message{Group: []alerting.Label{{Name: "monitor", Value: "churn"}}, Events: events})
	return err
}

// TestFieldsJoin: fields that drift later join the message of their group, and its
// thread is told; what is worse is posted anew.
func TestFieldsJoin(t *testing.T) {
	s, r := channel(t)
	for _, events := range [][]rules.Event{
		{firing("amount")}, {firing("tenure")}, {resolved("amount")}, {firing("amount")},
		{with(firing("score"), func(a *rules.Alert) { a.Severity = rules.Critical })},
		{with(firing("late"), func(a *rules.Alert) { a.WindowEnd = a.WindowEnd.Add(2 * joinWithin) })},
	} {
		if err := group(t, r, events...); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"chat.postMessage", "chat.update 1700000000.000001", "chat.postMessage", "chat.update 1700000000.000001",
		"chat.update 1700000000.000001", "chat.postMessage", "chat.postMessage", "chat.postMessage",
	}
	if got := methods(s); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	_, calls := s.seen()
	if c := calls[2]; c.Thread != "1700000000.000001" || !strings.Contains(c.Text, "*tenure*") || strings.Contains(c.Text, "amount*") {
		t.Errorf("the thread is told %+v", c)
	}
	if c := calls[4]; !strings.HasPrefix(c.Text, "[FIRING:2]") || c.Thread != "" {
		t.Errorf("after it fired again the message says %q", c.Text)
	}
	if c := calls[6]; c.Thread != "" || !strings.Contains(c.Text, "score") {
		t.Errorf("what is worse is not a message of its own: %+v", c)
	}
}

// TestJoinFailsHalfWay: the thread is told though that failed at first, and the
// message is not changed twice.
func TestJoinFailsHalfWay(t *testing.T) {
	s, r := channel(t)
	if err := group(t, r, firing("amount")); err != nil {
		t.Fatal(err)
	}
	updates := 0
	s.answers(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "chat.update") {
			updates++
			_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"1700000000.000001"}`)
			return
		}
		_, _ = io.WriteString(w, `{"ok":false,"error":"internal_error"}`)
	})
	if err := group(t, r, firing("tenure")); err == nil {
		t.Fatal("no failure")
	}
	s.answers(nil)
	if err := group(t, r, firing("tenure")); err != nil {
		t.Fatal(err)
	}
	if _, calls := s.seen(); updates != 1 || len(calls) != 2 || calls[1].Thread == "" {
		t.Errorf("%d changes, then %+v", updates, calls)
	}
}

// TestJoinGrowsBetweenAttempts: what comes to the message before the thread was told
// joins, too.
func TestJoinGrowsBetweenAttempts(t *testing.T) {
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
	if err := group(t, r, firing("tenure"), firing("score")); err != nil {
		t.Fatal(err)
	}
	_, calls := s.seen()
	if update := calls[1]; update.Method != "chat.update" || !strings.HasPrefix(update.Text, "[FIRING:3]") {
		t.Errorf("the message says %+v", update)
	}
	if thread := calls[2]; thread.Thread == "" || !strings.Contains(thread.Text, "*tenure*") || !strings.Contains(thread.Text, "*score*") {
		t.Errorf("the thread is told %+v", thread)
	}
}

// TestJoinOfHugeNames: what the thread is told has no more characters than Slack takes.
func TestJoinOfHugeNames(t *testing.T) {
	_, r := channel(t)
	if err := group(t, r, firing("amount")); err != nil {
		t.Fatal(err)
	}
	huge := strings.Repeat("&", 5000)
	var many []rules.Event
	for i := range 50 {
		many = append(many, with(firing(huge), func(a *rules.Alert) {
			a.Fingerprint, a.Name, a.Segment, a.Check, a.When = fmt.Sprint(i), huge, huge, huge, huge
			a.Annotations = map[string]string{"summary": huge}
		}))
	}
	if err := group(t, r, many...); err != nil {
		t.Error(err)
	}
}

// TestJoinOfWhatIsGone posts a message anew whose group's was deleted.
func TestJoinOfWhatIsGone(t *testing.T) {
	s, r := channel(t)
	if err := group(t, r, firing("amount")); err != nil {
		t.Fatal(err)
	}
	s.answers(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "chat.update") {
			_, _ = io.WriteString(w, `{"ok":false,"error":"message_not_found"}`)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"channel":"C123","ts":"2"}`)
	})
	if err := group(t, r, firing("tenure")); err != nil {
		t.Fatal(err)
	}
	if len(r.posted) != 1 || r.posted[0].ts != "2" {
		t.Errorf("remembered %+v", r.posted)
	}
}
