package slack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"driftwatch/alerting"
	"driftwatch/alerting/notify/notifytest"
	"driftwatch/alerting/summary"
)

// TestDigestGolden shows a digest as a terminal does, from what Slack would get.
func TestDigestGolden(t *testing.T) {
	checkGolden(t, "digest", digestPayload(notifytest.Digest()))
}

// A digest with names as long as they come still fits into Slack's limits.
func TestLongDigest(t *testing.T) {
	long := strings.Repeat("&<*>", 200)
	d := notifytest.Digest()
	d.Name, d.URL = long, "http://drift.example/"+long
	for i := range d.Monitors.Top {
		v := &d.Monitors.Top[i]
		v.Monitor, v.Fields = long, []summary.Field{{Field: long}, {Field: long}, {Field: long}, {Field: long}, {Field: long}}
	}
	for i := range d.TooOften.Top {
		d.TooOften.Top[i].Alert, d.TooOften.Top[i].Monitor, d.TooOften.Top[i].Where.Field = long, long, long
	}
	for i := range d.Silences.Top {
		d.Silences.Top[i].Comment, d.Silences.Top[i].Matchers, d.Silences.Top[i].Alerts = long, []string{long}, []string{long, long, long}
	}
	for i := range d.Quiet.Top {
		d.Quiet.Top[i].Alert = string(rune('a'+i)) + long
	}
	body, err := json.Marshal(digestPayload(d))
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ Blocks json.RawMessage }
	if err := json.Unmarshal(body, &parts); err != nil {
		t.Fatal(err)
	}
	if problem := invalid(parts.Blocks); problem != "" {
		t.Errorf("Slack would refuse it: %s", problem)
	}
}

var digestTitle = regexp.MustCompile(`^Digest (\w+):`)

func TestDigestConformance(t *testing.T) {
	named := func(blocks []byte) []string {
		var list []struct{ Text struct{ Text string } }
		if err := json.Unmarshal(blocks, &list); err != nil {
			t.Error(err)
		}
		return digestTitle.FindStringSubmatch(list[0].Text.Text)[1:]
	}
	t.Run("webhook", func(t *testing.T) {
		read := func(_ *http.Request, body []byte) []string {
			var m struct{ Blocks json.RawMessage }
			if err := json.Unmarshal(body, &m); err != nil {
				t.Error(err)
			}
			return named(m.Blocks)
		}
		notifytest.RunDigests(t, notifytest.Subject{Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
			s := notifytest.NewServer(t, read)
			o := Options{WebhookURLFile: write(t, filepath.Join(t.TempDir(), "hook"), s.URL("/services/"+notifytest.Canary)), Timeout: notifytest.Timeout}
			return s, func() alerting.Receiver { return newReceiver(t, o) }
		}})
	})
	t.Run("token", func(t *testing.T) {
		read := func(_ *http.Request, body []byte) []string {
			form, err := url.ParseQuery(string(body))
			if err != nil {
				t.Error(err)
			}
			return named([]byte(form.Get("blocks")))
		}
		notifytest.RunDigests(t, notifytest.Subject{Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
			s := notifytest.NewServer(t, read)
			s.Answer = newWorkspace(t)
			o := Options{TokenFile: write(t, filepath.Join(t.TempDir(), "token"), "xoxb-"+notifytest.Canary), Channel: "#ml", APIURL: s.URL("/api"), Timeout: notifytest.Timeout}
			return s, func() alerting.Receiver { return newReceiver(t, o) }
		}})
	})
}
