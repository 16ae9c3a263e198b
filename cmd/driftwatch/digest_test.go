package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"driftwatch/alerting/notify"
	"driftwatch/alerting/notify/notifytest"
)

// The command asks for what it was told, and shows the answer as it would be sent.
func TestDigest(t *testing.T) {
	d := notifytest.Digest()
	asked := ""
	daemon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		if r.URL.Query().Get("name") == "none" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error":"there is no digest \"none\""}`))
			return
		}
		if err := json.NewEncoder(w).Encode(d); err != nil {
			t.Error(err)
		}
	}))
	defer daemon.Close()
	for name, tc := range map[string]struct {
		args  string
		asks  string
		code  int
		shows string
	}{
		"plain": {"", "/api/v1/digest?", 0, notify.DigestText(d)},
		"named": {"--name weekly --for 12h", "/api/v1/digest?for=12h&name=weekly", 0, notify.DigestText(d)},
		"json":  {"--json", "/api/v1/digest?", 0, "{\n  \"name\": \"weekly\",\n"},
		"none":  {"--name none", "/api/v1/digest?name=none", 1, "there is no digest \"none\""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, err strings.Builder
			code := run(t.Context(), append([]string{"digest", "--url", daemon.URL}, strings.Fields(tc.args)...), streams{out: &out, err: &err})
			if code != tc.code || asked != tc.asks || !strings.Contains(out.String()+err.String(), tc.shows) {
				t.Errorf("code %d, asked for %s, shown:\n%s%s", code, asked, &out, &err)
			}
		})
	}
}
