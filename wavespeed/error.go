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

	// Foreign tells that the answer is not in a form that the provider is known to
	// use, so a gateway on the way may have given it. See [Error.Status].
	Foreign bool

	// ErrorCode is the answer's "error_code", seen with refused permissions.
	ErrorCode string

	// Message is what the provider says, bounded, and without the key.
	Message string

	// RetryAfter is how long the answer asks to wait, up to 292 years, the longest
	// time.Duration; 0 if it does not ask, or in a form that cannot be read. Bound it
	// before you wait.
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
	if e.Foreign && e.StatusCode/100 == 4 {
		text.WriteString(" (not WaveSpeed's own answer; perhaps a gateway's)")
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	if e.Op == opSubmit && !e.NotAccepted() {
		text.WriteString("; it may have been accepted and billed")
	}
	return text.String()
}
