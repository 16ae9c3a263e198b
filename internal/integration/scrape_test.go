//go:build integration

package integration

import (
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

const scrapedFields = 250

// TestWideScrape: one monitor with more than 10,000 series, of which the format is
// right and as many are left out as are too many. How long a scrape takes is in
// the log.
func TestWideScrape(t *testing.T) {
	brokers, _ := kafkatest.Fake(t)
	cl := kafkatest.Plain(t, brokers)
	kafkatest.CreateTopic(t, cl, "t", 1)
	d := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": scrapedMonitor(100_000)}))
	d.Ready()
	rng := rand.New(rand.NewPCG(1, 2))
	for second := range 21 {
		kafkatest.Produce(t, cl, scrapedRecords(rng, 50, time.Duration(second)*time.Second)...)
	}
	of := func() (checks, rows int) {
		for series := range d.Metrics() {
			switch {
			case strings.HasPrefix(series, "driftwatch_check_"):
				checks++
			case strings.HasPrefix(series, "driftwatch_window_rows"):
				rows++
			}
		}
		return checks, rows
	}
	d.Until("two windows are there", func() bool { return d.Metrics()[`driftwatch_windows_total{monitor="m"}`] == 2 })
	checks, rows := of()
	if checks < 10_000 || rows != 4 {
		t.Errorf("%d series of checks, of %d segments", checks, rows)
	}
	checkFormat(t, d)
	for _, compressed := range []bool{false, true} {
		took, bytes := scrapeTime(t, d, compressed)
		t.Logf("compressed: %v: %d series, %d bytes, the fastest of ten scrapes %v", compressed, checks, bytes, took)
	}

	const limit = 5000
	fresh := daemontest.Start(t, config(t, brokers, map[string]string{"monitor.yaml": scrapedMonitor(limit)}))
	fresh.Ready()
	fresh.Until("two windows are there", func() bool { return fresh.Metrics()[`driftwatch_windows_total{monitor="m"}`] == 2 })
	d.Stop()
	d = fresh
	left := int(d.Metrics()[`driftwatch_series_left_out{monitor="m"}`])
	kept, keptRows := of()
	if kept+keptRows > limit || kept+keptRows < limit-30 || kept+keptRows+left != checks+rows {
		t.Errorf("%d series are kept, %d left out of %d, at most %d may be", kept+keptRows, left, checks+rows, limit)
	}
	if n := strings.Count(d.Log(), "left_out="); n != 1 {
		t.Errorf("the log says %d times that series are left out", n)
	}
	d.Stop()
}

func scrapedMonitor(limit int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `streams: [{name: s, topic: t, time: {field: ts}}]
monitors:
  - name: m
    stream: s
    window: {size: 10s, idle: 1h}
    max_series: %d
    segments: [[c]]
    checks: [psi, ks, nulls, missing, invalid, mean, min, max]
    reference: {trailing: 10s}
    fields:
      - {name: c, type: category, allowed: [a, b, c]}
`, limit)
	for f := range scrapedFields {
		fmt.Fprintf(&b, "      - {name: f%d, type: number}\n", f)
	}
	return b.String()
}

// scrapedRecords makes n records of one moment.
func scrapedRecords(rng *rand.Rand, n int, after time.Duration) []*kgo.Record {
	at, out := start.Add(after), make([]*kgo.Record, n)
	for i := range out {
		var b strings.Builder
		fmt.Fprintf(&b, `{"ts":%q,"c":%q`, at.Format(time.RFC3339), []string{"a", "b", "c"}[i%3])
		for f := range scrapedFields {
			fmt.Fprintf(&b, `,"f%d":%.3f`, f, rng.NormFloat64())
		}
		out[i] = kafkatest.Record("t", 0, nil, []byte(b.String()+"}"), at)
	}
	return out
}

// scrapeTime is that of the fastest of ten scrapes, with the bytes that came.
func scrapeTime(t *testing.T, d *daemontest.Daemon, compressed bool) (fastest time.Duration, bytes int64) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	for i := range 10 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if compressed {
			req.Header.Set("Accept-Encoding", "gzip")
		}
		began := time.Now()
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		bytes, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); i == 0 || took < fastest {
			fastest = took
		}
	}
	return fastest, bytes
}
