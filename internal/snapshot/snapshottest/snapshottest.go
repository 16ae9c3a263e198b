// Package snapshottest makes a snapshot for the tests of what shows snapshots:
// two monitors of a made-up churn model, one with a segment and drift in some
// of its fields, names that need escaping, an alert of each state, bad records
// and a receiver with failures.
package snapshottest

import (
	"time"

	"driftwatch/internal/snapshot"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Start is where the first window begins.
func Start() window.Time { return window.FromTime(time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)) }

// Odd is a monitor's name with all that URLs and pages have to escape.
const Odd = `odd/name <b>&"50%" ü`

// Hours is how many windows of an hour the churn monitor has.
const Hours = 12

// New returns the snapshot. Each call makes new values.
func New() *snapshot.Snapshot {
	end := Start().Add(Hours * time.Hour)
	s := &snapshot.Snapshot{
		Ready:    true,
		Revision: "3f2a9c",
		Outbox:   1,
		Reload:   snapshot.Reload{OK: true, At: time.Date(2026, 1, 2, 8, 59, 30, 0, time.UTC), Files: []string{"driftwatch.yaml", "monitors/churn.yaml"}, Page: "http://drift.example", Flaws: []string{"driftwatch.yaml:9:5: warning: the default receiver is not used"}},
		Store:    snapshot.Store{Bytes: 3 << 20, Free: 1 << 20},
		Memory:   snapshot.Memory{Live: 50 << 20, Estimate: 700 << 20, Limit: 32 << 30},
		Monitors: []snapshot.Monitor{
			{
				Name: "churn", Stream: "churn-features", Fields: 4, WindowSize: time.Hour, Window: "1h",
				ComparedWith: "trailing 7d", Reference: "9d1b0c5e7f4a", WindowsTotal: 112, Late: 17, Amended: 5, Unrevised: 1, LeftOut: 48,
				Open: &snapshot.Open{Start: end, End: end.Add(time.Hour), Closes: end.Add(65 * time.Minute), Watermark: end.Add(13 * time.Minute)},
			},
			{Name: "churn-quiet", Stream: "churn-scores", Fields: 2, WindowSize: 10 * time.Minute, Window: "10m"},
			{Name: Odd, Stream: "churn-scores", Fields: 1, WindowSize: time.Hour, Window: "1h", WindowsTotal: 1},
		},
		Streams: streams(),
		Rules: []snapshot.Rule{
			{Group: "churn", Alert: "FeatureDrift", Monitors: []string{"churn"}, Severity: "warning", When: "psi is above 0.2", Windows: "2", File: "rules/churn.yaml", Line: 5, Firing: 2},
			{Group: "churn", Alert: "TooManyNulls", Monitors: []string{"churn"}, Severity: "critical", When: "nulls is above 0.05", Windows: "2 of 5", File: "rules/churn.yaml", Line: 12, Pending: 1},
		},
		Notified: []snapshot.Receiver{{Name: "ml-team", Sent: 4, Failures: map[string]uint64{"timeout": 2, "rate_limit": 1}, Superseded: 3, Dropped: 2}},
	}
	for h := range Hours {
		s.Monitors[0].Windows = append(s.Monitors[0].Windows, Window("churn", h))
		s.Monitors[0].Evaluations = append(s.Monitors[0].Evaluations, evaluations(h))
	}
	s.Monitors[0].Last().Revision = 3
	s.Monitors[2].Windows = []*checks.Window{Window(Odd, 0)}
	for i := range s.Monitors {
		s.Monitors[i].Newest = s.Monitors[i].Last()
	}
	s.Alerts = alerts()
	return s
}

// evaluations are what the rules made of the h-th hour. The first two hours were
// before the daemon's start.
func evaluations(h int) []rules.Evaluation {
	end, drift, again := Start().Add(time.Duration(h+1)*time.Hour), h >= 8, h < 2
	of := rules.Evaluation{Alert: "FeatureDrift", End: end, Asked: 3, Again: again, Worst: &rules.Worst{Field: "tenure", Check: "psi", Value: new(0.02)}}
	if drift {
		of.Held, of.Firing, of.Worst = 2, 2, &rules.Worst{Field: "monthly_charges", Check: "psi", Value: new(0.31 + float64(h)/100)}
	}
	nulls := rules.Evaluation{Alert: "TooManyNulls", End: end, Asked: 4, Unknown: 1, Why: "the field may not be null", Again: again, Worst: &rules.Worst{Field: "tenure", Check: "nulls", Value: new(0.002)}}
	switch h {
	case 0:
		nulls = rules.Evaluation{Alert: "TooManyNulls", End: end, Asked: 4, Unknown: 4, Why: "the window is partial", Again: true}
	case Hours - 1:
		nulls.Held, nulls.Pending = 1, 1
		nulls.Worst.Value = nil // it is redacted
	}
	return []rules.Evaluation{of, nulls}
}

func streams() []snapshot.Stream {
	end := Start().Add(Hours * time.Hour)
	return []snapshot.Stream{
		{
			Name: "churn-features", Topic: "churn.features", Records: 1234567, Bytes: 407407110, Lost: 12,
			Errors: map[string]uint64{"json": 31, "time": 4, "ahead": 1},
			Partitions: []snapshot.Partition{
				{ID: 0, Next: 617280, End: 617300, Watermark: end.Add(6 * time.Minute), Newest: end.Add(6 * time.Minute)},
				{ID: 1, Next: 617287, End: 617287, Watermark: end.Add(5 * time.Minute), Newest: end.Add(5 * time.Minute)},
				{ID: 2, Watermark: window.None, Newest: window.None, Idle: true},
			},
			Samples: []snapshot.Sample{{
				Partition: 1, Offset: 4692, Timestamp: end.Time(), Reason: "json",
				Detail: "an object key is not a string at byte 1", Payload: `{tenure: 12, "note": "<script>alert(1)</script>"}`,
			}},
		},
		{Name: "churn-scores", Topic: "churn.scores", Problem: "topic churn.scores does not exist yet"},
	}
}

func alerts() []rules.Alert {
	end := Start().Add(Hours * time.Hour)
	alert := func(name, field, check, severity, state string, r checks.Result) rules.Alert {
		fired := end.Add(-2 * time.Hour)
		a := rules.Alert{
			Fingerprint: name + "/" + field, Name: name, Monitor: "churn", Field: field, Check: check, Severity: severity, State: state,
			When: check + " is above 0.2", Result: r, WindowStart: end.Add(-time.Hour), WindowEnd: end, Since: fired.Add(-time.Hour),
			Annotations: map[string]string{"summary": field + " of churn drifted"},
		}
		if state != rules.Pending {
			a.Fired = &fired
		}
		if state == rules.Resolved {
			a.EndsAt = &end
		}
		return a
	}
	return []rules.Alert{
		alert("FeatureDrift", "monthly_charges", "psi", "warning", rules.Firing, distance(0.412, 0.4, true)),
		alert("FeatureDrift", "contract", "psi", "warning", rules.Firing, distance(0.27, 0.25, true)),
		alert("TooManyNulls", "tenure", "nulls", "critical", rules.Pending, share(0.08, false)),
		alert("FeatureDrift", "tenure", "psi", "warning", rules.Resolved, distance(0.03, 0.02, false)),
	}
}

// Window returns the result of the h-th hour. Drift begins in the ninth.
func Window(monitor string, h int) *checks.Window {
	start := Start().Add(time.Duration(h) * time.Hour)
	drift := h >= 8
	bump := func(calm, high float64) float64 {
		if drift {
			return high + float64(h)/100
		}
		return calm + float64(h)/1000
	}
	mark := start
	w := &checks.Window{
		Monitor: monitor, Start: start, End: start.Add(time.Hour), Partial: h == 0, Reference: "9d1b0c5e7f4a",
		Cut: []checks.Cut{{Partition: 0, From: int64(5000 * h), Next: int64(5000*h + 5000), Watermark: &mark}, {Partition: 1, From: int64(4700 * h), Next: int64(4700*h + 4700), Idle: true}},
	}
	w.Segments = []checks.Segment{
		{
			Name: "", Rows: uint64(5000 + 37*h),
			Checks: map[string]checks.Result{"volume": {Skipped: "needs 7 windows"}},
			Fields: []checks.Field{
				numeric("monthly_charges", "feature", bump(0.01, 0.31), drift),
				numeric("tenure", "feature", 0.02, false),
				category("contract", bump(0.008, 0.2), drift),
				numeric("score", "prediction", 0.06, false),
			},
			Unknown: []string{"campaign"},
		},
		{Name: "country=BR", Rows: uint64(900 + h), Fields: []checks.Field{numeric("monthly_charges", "feature", 0.02, false)}},
	}
	if h == Hours-1 {
		w.Segments[0].Fields[1].Checks["nulls"] = share(0.08, true)
		w.Segments[0].Fields[3].Checks["ks"] = checks.Result{Value: 0.09, Low: 0.09, High: 0.13, Effect: new(0.09), PValue: new(0.004), Drift: new(false), Uncertain: true}
	}
	return w
}

func numeric(name, role string, psi float64, drift bool) checks.Field {
	summary := checks.Summary{
		Rows: 50000, Present: 49900, Null: 100, Distinct: 1800, Mean: new(64.76), StdDev: new(30.1), Min: new(18.25), Max: new(118.75),
		Quantiles: map[string]float64{"0.5": 70.35, "0.95": 107.4},
	}
	now := summary
	now.Rows, now.Present, now.Null = 5000, 4990, 10
	return checks.Field{Name: name, Type: "number", Role: role, Reference: &summary, Current: now, Checks: map[string]checks.Result{
		"psi":           distance(psi, psi, drift),
		"ks":            distance(psi/2, psi/2, drift),
		"nulls":         share(0.002, false),
		"range":         share(0, false),
		"quantile_0.99": {Value: 110 + psi, Low: 110 + psi, High: 110 + psi},
	}}
}

func category(name string, psi float64, drift bool) checks.Field {
	summary := checks.Summary{Rows: 50000, Present: 50000, Distinct: 3}
	return checks.Field{Name: name, Type: "category", Role: "feature", Reference: &summary, Current: checks.Summary{Rows: 5000, Present: 5000, Distinct: 3},
		Checks: map[string]checks.Result{
			"psi":    distance(psi, psi, drift),
			"unseen": share(0, false),
		}}
}

func distance(v, effect float64, drift bool) checks.Result {
	p := 0.4
	if drift {
		p = 3e-12
	}
	return checks.Result{Value: v, Low: v, High: v, Effect: &effect, PValue: &p, Drift: &drift, Bins: 10}
}

func share(v float64, violation bool) checks.Result {
	return checks.Result{Value: v, Low: v, High: v, Effect: new(v), PValue: new(1.0), Drift: new(false), Violation: violation}
}
