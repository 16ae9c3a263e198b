package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// TestSecretsStaySecret lets every receiver fail at a server that repeats all that
// it was sent, and looks for the secrets wherever people may look.
func TestSecretsStaySecret(t *testing.T) {
	const canary = "CANARY-cafe0123456789"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing is not repeated
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, "%s %v %s", r.URL, r.Header, body)
	}))
	t.Cleanup(server.Close)
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	path := config(t, brokers, map[string]string{
		"monitor.yaml": "streams:\n  - {name: s, topic: t, time: {field: ts}}\nmonitors:\n  - {name: m, stream: s, window: {size: 10s, idle: 1h}, fields: [{name: x, type: number}]}\n",
		"rules.yaml":   reloadRules(50),
		"secret":       canary, "hook": server.URL + "/services/" + canary, "bearer": "Bearer " + canary,
	})
	names := []string{"slack", "token", "webhook", "alertmanager", "pagerduty", "email"}
	var routes []string
	for _, n := range names {
		routes = append(routes, fmt.Sprintf("{receiver: %s, match: monitor=m, continue: true}", n))
	}
	daemontest.Files(t, filepath.Dir(path), map[string]string{"driftwatch.yaml": fmt.Sprintf(`kafka: {brokers: [%s]}
web: {listen: "127.0.0.1:0"}
monitors: ["monitor.yaml"]
rules: ["rules.yaml"]
alerting:
  route: {receiver: slack, routes: [%s]}
  receivers:
    - {name: slack, slack: {webhook_url_file: hook}}
    - {name: token, slack: {token_file: secret, channel: c, api_url: %[3]q}}
    - {name: webhook, webhook: {url_file: hook, secret_file: secret, headers: {Authorization: {file: bearer}}}}
    - {name: alertmanager, alertmanager: {url: %[3]q, headers: {Authorization: {file: bearer}}}}
    - {name: pagerduty, pagerduty: {routing_key_file: secret, url: %[3]q}}
    - {name: email, email: {server: %[4]q, from: a@example.com, to: b@example.com, username: u, password_file: secret}}
`, quoted(brokers), strings.Join(routes, ", "), server.URL, strings.TrimPrefix(server.URL, "http://"))})
	d := daemontest.Start(t, path)
	kafkatest.Produce(t, cl, goodRecord("t", 0, 0), kafkatest.Record("t", 0, nil, fmt.Appendf(nil, `{"ts":%d,"x":100}`, start.UnixMilli()), start), goodRecord("t", 0, 11e9))
	var status struct {
		Receivers []struct{ Name, Problem string }
	}
	d.Until("every receiver has failed", func() bool {
		d.JSON("/api/v1/status", &status)
		failed := 0
		for _, r := range status.Receivers {
			if r.Problem != "" {
				failed++
			}
		}
		return failed == len(names)
	})
	for _, at := range []string{"/", "/status", "/alerts", "/rules", "/monitors/m", "/api/v1/status", "/api/v1/alerts", "/api/v1/rules", "/api/v1/silences", "/metrics"} {
		if _, body := d.Get(at); strings.Contains(body, canary) {
			t.Errorf("%s tells a secret:\n%s", at, body)
		}
	}
	if strings.Contains(d.Log(), canary) {
		t.Errorf("the log tells a secret:\n%s", d.Log())
	}
	t.Logf("%+v", status.Receivers)
	d.Stop()
}
