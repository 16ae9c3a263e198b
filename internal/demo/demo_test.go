package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"driftwatch/monitors/window"
	"driftwatch/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is what the test looks at: everything that was written.
type page struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// await waits until the page contains all of the texts.
func (p *page) await(ctx context.Context, texts ...string) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for _, text := range texts {
		for !strings.Contains(p.String(), text) {
			select {
			case <-ctx.Done():
				return fmt.Errorf("wait for %q: %w", text, ctx.Err())
			case <-ticker.C:
			}
		}
	}
	return nil
}

func plain(payload []byte) (string, error) {
	var m struct{ Text string }
	if err := json.Unmarshal(payload, &m); err != nil {
		return "", err
	}
	return "[" + m.Text + "]", nil
}

// scripted is a daemon that reports the alerts it is given, one look after the
// other, and sends one message to Slack.
func scripted(out *page, looks ...[]rules.Alert) func(context.Context, string) error {
	return func(ctx context.Context, path string) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		listen := regexp.MustCompile(`listen: "([^"]*)"`).FindStringSubmatch(string(text))[1]
		hook := regexp.MustCompile(`webhook_url: "(.*)"`).FindStringSubmatch(string(text))[1]
		l, err := net.Listen("tcp", listen)
		if err != nil {
			return err
		}
		n := 0
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v1/alerts" {
				http.NotFound(w, r)
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"alerts": looks[min(n, len(looks)-1)]})
			n++
		})}
		go func() { _ = srv.Serve(l) }()
		defer srv.Close()
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Post(hook, "application/json", strings.NewReader(`{"text":"hello"}`))
		if err != nil {
			return err
		}
		resp.Body.Close()
		if err := out.await(ctx, "[hello]", "FIRING", "RESOLVED"); err != nil {
			return err
		}
		return errors.New("seen enough")
	}
}

func alert(state string) rules.Alert {
	fired := window.FromTime(start)
	a := rules.Alert{Fingerprint: "f", Name: "FeatureDrift", Monitor: "churn-inputs", Field: "monthly_charge", Check: "psi",
		Severity: "warning", State: state, WindowStart: fired.Add(-10 * time.Second), WindowEnd: fired}
	if state != rules.Pending {
		a.Fired = &fired
	}
	a.Result.Value = 0.4321
	return a
}

func TestRun(t *testing.T) {
	var out page
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := Run(ctx, Options{Listen: "127.0.0.1:0", Out: &out, Render: plain, Daemon: scripted(&out,
		nil, []rules.Alert{alert(rules.Pending)}, []rules.Alert{alert(rules.Firing)}, []rules.Alert{alert(rules.Firing)}, []rules.Alert{alert(rules.Resolved)})})
	if err == nil || err.Error() != "seen enough" {
		t.Fatalf("error %v\n%s", err, out.String())
	}
	text := out.String()
	const name = "  FeatureDrift: monthly_charge of churn-inputs\n"
	for _, once := range []string{
		"FIRING  " + name + "                 psi 0.432, window 11:59:50 to 12:00:00 UTC, warning\n       http://",
		"/monitors/churn-inputs/fields/monthly_charge?check=psi&end=2026-03-01T12:00:00Z\n",
		"RESOLVED" + name, "[hello]", "Ordinary traffic",
	} {
		if strings.Count(text, once) != 1 {
			t.Errorf("want %q once in\n%s", once, text)
		}
	}
	dir := regexp.MustCompile(`files +(\S+)`).FindStringSubmatch(text)[1]
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder %s is still there: %v", dir, err)
	}
}

func TestRunEnds(t *testing.T) {
	obedient := func(ctx context.Context, _ string) error { <-ctx.Done(); return nil }
	for _, c := range []struct {
		name     string
		duration time.Duration
		daemon   func(context.Context, string) error
		want     string
	}{
		{"after the duration", time.Second, obedient, "<nil>"},
		{"when the daemon fails", 0, func(context.Context, string) error { return errors.New("no store") }, "no store"},
		{"when the daemon ends", 0, func(context.Context, string) error { return nil }, "the daemon ended by itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out page
			err := Run(t.Context(), Options{Duration: c.duration, Listen: "127.0.0.1:0", Out: &out, Render: plain, Daemon: c.daemon})
			if fmt.Sprint(err) != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// TestKeep: the folder that is asked for is made and stays; one that holds
// something is left alone.
func TestKeep(t *testing.T) {
	var out page
	dir := t.TempDir() + "/kept"
	opts := Options{Keep: dir, Duration: time.Second, Listen: "127.0.0.1:0", Out: &out, Render: plain,
		Daemon: func(ctx context.Context, _ string) error { <-ctx.Done(); return nil }}
	if err := Run(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + "/tests/churn.yaml"); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"What was found\nNothing that was to be found yet; no other alert fired.", "Kept in " + dir} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in\n%s", want, out.String())
		}
	}
	if err := Run(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a second time the error is %v", err)
	}
}

func TestTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := freeAddress(l.Addr().String()); err == nil {
		t.Error("an address that was asked for and is taken gives no error")
	}
}

func TestBaseURL(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:9474": "http://127.0.0.1:9474",
		"0.0.0.0:80":     "http://localhost:80",
		"[::]:80":        "http://localhost:80",
		":80":            "http://localhost:80",
		"host.local:80":  "http://host.local:80",
	} {
		if got := baseURL(in); got != want {
			t.Errorf("baseURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStoryKeepsTheTimetable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out page
		s := newScreen(&out)
		s.begin(time.Now())
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		tour := tour{out: s, files: Files{Dir: "/demo"}, program: "driftwatch", start: time.Now(), watcher: newWatcher(daemonAPI{}, s, time.Now())}
		tour.tell(ctx)
		margins := regexp.MustCompile(`(?m)^\d\d:\d\d `).FindAllString(out.String(), -1)
		if got := strings.Join(margins, ""); got != "00:00 01:10 01:50 02:10 02:50 03:10 04:40 " {
			t.Errorf("told at %s", got)
		}
		if got := time.Since(tour.start); got != StoryEnd || !strings.Contains(out.String(), "0 of 3 found") || !strings.Contains(out.String(), "driftwatch test /demo/tests/churn.yaml") {
			t.Errorf("summed up after %s:\n%s", got, out.String())
		}
	})
}

// TestWatcher: each alert is told once when it begins to fire and once when it
// ends, also where it fires again.
func TestWatcher(t *testing.T) {
	var out page
	w := newWatcher(daemonAPI{}, newScreen(&out), start)
	other := alert(rules.Firing)
	other.Fingerprint, other.Field = "g", "age"
	for _, look := range [][]rules.Alert{
		nil,
		{alert(rules.Pending)},
		{alert(rules.Firing)},
		{alert(rules.Firing), other},
		{alert(rules.Firing), other},
		{other, alert(rules.Resolved)},
		{other, alert(rules.Firing)},
		nil,
		nil,
	} {
		w.see(look)
	}
	got := strings.Join(regexp.MustCompile(`FIRING|RESOLVED|monthly_charge|age`).FindAllString(regexp.MustCompile(`http://\S+|/monitors/\S+`).ReplaceAllString(out.String(), ""), -1), " ")
	want := "FIRING monthly_charge FIRING age RESOLVED monthly_charge FIRING monthly_charge RESOLVED monthly_charge RESOLVED age"
	if got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
}

func TestSlackRefusesWhatItCannotRead(t *testing.T) {
	var out page
	s, err := newSlack(newScreen(&out), plain)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(s.url(), "application/json", strings.NewReader("not JSON"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(out.String(), "Slack would refuse") {
		t.Errorf("status %d, screen %q", resp.StatusCode, out.String())
	}
}
