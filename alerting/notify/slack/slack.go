// Package slack tells people about alerts in Slack, by an incoming webhook or
// by a bot's token and a channel. With a token the message in which an alert
// fired is changed when others of its group join it and when it resolves, after a
// restart too. What is forgotten after all has an end that is a message of its own. Secrets are read again for each
// message, so that a rotated one is used at once, and never get into errors.
package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
)

// Options say where messages go: a webhook by one of WebhookURL and
// WebhookURLFile, or a channel by TokenFile and Channel.
type Options struct {
	WebhookURL     string
	WebhookURLFile string
	TokenFile      string
	Channel        string        // name or ID
	NoPlots        bool          // messages get no pictures, which only a token can add
	APIURL         string        // of a proxy before Slack's API, with TokenFile; "" for Slack's own
	Timeout        time.Duration // of one call; 0 for 10 seconds
}

// Receiver sends to one webhook or channel.
type Receiver struct {
	o      Options
	client *http.Client
	posted []*posting // that still say that something fires, oldest first

	mu       sync.Mutex
	drawings []*drawing // that wait, oldest first
	paused   time.Time  // until when Slack wants no files
}

// New checks the options. It reads no files: a secret that is not there yet is
// an error of the messages that need it.
func New(o Options) (*Receiver, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.APIURL == "" {
		o.APIURL = api.APIURL
	}
	// The library appends the method's name to the URL.
	o.APIURL = strings.TrimSuffix(o.APIURL, "/") + "/"
	client := &http.Client{
		Timeout:   o.Timeout,
		Transport: explain{http.DefaultTransport},
		// A redirect would carry the message, and perhaps a secret, elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Receiver{o: o, client: client}, nil
}

func (o *Options) validate() error {
	ways := 0
	for _, s := range []string{o.WebhookURL, o.WebhookURLFile, o.TokenFile} {
		if s != "" {
			ways++
		}
	}
	switch {
	case ways != 1:
		return errors.New("slack needs exactly one of webhook_url, webhook_url_file and token_file")
	case (o.TokenFile != "") != (o.Channel != ""):
		return errors.New("slack needs token_file and channel together")
	case o.APIURL != "" && o.TokenFile == "":
		return errors.New("slack's api_url goes with token_file; a webhook's proxy is part of its URL")
	case o.APIURL != "" && !notify.IsWebURL(o.APIURL):
		return fmt.Errorf("slack's api_url %q is not an http or https URL", o.APIURL)
	case o.WebhookURL != "" && !notify.IsWebURL(o.WebhookURL):
		return errors.New("slack's webhook_url is not an http or https URL")
	}
	return nil
}

// Notify implements alerting.Receiver.
func (r *Receiver) Notify(ctx context.Context, m alerting.Message) (string, error) {
	way := r.notifyWebhook
	if r.o.TokenFile != "" {
		way = r.notifyChannel
	}
	if err := way(ctx, m); err != nil {
		return "", err
	}
	return "ok", nil
}

// NotifyDigest implements alerting.Digester.
func (r *Receiver) NotifyDigest(ctx context.Context, d summary.Digest) (string, error) {
	m := digestPayload(&d)
	way := r.postWebhook
	if r.o.TokenFile != "" {
		way = r.postDigest
	}
	if err := way(ctx, m); err != nil {
		return "", err
	}
	return "ok", nil
}

func (r *Receiver) notifyWebhook(ctx context.Context, m alerting.Message) error {
	return r.postWebhook(ctx, payload(m))
}

func (r *Receiver) postWebhook(ctx context.Context, m *api.WebhookMessage) error {
	hook := r.o.WebhookURL
	if hook == "" {
		var err error
		if hook, err = notify.Secret(r.o.WebhookURLFile); err != nil {
			return err
		}
		if !notify.IsWebURL(hook) {
			return notify.BadSecret(fmt.Errorf("%s does not hold an http or https URL", r.o.WebhookURLFile))
		}
	}
	return failure(api.PostWebhookCustomHTTPContext(ctx, hook, r.client, m), hook)
}

// explain adds what Slack says in the body of a refusal ("no_service") to the
// status, which is all that the library reports, and bounds every body.
type explain struct{ next http.RoundTripper }

const (
	maxBody   = 1 << 20
	maxReason = 60
)

// code is what Slack's reasons look like. Anything else may be an echo of what was
// sent, which may be secret.
var code = regexp.MustCompile(`^[a-z][a-z_]*$`)

// RoundTrip implements http.RoundTripper.
func (t explain) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	plain := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain")
	if resp.StatusCode >= 400 && resp.StatusCode < 500 && plain {
		reason := make([]byte, maxReason)
		n, _ := io.ReadFull(resp.Body, reason)
		if s := strings.TrimSpace(string(reason[:n])); code.MatchString(s) {
			resp.Status += ": " + s
		}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}
