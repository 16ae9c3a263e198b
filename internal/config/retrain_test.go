package config

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// call is a request that starts a training, as the API behind it documents it.
type call struct {
	receiver, host string
	path           string
	header         map[string]string // that it has to have
	body           string            // a schema
	refused        string            // a body that the API would refuse
}

// bearer is how all four APIs want to be authenticated.
const bearer = "Bearer a-token"

// calls are what the APIs document:
//
//   - https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html#operation/trigger_dag_run
//     (the body is strict; logical_date is required, and may be null)
//   - https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
//     (event_type of at most 100 characters, client_payload of at most 10 properties)
//   - https://argoproj.github.io/argo-events/eventsources/setup/webhook/ and
//     https://argoproj.github.io/argo-events/eventsources/webhook-authentication/
//     (any JSON; sensors find it below body)
//   - https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.pipelineJobs
//     (unknown fields are refused; displayName of at most 128 characters,
//     runtimeConfig.gcsOutputDirectory required)
var calls = []call{
	{
		receiver: "retrain-airflow", host: "airflow.example", path: "/api/v2/dags/retrain_churn/dagRuns",
		header: map[string]string{"Authorization": bearer, "Content-Type": "application/json"},
		body: `{"type": "object", "additionalProperties": false, "required": ["logical_date"], "properties": {
			"dag_run_id": {"type": ["string", "null"]}, "note": {"type": ["string", "null"]}, "conf": {"type": "object"}, "partition_key": {"type": ["string", "null"]},
			"logical_date": {"type": ["string", "null"], "format": "date-time"}, "run_after": {"type": ["string", "null"], "format": "date-time"},
			"data_interval_start": {"type": ["string", "null"]}, "data_interval_end": {"type": ["string", "null"]}},
			"dependentRequired": {"data_interval_start": ["data_interval_end"], "data_interval_end": ["data_interval_start"]}}`,
		refused: `{"conf": {}}`,
	},
	{
		receiver: "retrain-github", host: "api.github.com", path: "/repos/acme/churn/dispatches",
		header: map[string]string{"Authorization": bearer, "Accept": "application/vnd.github+json"},
		body: `{"type": "object", "additionalProperties": false, "required": ["event_type"], "properties": {
			"event_type": {"type": "string", "minLength": 1, "maxLength": 100}, "client_payload": {"type": "object", "maxProperties": 10}}}`,
		refused: `{"event_type": "drift", "inputs": {}}`,
	},
	{
		receiver: "retrain-argo", host: "webhook-eventsource-svc.argo-events:12000", path: "/drift",
		header:  map[string]string{"Authorization": bearer, "Content-Type": "application/json"},
		body:    `{"type": "object", "required": ["alerts"], "properties": {"alerts": {"type": "array", "minItems": 1}}}`,
		refused: `[]`,
	},
	{
		receiver: "retrain-vertex", host: "europe-west1-aiplatform.googleapis.com", path: "/v1/projects/acme/locations/europe-west1/pipelineJobs",
		header: map[string]string{"Authorization": bearer, "Content-Type": "application/json"},
		body: `{"type": "object", "additionalProperties": false, "required": ["runtimeConfig", "templateUri"], "properties": {
			"displayName": {"type": "string", "maxLength": 128}, "pipelineSpec": {"type": "object"}, "labels": {"type": "object"},
			"encryptionSpec": {"type": "object"}, "serviceAccount": {"type": "string"}, "network": {"type": "string"},
			"templateUri": {"type": "string", "pattern": "^https://[a-z0-9-]+-kfp\\.pkg\\.dev/[^/]+/[^/]+/[^/]+/[^/]+$"},
			"runtimeConfig": {"type": "object", "additionalProperties": false, "required": ["gcsOutputDirectory"], "properties": {
				"gcsOutputDirectory": {"type": "string", "pattern": "^gs://."}, "parameterValues": {"type": "object"}, "parameters": {"type": "object"},
				"failurePolicy": {"type": "string"}, "inputArtifacts": {"type": "object"}}}}}`,
		refused: `{"templateUri": "https://europe-west1-kfp.pkg.dev/acme/pipelines/retrain/latest", "runtimeConfig": {}}`,
	},
}

// request is what a receiver sent.
type request struct {
	path   string
	header http.Header
	body   []byte
}

// TestRetraining takes the receivers that docs/alerting.md shows as the answer to
// drift, lets them send a fire of fifty fields with names that need quoting, and holds
// what arrives against what each API documents.
func TestRetraining(t *testing.T) {
	doc, err := os.ReadFile("../../docs/alerting.md")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan request, len(calls))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body) // what is missing does not fit
		got <- request{r.URL.Path, r.Header, b}
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(server.Close)
	for _, c := range calls {
		t.Run(c.receiver, func(t *testing.T) {
			receiver := documented(t, string(doc), c.receiver, server.URL)
			if _, err := receiver.Notify(t.Context(), fired()); err != nil {
				t.Fatal(err)
			}
			r := <-got
			if want := "/" + c.host + c.path; r.path != want {
				t.Errorf("posted to %s, want %s", r.path, want)
			}
			for name, want := range c.header {
				if r.header.Get(name) != want {
					t.Errorf("header %s is %q, want %q", name, r.header.Get(name), want)
				}
			}
			schema := compiled(t, c.body)
			if err := schema.Validate(parsed(t, string(r.body))); err != nil {
				t.Errorf("the API would refuse %s: %v", r.body, err)
			}
			if schema.Validate(parsed(t, c.refused)) == nil {
				t.Errorf("the schema takes %s", c.refused)
			}
			if name := fired().Events[0].Alert.Monitor; !strings.Contains(string(r.body), name[:100]) {
				t.Errorf("%s does not say which monitor drifted", r.body)
			}
		})
	}
}

// documented makes the receiver of a name as a YAML block of the documentation shows
// it, but for the host of its address, which becomes a part of the path.
func documented(t *testing.T, doc, name, server string) alerting.Receiver {
	t.Helper()
	block := regexp.MustCompile("(?s)```yaml\n(- name: " + name + "\n.*?)```").FindStringSubmatch(doc)
	if block == nil {
		t.Fatalf("the documentation has no receiver %s", name)
	}
	text := regexp.MustCompile(`url: "?https?://`).ReplaceAllStringFunc(block[1], func(s string) string {
		return strings.Split(s, "http")[0] + server + "/"
	})
	dir := t.TempDir()
	for path, content := range map[string]string{
		"driftwatch.yaml": "kafka: {brokers: ['localhost:9092']}\nalerting:\n  route: {receiver: " + name + "}\n  receivers:\n" +
			regexp.MustCompile(`(?m)^`).ReplaceAllString(text, "    "),
		"secrets/airflow-bearer": bearer, "secrets/github-bearer": bearer, "secrets/argo-bearer": bearer, "secrets/google-bearer": bearer,
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, problems := Load(filepath.Join(dir, "driftwatch.yaml"), Options{})
	if cfg == nil || len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, text)
	}
	receiver, err := cfg.Alerting.Receivers[0].Options.New()
	if err != nil {
		t.Fatal(err)
	}
	if s := cfg.Alerting.Receivers[0].Settings; !s.FireOnly || s.Cooldown < time.Hour {
		t.Errorf("a training would be triggered by ends of alerts, or again while it runs: %+v", s)
	}
	return receiver
}

// fired is a message of fifty fields of a monitor with the longest name that there
// can be, and with letters that JSON has to escape.
func fired() alerting.Message {
	m := notify.Sample(time.Unix(1_700_000_000, 0).UTC(), rules.Firing)
	one := m.Events[0]
	one.Alert.Monitor = strings.Repeat("m", 200)
	m.Events = nil
	for i := range 50 {
		e := one
		e.Alert.Field = fmt.Sprintf("a \"field\"\n%d", i)
		m.Events = append(m.Events, e)
	}
	return m
}

func compiled(t *testing.T, schema string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("call.json", parsed(t, schema)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("call.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parsed(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
