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
)

var shownLine = regexp.MustCompile(`\*(\w+)\* .* · (since|fired)`)

// shown reads what people see in a message: which field fires or is resolved.
func shown(blocks []byte) (told []string) {
	for _, m := range shownLine.FindAllStringSubmatch(string(blocks), -1) {
		told = append(told, m[1]+" "+map[string]string{"since": "firing", "fired": "resolved"}[m[2]])
	}
	return told
}

func TestConformance(t *testing.T) {
	t.Run("webhook", func(t *testing.T) {
		read := func(_ *http.Request, body []byte) []string {
			var m struct {
				Blocks []struct{ Text struct{ Text string } }
			}
			if err := json.Unmarshal(body, &m); err != nil {
				t.Error(err)
			}
			return shown([]byte(m.Blocks[1].Text.Text))
		}
		notifytest.Run(t, notifytest.Subject{AnswersCount: true, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
			s := notifytest.NewServer(t, read)
			o := Options{WebhookURLFile: write(t, filepath.Join(t.TempDir(), "hook"), s.URL("/services/"+notifytest.Canary)), Timeout: notifytest.Timeout}
			return s, func() alerting.Receiver { return newReceiver(t, o) }
		}})
	})
	t.Run("token", func(t *testing.T) {
		read := func(r *http.Request, body []byte) []string {
			if strings.HasPrefix(r.URL.Path, "/upload/") {
				return nil
			}
			form, err := url.ParseQuery(string(body))
			if err != nil {
				t.Error(err)
			}
			lines := strings.Split(form.Get("blocks"), `\n`)
			return shown([]byte(strings.Join(lines, "\n")))
		}
		calls := []string{"chat.postMessage", "chat.update", "files.getUploadURLExternal", "upload", "files.completeUploadExternal"}
		notifytest.Run(t, notifytest.Subject{Calls: calls, Start: func(t *testing.T) (notifytest.Peer, func() alerting.Receiver) {
			s := notifytest.NewServer(t, read)
			v := newWorkspace(t)
			s.Answer = v
			t.Cleanup(func() {
				calls := v.seen()
				if strings.HasSuffix(t.Name(), "/restart") && calls[len(calls)-1].Method != "chat.update" {
					t.Errorf("after a restart the end is a message of its own: %+v", calls)
				}
			})
			o := Options{TokenFile: write(t, filepath.Join(t.TempDir(), "token"), "xoxb-"+notifytest.Canary), Channel: "#ml", APIURL: s.URL("/api"), Timeout: notifytest.Timeout}
			return s, func() alerting.Receiver { return newReceiver(t, o) }
		}})
	})
}
