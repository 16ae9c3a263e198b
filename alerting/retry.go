package alerting

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// backoff is when something that failed may be tried again.
type backoff struct {
	failures int
	reason   string // of the newest failure
	until    time.Time
}

// failed moves the next attempt: exponentially for passing failures, slowly
// for those that need someone's help, never earlier than was asked for. Jitter
// keeps receivers that failed together from coming back together.
func (b *backoff) failed(now time.Time, e *Error) {
	wait := retrySlow
	if e.Kind == Passing {
		wait = min(retryMax, retryFirst<<min(b.failures, 16))
	}
	wait = wait/2 + rand.N(wait/2+1)
	b.failures++
	b.reason = e.Reason
	b.until = now.Add(max(wait, min(e.After, retryAfter)))
}

func (b *backoff) succeeded() { *b = backoff{} }

// asError makes any error of a Receiver an *Error.
func asError(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Reason: "timeout", Err: err}
	}
	return &Error{Reason: "other", Err: err}
}
