package metrics

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/internal/snapshot/snapshottest"
)

// exemplar returns what stands after the value of a series, without when.
func exemplar(t *testing.T, text, series string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` \S+(?: # (\{.*\} \S+) \S+)?$`).FindStringSubmatch(sortExemplars(text))
	if m == nil {
		t.Fatalf("no %s in\n%s", series, text)
	}
	return m[1]
}

func TestExemplars(t *testing.T) {
	s, at := snapshottest.New(), time.Date(2026, 1, 2, 21, 0, 0, 0, time.UTC)
	s.Streams[0].Samples = []snapshot.Sample{
		{Partition: 1, Offset: 8, Reason: "json", Read: at.Add(time.Second)},
		{Partition: 2, Offset: 9, Reason: "time", Read: at},
		{Partition: 0, Offset: 7, Reason: "json", Read: at, Payload: "secret"},
	}
	s.Notified[0].Newest = map[string]snapshot.Failure{
		"timeout":    {Monitor: "churn", Alert: "FeatureDrift", At: at},
		"rate_limit": {Monitor: strings.Repeat("m", 128), Alert: "A", At: at},
	}
	text := scrape(t, collectorOf(s), openMetrics)
	for series, want := range map[string]string{
		`driftwatch_record_errors_total{reason="json",stream="churn-features"}`:           `{offset="8",partition="1"} 1.0`,
		`driftwatch_record_errors_total{reason="time",stream="churn-features"}`:           `{offset="9",partition="2"} 1.0`,
		`driftwatch_record_errors_total{reason="ahead",stream="churn-features"}`:          "", // none is known any more
		`driftwatch_notification_failures_total{reason="timeout",receiver="ml-team"}`:     `{alert="FeatureDrift",monitor="churn"} 1.0`,
		`driftwatch_notification_failures_total{reason="rate_limit",receiver="ml-team"}`:  "", // it does not fit
		`driftwatch_records_total{stream="churn-features"}`:                               "",
		`driftwatch_check_drift{check="psi",field="contract",monitor="churn",segment=""}`: "",
	} {
		if got := exemplar(t, text, series); got != want {
			t.Errorf("%s: exemplar %q, want %q", series, got, want)
		}
	}
	if strings.Contains(text, "secret") {
		t.Error("a payload is among the metrics")
	}
	if again := scrape(t, collectorOf(s), openMetrics); sortExemplars(again) != sortExemplars(text) {
		t.Error("the same exemplars are others at the next scrape")
	}
	if plain := scrape(t, collectorOf(s), "text/plain"); strings.Contains(plain, "# {") {
		t.Error("exemplars in a format that has none")
	}
}

// Those of a group are there in a group.
func TestGroup(t *testing.T) {
	s := snapshottest.New()
	if got := scrape(t, collectorOf(s), ""); strings.Contains(got, "driftwatch_group") {
		t.Errorf("a process that is alone has a group:\n%s", got)
	}
	s.Group = &snapshot.Group{Name: "driftwatch", Elsewhere: []string{"a", "b"}}
	got := scrape(t, collectorOf(s), "")
	for _, want := range []string{"driftwatch_group_info{group=\"driftwatch\"} 1\n", "driftwatch_group_monitors_elsewhere 2\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
