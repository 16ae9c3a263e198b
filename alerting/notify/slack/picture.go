package slack

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/rules"
)

// drawing is pictures that the thread of a posting is to get.
type drawing struct {
	channel, ts string
	alerts      []*rules.Alert
	draw        func(context.Context, *rules.Alert) []byte
	tries       int
	due         time.Time
}

// Pictures that cannot be added are given up soon: what people have to know they
// were told.
const (
	maxDrawings = 100
	maxTries    = 3
	tryAgain    = time.Minute
)

// draw notes the pictures of a message that a posting tells of.
func (r *Receiver) draw(p *posting, m alerting.Message) {
	alerts := notify.Pictured(m)
	if p == nil || r.o.NoPlots || len(alerts) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drawings = append(r.drawings, &drawing{channel: p.channel, ts: p.ts, alerts: alerts, draw: m.Picture})
	r.drawings = r.drawings[max(0, len(r.drawings)-maxDrawings):]
}

// Illustrate implements alerting.Illustrator.
func (r *Receiver) Illustrate(ctx context.Context) (added int, next time.Time, err error) {
	for ctx.Err() == nil {
		d, next := r.due(time.Now())
		if d == nil {
			return added, next, err
		}
		n, problem := r.illustrate(ctx, d)
		added += n
		if problem != nil {
			err = problem
			r.failed(d, problem)
		}
	}
	return added, time.Time{}, ctx.Err()
}

// due takes the oldest drawing that may be tried now, or says when one may.
func (r *Receiver) due(now time.Time) (*drawing, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next time.Time
	for i, d := range r.drawings {
		at := d.due
		if r.paused.After(at) {
			at = r.paused
		}
		if !at.After(now) {
			r.drawings = slices.Delete(r.drawings, i, i+1)
			return d, time.Time{}
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return nil, next
}

// failed tries a drawing again later if that may help. What Slack may have taken
// is not sent again.
func (r *Receiver) failed(d *drawing, err error) {
	var e *alerting.Error
	if !errors.As(err, &e) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if e.After > 0 {
		r.paused = now.Add(e.After)
	}
	if d.tries++; e.Kind == alerting.Passing && d.tries < maxTries {
		d.due = now.Add(cmp.Or(e.After, tryAgain))
		r.drawings = append(r.drawings, d)
	}
}

// illustrate uploads the pictures of a drawing and shows them in the thread, as
// one reply.
func (r *Receiver) illustrate(ctx context.Context, d *drawing) (int, error) {
	token, err := notify.Secret(r.o.TokenFile)
	if err != nil {
		return 0, err
	}
	client := r.api(token)
	var files []api.FileSummary
	for _, a := range d.alerts {
		image := d.draw(ctx, a)
		if image == nil {
			continue
		}
		id, err := r.upload(ctx, client, a, image)
		if err != nil {
			return 0, failure(err, token)
		}
		files = append(files, api.FileSummary{ID: id, Title: notify.PictureTitle(a)})
	}
	if len(files) == 0 {
		return 0, nil
	}
	_, err = client.CompleteUploadExternalContext(ctx, api.CompleteUploadExternalParameters{Files: files, Channel: d.channel, ThreadTimestamp: d.ts})
	if err != nil {
		return 0, unlessTaken(failure(err, token))
	}
	return len(files), nil
}

// upload gives Slack a picture, which nobody sees yet, and returns its ID.
func (r *Receiver) upload(ctx context.Context, c *api.Client, a *rules.Alert, image []byte) (string, error) {
	to, err := c.GetUploadURLExternalContext(ctx, api.GetUploadURLExternalParameters{
		FileName: notify.PictureFile(a), FileSize: len(image), AltTxt: notify.PictureText(a),
	})
	if err != nil {
		return "", err
	}
	return to.FileID, r.send(ctx, to.UploadURL, image)
}

// send puts the bytes of a file where Slack wants them. The library would send the
// token along, and no length.
func (r *Receiver) send(ctx context.Context, address string, file []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(file))
	if err != nil {
		return errors.New("the address for a file is none")
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	switch wait, err := strconv.Atoi(resp.Header.Get("Retry-After")); {
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests && err == nil:
		return &api.RateLimitedError{RetryAfter: time.Duration(wait) * time.Second}
	}
	return api.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
}

// unlessTaken makes failures after which Slack may have shown the pictures ones
// that are not tried again.
func unlessTaken(err error) error {
	if e := (*alerting.Error)(nil); errors.As(err, &e) && e.Kind == alerting.Passing && e.Reason != "rate_limit" {
		e.Kind = alerting.Rejected
	}
	return err
}
