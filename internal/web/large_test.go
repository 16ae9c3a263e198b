package web

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/digest"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// The size that pages have to cope with.
const (
	largeFields  = 200
	largeWindows = 500
	largeBytes   = 200_000
)

// stored answers from digests, as the daemon's store does.
type stored struct {
	history
	digests [][]byte // oldest first
}

func (s stored) Digests(_ string, _, _ window.Time, fn func([]byte) bool) error {
	for _, d := range slices.Backward(s.digests) {
		if !fn(d) {
			break
		}
	}
	return nil
}

// largeMonitor is a monitor with as many fields and windows, whose values are noise:
// nothing repeats that would compress well.
func largeMonitor() Options {
	rng := rand.New(rand.NewPCG(1, 2))
	s := snapshottest.New()
	m := &s.Monitors[0]
	m.Fields, m.Windows = largeFields, nil
	h := stored{history: history{s: s}}
	names := []string{"psi", "ks", "js", "hellinger", "wasserstein", "kl", "nulls", "missing", "invalid", "range", "mean", "stddev", "min", "max", "quantile_0.5", "distinct"}
	for i := range largeWindows {
		w := &checks.Window{Monitor: m.Name, Start: snapshottest.Start().Add(time.Duration(i) * time.Hour), Reference: "9d1b"}
		w.End = w.Start.Add(time.Hour)
		w.Segments = []checks.Segment{{Rows: 5000 + rng.Uint64N(1000)}}
		for f := range largeFields {
			results := map[string]checks.Result{}
			for _, name := range names {
				v := rng.ExpFloat64() / 50
				drift := rng.IntN(40) == 0
				results[name] = checks.Result{Value: v, Low: v, High: v, Effect: &v, PValue: new(rng.Float64()), Drift: &drift}
			}
			w.Segments[0].Fields = append(w.Segments[0].Fields, checks.Field{Name: fmt.Sprintf("customer.feature_%03d", f), Type: "number", Role: "feature", Checks: results})
		}
		h.digests = append(h.digests, digest.Append(nil, w))
		if i >= largeWindows-20 {
			m.Windows = append(m.Windows, w)
		}
	}
	o := optionsOf(s)
	o.History, o.Snapshot = h, func() *snapshot.Snapshot { return s }
	return o
}

func largePages() []string {
	last := snapshottest.Start().Add(largeWindows * time.Hour)
	return []string{
		"/", monitorPage("churn", "", "", largeWindows, window.None), monitorPage("churn", "", "psi", largeWindows, window.None),
		windowPage("churn", "", last), fieldLink("churn", "customer.feature_007", "", "psi", last),
	}
}

func browse(h http.Handler, target string) *httptest.ResponseRecorder {
	return send(h, "GET", target, "", "Accept", "text/html", "Accept-Encoding", "gzip")
}

// Pages stay small with many fields and windows. How long they take is the benchmark's
// to say, and that of the test of a whole daemon: here it depends on who else is busy.
func TestLargePages(t *testing.T) {
	h := Handler(largeMonitor(), nil)
	for _, target := range largePages() {
		w := browse(h, target)
		if size := w.Body.Len(); w.Code != 200 || size > largeBytes {
			t.Errorf("%s: status %d, %d bytes", target, w.Code, size)
		}
	}
}

func BenchmarkLargePages(b *testing.B) {
	h := Handler(largeMonitor(), nil)
	for _, target := range largePages() {
		b.Run(target, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := browse(h, target)
				b.ReportMetric(float64(w.Body.Len()), "bytes")
			}
		})
	}
}

// The map says of every field and window what the whole result says.
func TestHeatMapIsWhatResultsSay(t *testing.T) {
	s := snapshottest.New()
	h := &handler{o: optionsOf(s)}
	for _, check := range []string{"", "psi", "nulls"} {
		m, err := h.readHeat(&s.Monitors[0], "", check, window.Newest, maxColumns)
		if err != nil || len(m.windows) != snapshottest.Hours || m.more {
			t.Fatalf("%d windows, %v", len(m.windows), err)
		}
		cells := 0
		for i, w := range s.Monitors[0].Windows {
			if m.windows[i].End != w.End || m.windows[i].Rows != w.Whole().Rows {
				t.Errorf("column %d is %+v", i, m.windows[i])
			}
			for _, f := range w.Whole().Fields {
				name := check
				if name == "" {
					name = telling(f.Checks)
				}
				at := slices.IndexFunc(m.fields, func(x heatField) bool { return x.name == f.Name })
				want, has := f.Checks[name]
				if !has {
					continue
				}
				cells++
				if c := m.fields[at].cells[i]; c.Check != name || c.Value != want.Value || c.Verdict != digest.Of(want) {
					t.Errorf("%q, %s of %s: %+v, want %+v", check, name, f.Name, c, want)
				}
			}
		}
		if cells < 3*snapshottest.Hours {
			t.Errorf("%d cells", cells)
		}
	}
}

// manyMonitors is a daemon with so many monitors, and as many rules of which each is
// for one of them; the first rule is for all.
func manyMonitors(n int) Options {
	s := snapshottest.New()
	of := s.Monitors[0]
	s.Monitors, s.Rules = nil, nil
	all := snapshot.Rule{Group: "all", Alert: "Everywhere", Severity: "warning", When: "psi drifts", Windows: "2", File: "rules/all.yaml", Line: 4}
	for i := range n {
		m := of
		m.Name = fmt.Sprintf("monitor-%04d", i)
		m.Windows = []*checks.Window{snapshottest.Window(m.Name, i%snapshottest.Hours)}
		m.Evaluations = nil
		for h := range 5 { // so many are kept of a thousand monitors with twenty rules
			end := snapshottest.Start().Add(time.Duration(h) * time.Hour)
			m.Evaluations = append(m.Evaluations, []rules.Evaluation{
				{Alert: "Everywhere", End: end, Asked: 40, Held: uint32(i % 3), Worst: &rules.Worst{Field: "amount", Check: "psi", Value: new(float64(i) / 1000)}},
			})
		}
		s.Monitors = append(s.Monitors, m)
		all.Monitors = append(all.Monitors, m.Name)
		s.Rules = append(s.Rules, snapshot.Rule{
			Group: "each", Alert: fmt.Sprintf("Drift%04d", i), Monitors: []string{m.Name}, Severity: "warning", When: "psi is above 0.2", Windows: "1",
			File: fmt.Sprintf("rules/%d.yaml", i/100), Line: 3 * i,
		})
	}
	s.Rules = append(s.Rules, all)
	return optionsOf(s)
}

func manyPages() []string {
	return []string{"/", "/rules", rules.RulePath("all", "Everywhere"), rules.RulePath("each", "Drift0500")}
}

// Pages of many monitors and rules stay small, too.
func TestPagesOfManyMonitors(t *testing.T) {
	h := Handler(manyMonitors(1000), nil)
	for _, target := range manyPages() {
		if w := browse(h, target); w.Code != 200 || w.Body.Len() > largeBytes {
			t.Errorf("%s: status %d, %d bytes", target, w.Code, w.Body.Len())
		}
	}
}

func BenchmarkPagesOfManyMonitors(b *testing.B) {
	h := Handler(manyMonitors(1000), nil)
	for _, target := range manyPages() {
		b.Run(target, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := browse(h, target)
				b.ReportMetric(float64(w.Body.Len()), "bytes")
			}
		})
	}
}
