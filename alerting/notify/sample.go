package notify

import (
	"time"

	"driftwatch/alerting"
	"driftwatch/monitors/checks"
	"driftwatch/monitors/window"
	"driftwatch/rules"
)

// Sample returns a message as it might be, for trying receivers: an alert that
// fires in the window that ends at now, or its end an hour later.
func Sample(now time.Time, state string) alerting.Message {
	fired := window.FromTime(now.Truncate(time.Second))
	p := 1e-9
	a := rules.Alert{
		Fingerprint: "0000000000000000", Name: "SampleAlert", Monitor: "sample", Field: "amount", Check: "psi",
		When: "psi is above 0.2", Severity: rules.Info, State: rules.Firing,
		Result:      checks.Result{Value: 0.31, Low: 0.31, High: 0.31, PValue: &p},
		WindowStart: fired.Add(-time.Hour), WindowEnd: fired, Since: fired, Fired: &fired,
		Labels:      map[string]string{"team": "sample"},
		Annotations: map[string]string{"summary": "This is a test of the receiver. Nothing has drifted."},
	}
	if state == rules.Resolved {
		ends := fired.Add(time.Hour)
		a.State, a.EndsAt, a.WindowStart, a.WindowEnd, a.Since = state, &ends, fired, ends, ends
	}
	return alerting.Message{
		Group:  []alerting.Label{{Name: "monitor", Value: a.Monitor}},
		Events: []rules.Event{{ID: 1, Alert: a}},
	}
}
