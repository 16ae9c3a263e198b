package notifytest

import (
	"fmt"
	"time"

	"driftwatch/alerting/summary"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Digest is one of a week with something under each heading, more than is told one
// by one, and names that must not become markup.
func Digest() *summary.Digest {
	from := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	known := from.Add(-23 * 24 * time.Hour)
	last := window.FromTime(from.Add(-7 * time.Hour))
	d := &summary.Digest{
		Name: "weekly", From: from, To: from.Add(7 * 24 * time.Hour), Known: &known, URL: "http://drift.example/",
		Totals: summary.Totals{Monitors: 12, Drifted: 8, Windows: 2016, Rows: 12_345_678, Fired: 41, Firing: 2, Rules: 40, Quiet: 34, Elsewhere: 5},
		Monitors: summary.List[summary.Drifted]{Top: []summary.Drifted{
			{Monitor: "churn", Windows: 168, Drifted: 130, Broken: 3, Fields: []summary.Field{{Field: "amount", Windows: 130}, {Field: "<b>country</b> & *co*", Windows: 12}}, More: 4},
			{Monitor: "fraud", Windows: 168, Broken: 1, Fields: []summary.Field{{Field: "age", Windows: 1}}},
			{Monitor: "in-a-segment", Windows: 1, Drifted: 1},
		}},
		Rules: summary.List[summary.Fired]{Top: []summary.Fired{
			{Monitor: "churn", Alert: "FeatureDrift", Severity: rules.Critical, Fired: 31, Alerts: 3, Seconds: 111600, Longest: 72000, Where: summary.Where{Segment: "country=BR", Field: "amount"}, Firing: 1},
			{Monitor: "fraud", Alert: "NullShare", Severity: rules.Warning, Fired: 1, Alerts: 1, Seconds: 3600, Longest: 3600, Where: summary.Where{Field: "age"}},
			{Monitor: "fraud", Alert: "VolumeDrop", Severity: rules.Warning, Fired: 2, Alerts: 1, Seconds: 5400, Longest: 3600},
			{Monitor: "pricing", Alert: "Silence", Severity: rules.Info, Alerts: 1, Seconds: 7 * 86400, Longest: 7 * 86400, Firing: 1},
			{Monitor: "churn", Alert: "JustNow", Severity: rules.Info, Fired: 1, Alerts: 1, Firing: 1, Where: summary.Where{Field: "age"}},
			{Monitor: "churn", Alert: "Former", Severity: rules.Info, Fired: 1, Alerts: 1, Seconds: 60, Longest: 60, Gone: true},
		}, More: 3},
		TooOften: summary.List[summary.TooOften]{Top: []summary.TooOften{
			{Monitor: "churn", Alert: "FeatureDrift", Reason: summary.Flaps, Where: summary.Where{Field: "amount"}, Fired: 28, OneWindow: 25, Firing: 40, Windows: 168, Try: []string{"resolve", "windows: {m: 2, of: 3}"}},
			{Monitor: "pricing", Alert: "Level", Reason: summary.Always, Firing: 150, Windows: 168},
		}},
		Silent: summary.List[summary.Silent]{Top: []summary.Silent{{Monitor: "pricing", Last: &last}, {Monitor: "unborn"}}},
		Quiet:  summary.List[summary.QuietRule]{More: 20},
		Silences: summary.List[summary.Silence]{Top: []summary.Silence{
			{CreatedBy: "ana <!here>", Comment: "new model,\nsee ML-17", Matchers: []string{`monitor="churn"`, `field=~"am.*"`}, EndsAt: from.Add(30 * time.Hour), Matched: 4, Alerts: []string{"FeatureDrift of churn", "Former of churn", "JustNow of churn"}},
			{CreatedBy: "bo", Comment: "maintenance", Matchers: []string{"monitor=prcing"}, EndsAt: from.Add(50 * time.Hour)},
		}},
		Troubled: []summary.Receiver{{Name: "pager", Dropped: 12, Problem: "timeout: pagerduty: no answer in time"}, {Name: "mail", Dropped: 1}},
	}
	for n := range 11 {
		d.Monitors.Top = append(d.Monitors.Top, summary.Drifted{Monitor: fmt.Sprintf("model-%02d", n), Windows: 168, Drifted: 2})
		d.Quiet.Top = append(d.Quiet.Top, summary.QuietRule{Alert: fmt.Sprintf("Rule%02d", n), Monitors: 1, Earlier: n > 8})
	}
	return d
}
