package demo

import (
	"context"
	"fmt"
	"time"
)

func banner(out *screen, f Files) {
	url := baseURL(f.Listen)
	out.print(fmt.Sprintf(`%s
A made-up service asks a churn model 200 times a second. Its requests and the
model's answers go to an embedded Kafka broker; the daemon reads them from there.

  page       %s/
  metrics    %s/metrics
  monitors   %s/api/v1/monitors
  alerts     %s/api/v1/alerts
  errors     %s/api/v1/status
  files      %s   (configuration, rules, training data)
  broker     %s   (%s, %s)

Windows are 10 seconds of event time and close 2 seconds late. Interrupt to end.

`, out.paint(bold, "driftwatch demo"), url, url, url, url, url, f.Dir, f.Broker, InputsTopic, PredictionsTopic))
}

// A chapter is what the person is told at a moment.
type chapter struct {
	at   time.Duration
	text string
}

var story = []chapter{
	{0, "Ordinary traffic: some records late, some damaged, every 20 seconds a transaction\nthat is rolled back. No alert is due."},
	{DriftBegin, "A dearer price list goes live: monthly_charge rises by a quarter, and with it the\nmodel's score. For the first 20 seconds the billing service leaves many nulls."},
	{NullsEnd, "The billing service has recovered: no more nulls. The prices stay."},
	{DriftEnd, "The old price list is back."},
	{DriftEnd + time.Minute, "All is as it was. The demo goes on until it is interrupted."},
}

// tell prints each chapter when its moment has come.
func tell(ctx context.Context, out *screen) {
	start := time.Now()
	for _, c := range story {
		timer := time.NewTimer(c.at - time.Since(start))
		select {
		case <-timer.C:
			out.note(out.paint(dim, c.text))
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}
