//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// The environment of the tests of the page.
const (
	axeVariable   = "DRIFTWATCH_AXE"         // axe-core's script
	shotsVariable = "DRIFTWATCH_SCREENSHOTS" // a folder for pictures of the pages; none: none are made
)

// browser is a headless Chromium that notes what must not happen.
type browser struct {
	t    *testing.T
	ctx  context.Context
	axe  string
	mu   sync.Mutex
	seen []string // what must not have happened
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: run make integration-deps")
	}
	axe, err := os.ReadFile(os.Getenv(axeVariable))
	if err != nil {
		t.Fatalf("%s has to name axe-core's script, see make integration: %v", axeVariable, err)
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, axe: string(axe)}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	command(b, network.Enable, network.EnableParams{})
	return b
}

// note is told of all that the page does.
func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Hostname() != "127.0.0.1" {
			b.seen = append(b.seen, "a request to "+e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.seen = append(b.seen, "an exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.seen = append(b.seen, fmt.Sprintf("the console says %s %s", e.Type, e.Args[0].Value))
	case *log.EventEntryAdded:
		b.seen = append(b.seen, fmt.Sprintf("the log says %s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	}
}

// complain fails the test for what was seen since it was last asked.
func (b *browser) complain(where string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.seen {
		b.t.Errorf("%s: %s", where, s)
	}
	b.seen = nil
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) { ask(b, chromedp.Steps(steps...)) }

// ask runs an action that has an answer.
func ask[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, daemontest.Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *browser) text(script string) string { return ask(b, chromedp.Evaluate[string](script)) }

// command sends one of the protocol's own.
func command[P, R any](b *browser, c cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, c, params); err != nil {
		b.t.Fatal(err)
	}
}

// look is a size of the window and a colour scheme.
type look struct {
	name   string
	width  int64
	scheme string
}

var looks = []look{{"desktop-light", 1440, "light"}, {"desktop-dark", 1440, "dark"}, {"phone-light", 390, "light"}, {"phone-dark", 390, "dark"}}

func (b *browser) as(l look) {
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 900, DeviceScaleFactor: 1, Mobile: l.width < 600})
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
}

// violation is what axe-core found.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// accessible fails the test where axe-core finds that the page shuts people out.
func (b *browser) accessible(where string) {
	b.t.Helper()
	const run = `axe.run(document, {rules: {"target-size": {enabled: true}}}).then((r) => JSON.stringify(r.violations.map((v) =>
		({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + n.failureSummary)}))))`
	var found []violation
	b.do(chromedp.Evaluate[chromedp.Void](b.axe))
	answer := ask(b, chromedp.Evaluate[string](run, chromedp.EvalAwaitPromise))
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range found {
		b.t.Errorf("%s: %s: %s\n%s", where, v.ID, v.Help, strings.Join(v.Nodes, "\n"))
	}
}

// fits fails the test where a page is wider than its window.
func (b *browser) fits(where string) {
	wide := ask(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if wide > 0 {
		b.t.Errorf("%s: the page is %d pixels wider than the window", where, wide)
	}
}

func (b *browser) picture(name string) {
	dir := os.Getenv(shotsVariable)
	if dir == "" {
		return
	}
	png := ask(b, chromedp.FullScreenshot(100))
	path := filepath.Join(dir, name+".png")
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// TestPage walks a real Chromium through all pages of a daemon that watches a shop.
func TestPage(t *testing.T) {
	broker := kafkatest.Real(t)
	brokers := []string{broker.Address}
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "shop.orders", 2, "retention.ms", "-1")
	file := config(t, brokers, map[string]string{
		"monitor.yaml": shopMonitor, "rules.yaml": shopRules, "reference.jsonl": shopReference(),
	})
	d := daemontest.Start(t, file)
	d.Ready()
	kafkatest.Produce(t, cl, shopOrders(0, shopHours)...)
	closed(d, "returns-model", shopHours-1)
	closed(d, "returns-by-hour", shopHours-1)
	end := windows(d, "returns-model")[shopHours-2].End.String()
	b := newBrowser(t)
	model := "/monitors/returns-model"
	pages := map[string]string{
		"overview": "/", "monitor": model, "monitor-psi": model + "?check=psi&windows=14", "monitor-many": model + "?windows=200", "monitor-segment": model + "?segment=country%3DBR,device%3Dios",
		"field": model + "/fields/amount", "field-category": model + "/fields/app_version?check=psi", "field-time": model + "/fields/signed_up_at?check=mean",
		"window": model + "/windows/" + end, "window-trailing": "/monitors/returns-by-hour/windows/" + end, "alerts": "/alerts", "silences": "/silences?matcher=monitor%3Dx", "rules": "/rules", "rule": "/rules/returns/MissingValues", "status": "/status",
	}
	for _, l := range looks {
		b.as(l)
		for name, path := range pages {
			where := name + ", " + l.name
			b.do(chromedp.Navigate(d.URL + path))
			b.fits(where)
			b.picture(name + "-" + l.name)
			b.accessible(where)
			b.complain(where)
		}
	}
	t.Run("nothing", func(t *testing.T) { b.nothing(t, d, brokers, model) })
	t.Run("keyboard", func(t *testing.T) { b.keyboard(t, d, model, end) })
	t.Run("silence", func(t *testing.T) { b.silence(t, d) })
	t.Run("live", func(t *testing.T) {
		b.live(t, d, model, func() { kafkatest.Produce(t, cl, shopOrders(shopHours, shopHours+2)...) })
	})
	t.Run("restart", func(t *testing.T) {
		b.restart(t, d, file, model, func() { kafkatest.Produce(t, cl, shopOrders(shopHours+2, shopHours+4)...) })
	})
}

// keyboard goes through the map of fields and windows by its keys.
func (b *browser) keyboard(t *testing.T, d *daemontest.Daemon, model, end string) {
	b.as(looks[0])
	b.do(
		chromedp.Navigate(d.URL+model), chromedp.Focus(`table[data-grid] [tabindex="0"]`),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowLeft),
	)
	at := ask(b, chromedp.Text("#detail"))
	if !strings.Contains(at, ", window until ") || !strings.Contains(at, ": ") {
		t.Errorf("the detail says %q", at)
	}
	b.do(chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#trend"))
	at = ask(b, chromedp.Location())
	if !strings.Contains(at, model+"/fields/") || !strings.Contains(at, url.QueryEscape(end)) {
		t.Errorf("Enter opens %s", at)
	}
	b.complain("keyboard")
}

// silence adds a silence from an alert, and ends it.
func (b *browser) silence(t *testing.T, d *daemontest.Daemon) {
	b.as(looks[0])
	const first = `.alerts li.firing a[href^="/silences"]`
	b.do(
		chromedp.Navigate(d.URL+"/alerts"), chromedp.Click(first), chromedp.WaitVisible("form[data-silence]"),
		chromedp.SendKeys(`[name="created_by"]`, "jane"), chromedp.SendKeys(`[name="comment"]`, "it is being looked at"),
		chromedp.Click("form[data-silence] button"), chromedp.WaitVisible("button[data-end]"),
	)
	b.accessible("silences")
	var v struct {
		Silences []struct {
			Matchers  []string `json:"matchers"`
			State     string   `json:"state"`
			CreatedBy string   `json:"created_by"`
		} `json:"silences"`
	}
	d.JSON("/api/v1/silences", &v)
	if len(v.Silences) != 1 || len(v.Silences[0].Matchers) != 3 || v.Silences[0].State != "active" || v.Silences[0].CreatedBy != "jane" {
		t.Errorf("the silences are %+v", v.Silences)
	}
	b.do(chromedp.Click("button[data-end]"), chromedp.WaitNotPresent("button[data-end]"))
	if d.JSON("/api/v1/silences", &v); v.Silences[0].State != "expired" {
		t.Errorf("the silences are %+v", v.Silences)
	}
	b.complain("silences")
}

// live waits for a page to show a new window by itself, with the focus and the
// scrolling as they were.
func (b *browser) live(t *testing.T, d *daemontest.Daemon, model string, more func()) {
	b.as(looks[2])
	b.do(
		chromedp.Navigate(d.URL+model), chromedp.Focus(`table[data-grid] [tabindex="0"]`), chromedp.KeyEvent(kb.ArrowDown),
		chromedp.Evaluate[chromedp.Void](`window.sameDocument = true; document.querySelector(".map").scrollLeft = -100; scrollTo(0, 150)`),
	)
	const place = `JSON.stringify([window.sameDocument, document.querySelector(".map").scrollLeft, scrollY,
		document.activeElement.tagName, document.activeElement.parentElement.cells[0].textContent])`
	const shown = `document.querySelector("tr.heads th:last-child").textContent`
	before, old := b.text(place), b.text(shown)
	more()
	b.do(chromedp.Poll[chromedp.Void](fmt.Sprintf(`%s !== %q`, shown, old), chromedp.WithPollingInterval(50*time.Millisecond)))
	after := b.text(place)
	if before != after || !strings.Contains(before, "true,-100,150,\"TD\"") {
		t.Errorf("the page was at %s and is at %s", before, after)
	}
	b.complain("live")
}
