//go:build integration

package integration

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"driftwatch/internal/daemontest"
	"driftwatch/internal/kafkatest"
)

// What a page may take, with many fields and windows.
const (
	wideFields   = 200
	wideWindows  = 500
	mostPage     = 200_000 // bytes as transferred
	mostPageTime = 100 * time.Millisecond
)

// TestPagesOfManyFieldsAndWindows asks a daemon for its pages once its store holds many
// windows of many fields, and for the map by every check. A reference of 168 windows is
// made when the first field is looked at, and there for the next.
func TestPagesOfManyFieldsAndWindows(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	var fields strings.Builder
	for f := range wideFields {
		fmt.Fprintf(&fields, "      - {name: feature_%03d, type: number, role: feature}\n", f)
	}
	d := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": `streams: [{name: s, topic: t, time: {field: ts}}]
monitors:
  - name: m
    stream: s
    window: {size: 1h, idle: 1h}
    reference: {first: 10}
    checks: [psi, ks, wasserstein, nulls, mean]
    fields:
` + fields.String() + `  - name: week
    stream: s
    window: {size: 1h, idle: 1h}
    reference: {trailing: 7d}
    checks: [psi]
    fields:
` + fields.String()}))
	d.Ready()
	rng := rand.New(rand.NewPCG(3, 3))
	const rows = 25
	var records []*kgo.Record
	for i := range (wideWindows + 1) * rows {
		at := start.Truncate(time.Hour).Add(time.Duration(i) * time.Hour / rows)
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"ts":%d`, at.UnixMilli())
		for f := range wideFields {
			fmt.Fprintf(&b, `,"feature_%03d":%.3f`, f, rng.NormFloat64())
		}
		b.WriteByte('}')
		if records = append(records, kafkatest.Record("t", 0, nil, b.Bytes(), at)); len(records) == 200 {
			kafkatest.Produce(t, cl, records...)
			records = records[:0]
		}
	}
	kafkatest.Produce(t, cl, records...)
	closed(d, "m", wideWindows)
	closed(d, "week", wideWindows)
	var v struct {
		Last struct {
			End string `json:"end"`
		} `json:"last_window"`
	}
	d.JSON("/api/v1/monitors/m", &v)
	for _, path := range []string{
		"/", "/monitors/m?windows=500", "/monitors/m?windows=500&check=psi", "/monitors/m?windows=500&check=mean",
		"/monitors/m/windows/" + v.Last.End, "/monitors/m/fields/feature_007?check=ks", "/monitors/week/fields/feature_007", "/monitors/m", "/alerts", "/status",
	} {
		size, best := 0, time.Hour
		for try := 0; try < 20 && (try < 3 || best > mostPageTime); try++ {
			var took time.Duration
			size, took = page(t, d.URL+path)
			best = min(best, took)
		}
		t.Logf("%s: %d bytes, %v", path, size, best)
		if size > mostPage || best > mostPageTime {
			t.Errorf("%s: %d bytes in %v", path, size, best)
		}
	}
}

// closed waits until a monitor has closed so many windows. The patience of the tests is
// for ten of them, since a busy machine may take long for all.
func closed(d *daemontest.Daemon, monitor string, windows int) {
	for n := min(10, windows); ; n = min(n+10, windows) {
		d.Until(fmt.Sprintf("%d windows of %s are closed", n, monitor), func() bool {
			var m struct {
				Total int `json:"windows_total"`
			}
			d.JSON("/api/v1/monitors/"+monitor, &m)
			return m.Total >= n
		})
		if n == windows {
			return
		}
	}
}

// page asks for a page as a browser does. It returns its size as it was sent and the
// time to its last byte.
func page(t *testing.T, url string) (int, time.Duration) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "gzip") // the client leaves it as it is then
	begin := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, res.StatusCode, err)
	}
	return int(n), time.Since(begin)
}
