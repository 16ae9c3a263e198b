package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"driftwatch/alerting"
	"driftwatch/alerting/notify"
)

// failure says what an error of the library means. Its text is made anew, so
// that no part of the cause, which holds the URL that was called, survives.
func failure(err error, secret string) error {
	if err == nil {
		return nil
	}
	e := classify(err)
	e.Err = errors.New("slack: " + notify.Redact(e.Err.Error(), secret))
	return e
}

func classify(err error) *alerting.Error {
	var (
		limited *api.RateLimitedError
		status  api.StatusCodeError
		refused api.SlackErrorResponse
		urlErr  *url.Error
		netErr  net.Error
	)
	switch {
	case errors.As(err, &limited):
		return &alerting.Error{Reason: "rate_limit", After: limited.RetryAfter, Err: errors.New("too many messages")}
	case errors.As(err, &status):
		return byStatus(status)
	case errors.As(err, &refused):
		return byCode(refused)
	case errors.As(err, &netErr) && netErr.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &alerting.Error{Reason: "timeout", Err: errors.New("no answer in time")}
	case errors.As(err, &urlErr):
		return &alerting.Error{Reason: "connection", Err: urlErr.Err}
	}
	return &alerting.Error{Reason: "response", Err: fmt.Errorf("the answer cannot be read: %w", err)}
}

// byStatus reads the status of an answer. Slack answers a webhook that is gone
// with 404 or 410, one that may not post with 403 and a bad message with 400.
func byStatus(s api.StatusCodeError) *alerting.Error {
	err := fmt.Errorf("the answer is %s", s.Status)
	switch {
	case s.Code == http.StatusTooManyRequests:
		return &alerting.Error{Reason: "rate_limit", After: 30 * time.Second, Err: err}
	case s.Code == http.StatusBadRequest && !strings.Contains(s.Status, "invalid_token"),
		s.Code == http.StatusRequestEntityTooLarge:
		return &alerting.Error{Kind: alerting.Rejected, Reason: "rejected", Err: err}
	case s.Code == http.StatusRequestTimeout:
		return &alerting.Error{Reason: "timeout", Err: err}
	case s.Code >= 500:
		return &alerting.Error{Reason: "server", Err: err}
	case s.Code == http.StatusUnauthorized, s.Code == http.StatusForbidden, s.Code == http.StatusBadRequest:
		return &alerting.Error{Kind: alerting.Permanent, Reason: "auth", Err: err}
	}
	return &alerting.Error{Kind: alerting.Permanent, Reason: "gone", Err: err}
}

// scopes is what a list of rights looks like.
var scopes = regexp.MustCompile(`^[a-z:,._]{1,100}$`)

// byCode reads the error code of an answer of the API. A code that is not
// known here is taken for one that passes.
func byCode(r api.SlackErrorResponse) *alerting.Error {
	err := errors.New("the answer is an error that Slack does not have")
	if code.MatchString(r.Err) {
		err = fmt.Errorf("the answer is %s", r.Err)
	}
	if scopes.MatchString(r.Needed) {
		err = fmt.Errorf("%w, the token needs the scope %s", err, r.Needed)
	}
	switch r.Err {
	case "ratelimited", "rate_limited":
		return &alerting.Error{Reason: "rate_limit", After: 30 * time.Second, Err: err}
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
		"no_permission", "not_allowed_token_type", "access_denied", "org_login_required",
		"ekm_access_denied", "team_access_not_granted", "two_factor_setup_required":
		return &alerting.Error{Kind: alerting.Permanent, Reason: "auth", Err: err}
	case "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel":
		return &alerting.Error{Kind: alerting.Permanent, Reason: "channel", Err: err}
	case "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text",
		"invalid_arguments", "invalid_form_data", "invalid_charset":
		return &alerting.Error{Kind: alerting.Rejected, Reason: "rejected", Err: err}
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		return &alerting.Error{Reason: "server", Err: err}
	}
	return &alerting.Error{Reason: "other", Err: err}
}
