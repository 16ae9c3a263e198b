package metrics

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
)

// large is a window of 9,984 series of checks: 208 fields with eight checks each, two of
// which have a verdict, in the whole stream and three segments.
func large(monitor string) *checks.Window {
	w := snapshottest.Window(monitor, 3)
	w.Segments = nil
	for sg := range 4 {
		s := checks.Segment{Name: "", Rows: 1000, Checks: map[string]checks.Result{}}
		if sg > 0 {
			s.Name = fmt.Sprintf("country=%d", sg)
		}
		for f := range 208 {
			rs := map[string]checks.Result{}
			for i, name := range []string{"psi", "ks", "nulls", "missing", "invalid", "mean", "min", "max"} {
				r := checks.Result{Value: float64(f*i) / 1000}
				if i < 2 {
					r.Effect, r.PValue, r.Drift = new(r.Value), new(0.5), new(f%40 == 0)
				}
				rs[name] = r
			}
			s.Fields = append(s.Fields, checks.Field{Name: fmt.Sprintf("customer.features.f%03d", f), Type: "number", Checks: rs})
		}
		w.Segments = append(w.Segments, s)
	}
	return w
}

func largeSnapshot() *snapshot.Snapshot {
	s := snapshottest.New()
	s.Monitors = []snapshot.Monitor{{Name: "wide", Stream: "churn-features", Newest: large("wide")}}
	return s
}

// BenchmarkScrape is of 10,000 series, by what a scraper asks for.
func BenchmarkScrape(b *testing.B) {
	r := gather(collectorOf(largeSnapshot()))
	h := Handler(r)
	b.Run("gather", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Gather(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, ask := range map[string][2]string{
		"text": {"text/plain", ""}, "text gzip": {"text/plain", "gzip"},
		"openmetrics gzip": {openMetrics, "gzip"},
		"protobuf gzip":    {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", "gzip"},
	} {
		b.Run(name, func(b *testing.B) {
			req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			req.Header.Set("Accept", ask[0])
			if ask[1] != "" {
				req.Header.Set("Accept-Encoding", ask[1])
			}
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, req)
				b.ReportMetric(float64(w.Body.Len()), "bytes")
			}
		})
	}
}

// BenchmarkPrepare makes 10,000 series, once for each window: all of them, and the
// worse half of them.
func BenchmarkPrepare(b *testing.B) {
	d, w := newDescs(), large("wide")
	for _, limit := range []int{0, 5000} {
		b.Run(fmt.Sprintf("limit %d", limit), func(b *testing.B) {
			var before *windowSeries
			b.ReportAllocs()
			for b.Loop() {
				before = d.seriesOf(w, limit, before)
			}
		})
	}
}
