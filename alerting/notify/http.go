package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"driftwatch/alerting"
)

// DefaultTimeout is how long one request may take.
const DefaultTimeout = 10 * time.Second

const (
	maxAnswer = 64 << 10 // of a body that is read
	maxReason = 200      // of it that is shown
)

// Client sends requests to receivers that speak HTTP and says what became of
// them.
type Client struct {
	kind string
	http *http.Client
}

// NewClient returns a client for one kind of receivers, whose name begins its
// errors. A timeout of 0 is the default.
func NewClient(kind string, timeout time.Duration) *Client {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &Client{kind, &http.Client{
		Timeout: timeout,
		// A redirect would carry the message, and perhaps a secret, elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Post sends a JSON body and returns what was answered. Failures are
// *alerting.Error without any of the secrets. A status of success counts, also
// where the rest of the answer does not come.
func (c *Client) Post(ctx context.Context, address string, body []byte, head http.Header, secrets ...string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return "", c.fail(&alerting.Error{Kind: alerting.Permanent, Reason: "config", Err: errors.New("the address cannot be used")}, nil)
	}
	for name, values := range head {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "driftwatch")
	resp, err := c.http.Do(req)
	if err != nil {
		return "", c.fail(Unreachable(err), secrets)
	}
	defer func() { _ = resp.Body.Close() }()
	// What cannot be read of an answer is not shown.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	said := strings.TrimSpace(resp.Status + " " + OneLine(Redact(string(answer), secrets...), maxReason))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return said, nil
	}
	return "", c.fail(byStatus(resp, said), secrets)
}

// fail makes the text of an error anew, so that nothing of its cause survives.
func (c *Client) fail(e *alerting.Error, secrets []string) error {
	e.Err = errors.New(c.kind + ": " + Redact(e.Err.Error(), secrets...))
	return e
}

// Unreachable says what an error of a connection means.
func Unreachable(err error) *alerting.Error {
	var netErr net.Error
	if errors.As(err, &netErr) && netErr.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return &alerting.Error{Reason: "timeout", Err: errors.New("no answer in time")}
	}
	// The error of package url repeats the address.
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	return &alerting.Error{Reason: "connection", Err: err}
}

// byStatus says what a refusal means: of what is asked too often or fails
// over there the next attempt may succeed; without leave or at the wrong address
// someone has to act; anything else is about this message.
func byStatus(resp *http.Response, said string) *alerting.Error {
	e := &alerting.Error{Err: fmt.Errorf("the answer is %s", said), After: retryAfter(resp.Header)}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.Reason = "rate_limit"
	case code == http.StatusRequestTimeout:
		e.Reason = "timeout"
	case code >= 500:
		e.Reason = "server"
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		e.Kind, e.Reason = alerting.Permanent, "auth"
	case code < 400, code == http.StatusNotFound, code == http.StatusGone, code == http.StatusMethodNotAllowed:
		e.Kind, e.Reason = alerting.Permanent, "gone"
	default:
		e.Kind, e.Reason = alerting.Rejected, "rejected"
	}
	return e
}

// retryAfter reads how long a receiver asks to be left alone: seconds or a date.
func retryAfter(h http.Header) time.Duration {
	s := h.Get("Retry-After")
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return min(time.Duration(n), 1<<20) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
