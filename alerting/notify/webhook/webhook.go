// Package webhook posts messages as JSON to any address: to start a pipeline, or
// for a system that has no receiver of its own. The body is the message as it is, or
// made by a template. It can be signed, so that the other side knows who sent it.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
	"driftwatch/alerting/summary"
)

// Options say where messages go and how.
type Options struct {
	URL        string // one of URL and URLFile
	URLFile    string
	Headers    map[string]notify.Value
	SecretFile string // of the signature; "" for none
	Template   string // of the body; "" for the message as it is
	Timeout    time.Duration
}

// SignatureHeader carries "t=<Unix time>,v1=<hex>": the HMAC-SHA256 of the time, a dot
// and the body.
const SignatureHeader = "X-Driftwatch-Signature"

// Receiver posts to one address.
type Receiver struct {
	o      Options
	body   *body
	client *notify.Client
	now    func() time.Time
}

// New checks the options. It reads no files.
func New(o Options) (*Receiver, error) {
	if (o.URL == "") == (o.URLFile == "") {
		return nil, errors.New("webhook needs exactly one of url and url_file")
	}
	b, err := newBody(o.Template)
	if err != nil {
		return nil, err
	}
	return &Receiver{o: o, body: b, client: notify.NewClient("webhook", o.Timeout), now: time.Now}, nil
}

// Notify implements alerting.Receiver.
func (r *Receiver) Notify(ctx context.Context, m alerting.Message) (string, error) {
	content, err := r.body.of(m)
	if err != nil {
		return "", &alerting.Error{Kind: alerting.Rejected, Reason: "template", Err: err}
	}
	return r.post(ctx, content)
}

// NotifyDigest implements alerting.Digester. A template is for alerts and is not
// asked.
func (r *Receiver) NotifyDigest(ctx context.Context, d summary.Digest) (string, error) {
	content, err := json.Marshal(digestOf(&d))
	if err != nil {
		return "", &alerting.Error{Kind: alerting.Rejected, Reason: "body", Err: err}
	}
	return r.post(ctx, content)
}

func (r *Receiver) post(ctx context.Context, content []byte) (string, error) {
	address, secrets, err := r.address()
	if err != nil {
		return "", err
	}
	head, hidden, err := notify.ReadHeaders(r.o.Headers)
	if err != nil {
		return "", err
	}
	secrets = append(secrets, hidden...)
	if r.o.SecretFile != "" {
		key, err := notify.Secret(r.o.SecretFile)
		if err != nil {
			return "", err
		}
		head.Set(SignatureHeader, sign(key, content, r.now()))
		secrets = append(secrets, key)
	}
	return r.client.Post(ctx, address, content, head, secrets...)
}

// address returns where to post to. Most addresses of web hooks hold a secret.
func (r *Receiver) address() (address string, secrets []string, err error) {
	if r.o.URLFile == "" {
		return r.o.URL, []string{r.o.URL}, nil
	}
	address, err = notify.Secret(r.o.URLFile)
	if err == nil && !notify.IsWebURL(address) {
		err = notify.BadSecret(fmt.Errorf("%s does not hold an http or https URL", r.o.URLFile))
	}
	return address, []string{address}, err
}

func sign(key string, body []byte, now time.Time) string {
	t := strconv.FormatInt(now.Unix(), 10)
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(t + "."))
	h.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(h.Sum(nil))
}
