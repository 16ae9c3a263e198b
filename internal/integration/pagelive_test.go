//go:build integration

package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"driftwatch/internal/daemontest"
)

// until waits for a page to be as a script says.
func (b *browser) until(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(50*time.Millisecond))
}

// restart kills the daemon below an open page and starts another one at its address:
// the page says so, and goes on by itself.
func (b *browser) restart(t *testing.T, d *daemontest.Daemon, config, model string, more func()) {
	var target atomic.Pointer[url.URL]
	at := func(d *daemontest.Daemon) *url.URL {
		u, err := url.Parse(d.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	target.Store(at(d))
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target.Load()) }, FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	var streams atomic.Int64 // of events that are open
	address := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/events" {
			streams.Add(1)
			defer streams.Add(-1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(address.Close)
	b.as(looks[0])
	const shown = `document.querySelector("tr.heads th:last-child").textContent`
	b.do(
		chromedp.Navigate(address.URL+model), b.until(`document.getElementById("ready").textContent === "ready"`),
		chromedp.Evaluate[chromedp.Void](`window.sameDocument = true; window.before = `+shown),
	)
	b.hide(true)
	d.Until("a page that is not seen has no stream of events", func() bool { return streams.Load() == 0 })
	b.hide(false)
	d.Until("a page that is seen has one", func() bool { return streams.Load() == 1 })
	d.Kill()
	b.do(b.until(`document.getElementById("ready").textContent === "not connected"`))
	b.accessible("not connected")
	b.picture("not-connected-" + looks[0].name)
	more()
	target.Store(at(daemontest.Start(t, config)))
	b.do(b.until(`document.getElementById("ready").textContent === "ready" && ` + shown + ` !== window.before`))
	if !ask(b, chromedp.Evaluate[bool]("window.sameDocument")) {
		t.Error("the page was loaded anew")
	}
}

// hide lets a page believe that its tab is in the background, or in front again.
// Browsers open few connections to one place, and tabs may be many.
func (b *browser) hide(hidden bool) {
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %v, configurable: true});
		document.dispatchEvent(new Event("visibilitychange"))`, hidden)))
}
