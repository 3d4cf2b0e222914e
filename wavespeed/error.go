package wavespeed

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrInvalid is the cause of an [*Error] for a request that was not sent since it
// cannot be right: match it with errors.Is. Sending it again does not help.
var ErrInvalid = errors.New("invalid request")

// Error is how every call fails.
type Error struct {
	// Op is what was called: "submit", "result", "list", "delete", "models",
	// "price", "balance", "upload" or "webhook secret".
	Op string

	// Subject is what it was about: a model or a prediction's id; may be empty.
	Subject string

	// StatusCode is the answer's HTTP status; 0 if none arrived.
	StatusCode int

	// Code is the "code" of the answer's envelope, which mostly repeats the
	// status; 0 if there was none.
	Code int

	// ErrorCode is the answer's "error_code", seen with refused permissions.
	ErrorCode string

	// Message is what the provider says, bounded, and without the key.
	Message string

	// RetryAfter is how long the provider asks to wait; 0 if it does not.
	RetryAfter time.Duration

	// Accepted tells what is known about the request's effect.
	Accepted Acceptance

	// Err is the cause when there was no answer, or none that could be read:
	// [ErrInvalid], a context's error, or one of the network.
	Err error
}

// Acceptance is what an error tells about the effect of its request.
type Acceptance int

const (
	// MaybeAccepted: the request may have reached the provider, and nothing tells
	// that it was refused.
	MaybeAccepted Acceptance = iota

	// NeverSent: no byte of the request left.
	NeverSent

	// Refused: the provider answered that it did not take the request.
	Refused
)

// NotAccepted tells whether the request surely had no effect, so that it may be
// sent again without paying twice.
func (e *Error) NotAccepted() bool { return e.Accepted != MaybeAccepted }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error says what was called, about what, and how it failed.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("wavespeed: " + e.Op)
	if e.Subject != "" {
		text.WriteString(" " + e.Subject)
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&text, ": HTTP %d", e.StatusCode)
		if e.Message == "" && e.Err == nil {
			text.WriteString(" " + http.StatusText(e.StatusCode))
		}
	}
	if e.Code != 0 && e.Code != e.StatusCode {
		fmt.Fprintf(&text, " (code %d)", e.Code)
	}
	if e.ErrorCode != "" {
		fmt.Fprintf(&text, " (%s)", e.ErrorCode)
	}
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	if e.Op == opSubmit && !e.NotAccepted() {
		text.WriteString("; it may have been accepted and billed")
	}
	return text.String()
}

// refusals are the statuses after which the provider surely did not take the
// request. Left out on purpose: 408, 425 and 499, which a gateway may send about a
// request that it has passed on; 409, which may speak of an earlier copy of it;
// every redirect; and every 5xx, of which the provider's documentation itself
// says that the prediction may have been created.
var refusals = map[int]bool{
	http.StatusBadRequest:                  true,
	http.StatusUnauthorized:                true,
	http.StatusPaymentRequired:             true,
	http.StatusForbidden:                   true,
	http.StatusNotFound:                    true,
	http.StatusMethodNotAllowed:            true,
	http.StatusNotAcceptable:               true,
	http.StatusGone:                        true,
	http.StatusLengthRequired:              true,
	http.StatusRequestEntityTooLarge:       true,
	http.StatusRequestURITooLong:           true,
	http.StatusUnsupportedMediaType:        true,
	http.StatusMisdirectedRequest:          true,
	http.StatusUnprocessableEntity:         true,
	http.StatusUpgradeRequired:             true,
	http.StatusTooManyRequests:             true,
	http.StatusRequestHeaderFieldsTooLarge: true,
	http.StatusUnavailableForLegalReasons:  true,
}

func acceptance(status int) Acceptance {
	if refusals[status] {
		return Refused
	}
	return MaybeAccepted
}
