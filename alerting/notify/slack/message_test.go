package slack

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

var update = flag.Bool("update", false, "write the golden files")

func clockAt(minute int) window.Time {
	return window.FromTime(time.Date(2026, 1, 2, 10, minute, 0, 0, time.UTC))
}

func firing(field string) rules.Event {
	fired := clockAt(20)
	return rules.Event{ID: 1, Alert: rules.Alert{
		Fingerprint: "prod/churn//FeatureDrift/" + field, Name: "FeatureDrift", Monitor: "churn", Field: field,
		Check: "psi", When: "psi is above 0.2", Severity: "warning", State: rules.Firing,
		Result:      checks.Result{Value: 0.3124, Low: 0.3124, High: 0.3124, PValue: new(3e-12)},
		WindowStart: clockAt(10), WindowEnd: fired, Since: clockAt(15), Fired: &fired,
		Annotations: map[string]string{
			"summary": field + " of churn drifted: PSI 0.31",
			"runbook": "https://wiki.example/drift?a=1&b=2",
		},
	}}
}

func resolved(field string) rules.Event {
	e := firing(field)
	ends := clockAt(50)
	e.Alert.State, e.Alert.EndsAt, e.Alert.WindowStart, e.Alert.WindowEnd = rules.Resolved, &ends, clockAt(40), ends
	e.Alert.Result.Value = 0.04
	return e
}

func message() alerting.Message {
	return alerting.Message{
		Group:  []alerting.Label{{Name: "monitor", Value: "churn"}},
		Events: []rules.Event{firing("amount"), firing("tenure")},
		URL:    "http://127.0.0.1:9474/monitors/churn",
	}
}

func with(e rules.Event, change func(*rules.Alert)) rules.Event {
	change(&e.Alert)
	return e
}

// TestGolden shows the messages as a terminal does, from what Slack would get.
func TestGolden(t *testing.T) {
	long := message()
	long.Events = nil
	for i := range 50 {
		long.Events = append(long.Events, with(firing(fmt.Sprintf("field_%02d", i)), func(a *rules.Alert) { a.Annotations = nil }))
	}
	ended := message()
	ended.Events, ended.Superseded = []rules.Event{resolved("amount")}, 3
	mixed := message()
	mixed.Events = []rules.Event{
		with(firing("note <&> *x*"), func(a *rules.Alert) {
			a.Name, a.Check, a.When, a.Severity, a.Segment = "TooManyNulls", "nulls", "nulls is above 0.05", "critical", "country=<!channel>"
			a.Result = checks.Result{Value: 0.0832, Low: 0.0832, High: 0.0832}
			a.Annotations = map[string]string{"summary": "first\nsecond <http://evil.example|click>", "runbook": "javascript:alert(1)"}
		}),
		with(firing(""), func(a *rules.Alert) {
			a.Check, a.When, a.Severity = "volume", "volume is below 1000", "info"
			a.Result, a.Annotations, a.Since = checks.Result{Value: 12}, nil, clockAt(-24*60)
		}),
		resolved("tenure"),
	}
	told := message()
	name := "US"
	told.Events = []rules.Event{
		with(firing("amount"), func(a *rules.Alert) {
			a.Annotations = nil
			a.Moved = []checks.Move{
				{Bin: "(20, 25]", Reference: 0.04, Current: 0.19}, {Bin: "> 90", Reference: 0.1, Current: 0.02},
				{Bin: "<= 3", Reference: 0.1, Current: 0.05}, {Bin: "= 5", Reference: 0.1, Current: 0.06},
			}
			a.ExplainedBy = &checks.Explanation{Segment: "country=<BR>,device=ios", Check: "psi", Effect: 0.31, Without: 0.02}
		}),
		with(firing("country"), func(a *rules.Alert) {
			a.Moved = []checks.Move{{Category: &name, Reference: 0.5, Current: 0.25}}
		}),
		with(resolved("tenure"), func(a *rules.Alert) { a.Moved = told.Events[0].Alert.Moved }),
	}
	again := message()
	again.Repeat = true
	for name, m := range map[string]alerting.Message{"firing": message(), "resolved": ended, "long": long, "mixed": mixed, "reminder": again, "told": told} {
		t.Run(name, func(t *testing.T) { checkGolden(t, name, payload(m)) })
	}
}

// checkGolden compares what Slack would get, and what it shows then.
func checkGolden(t *testing.T, name string, m *api.WebhookMessage) {
	t.Helper()
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ Blocks json.RawMessage }
	if err := json.Unmarshal(body, &parts); err != nil {
		t.Fatal(err)
	}
	if problem := invalid(parts.Blocks); problem != "" {
		t.Error(problem)
	}
	text, err := Render(body)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, name+".txt", text)
	golden(t, name+".json", string(body)+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed (run with -update to accept):\n%s", path, got)
	}
}

// TestLimits fills every part with the longest and most escaped text.
func TestLimits(t *testing.T) {
	huge := strings.Repeat("&<>", 5000)
	var m alerting.Message
	for i := range 100 {
		m.Events = append(m.Events, with(firing(fmt.Sprint(huge, i)), func(a *rules.Alert) {
			a.Name, a.Monitor, a.Segment, a.Check, a.When = huge+fmt.Sprint(i), huge, huge, huge, huge
			a.Annotations = map[string]string{"summary": huge, "runbook": fmt.Sprintf("https://x.example/%d?%s", i, strings.Repeat("&", 400))}
		}))
	}
	p := payload(m)
	raw, err := json.Marshal(p.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	if problem := invalid(raw); problem != "" {
		t.Error(problem)
	}
	if n := len([]rune(p.Text)); n > 40000 {
		t.Errorf("the text has %d characters", n)
	}
}

// TestEscape lets no text of the data begin a link, a mention or an entity.
func TestEscape(t *testing.T) {
	m := alerting.Message{Events: []rules.Event{with(firing("<!here>&amp;"), func(a *rules.Alert) {
		a.Segment, a.Name, a.Monitor = "u=<@U1>", "<#C1>", "<!everyone>"
		a.Annotations = map[string]string{"summary": "<https://evil.example|click>"}
	})}}
	p := payload(m)
	raw, err := json.Marshal(p.Blocks.BlockSet[1:]) // the header is plain text
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(raw), `\u003c`, "<"), `\u0026`, "&")
	for _, bad := range []string{"<!", "<@", "<#", "<https://evil"} {
		if strings.Contains(text, bad) || strings.Contains(p.Text, bad) {
			t.Errorf("%s gets through: %s\n%s", bad, text, p.Text)
		}
	}
	if !strings.Contains(text, "&lt;!here&gt;&amp;amp;") {
		t.Errorf("the field is not there: %s", text)
	}
}

func TestRenderErrors(t *testing.T) {
	if _, err := Render([]byte("{")); err == nil {
		t.Error("no error for what is not JSON")
	}
	if got, err := Render([]byte(`{"text":"a &lt; b\nc"}`)); err != nil || got != "┃ a < b\n┃ c\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// FuzzRender must take anything that is sent to the demo's webhook.
func FuzzRender(f *testing.F) {
	body, err := json.Marshal(payload(message()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"blocks":[{"type":"header"},{"type":"section"},{"type":"context","elements":[null]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		text, err := Render(body)
		if err == nil && text != "" && !strings.HasSuffix(text, "\n") {
			t.Errorf("the last line is open: %q", text)
		}
	})
}

func BenchmarkPayload(b *testing.B) {
	m := message()
	b.ReportAllocs()
	for b.Loop() {
		payload(m)
	}
}
